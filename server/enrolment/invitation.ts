/** A key may join with an invitation that nobody has used: one device for each that the operator gave out. Imports the seam, token, valibot. */
import * as v from "valibot";
import { identityFromSeed } from "../../shared/crypto/identity.ts";
import { CofactorError } from "../../shared/errors.ts";
import { secureRng } from "../../shared/random.ts";
import type { EnrolmentDefinition } from "./policy.ts";
import { readInvitation } from "./token.ts";

const refused = (what: string): CofactorError => new CofactorError("NOT_ADMITTED", `this run is by invitation: ${what}`);

/** Signed tokens, each for one key. */
export const invitation: EnrolmentDefinition<{ kind: "invitation" }> = {
  kind: "invitation",
  summary: "One key for each invitation of cofactor invite.",
  source: "none",
  options: v.strictObject({ kind: v.literal("invitation") }),
  create(_options, { store, now }) {
    let inviter: string | undefined;
    return {
      async admit({ run, client, invitation: shown }) {
        if ((await store.standing(run, client)) === "approved") return;
        if (shown === undefined) throw refused("ask its operator for one");
        inviter ??= identityFromSeed(await store.inviterSeed(secureRng.bytes(32))).id;
        // A forged one is refused before the store is asked.
        const hash = readInvitation(shown, run, inviter, now());
        if (hash === undefined) throw refused("this is none of its operator's, or it has expired");
        if (!(await store.redeem(run, hash, client, now()))) throw refused("this one has been used by another key, or was withdrawn");
      },
    };
  },
};
