/** `cofactor invite`: invitations to a run, each for one device. */
import { type Command, defineCommand } from "../shared/command/command.ts";
import { identityFromSeed } from "../shared/crypto/identity.ts";
import { CofactorError } from "../shared/errors.ts";
import { toRunId } from "../shared/ids.ts";
import { secureRng } from "../shared/random.ts";
import { createInvitation } from "./enrolment/token.ts";
import { openEnrolment } from "./stores/enrolment.ts";

const dayMs = 86_400_000;

/** The subcommand. */
export const command: Command = defineCommand({
  options: {
    run: { kind: "text", value: "ID", summary: "the run's name" },
    store: { kind: "text", value: "URL", summary: "the server's store: a file, default the run's name with .sqlite, or postgres://..." },
    file: { kind: "text", value: "FILE", summary: "the enrolment file; default: the store's name with .enrolment, or the data base" },
    count: { kind: "number", value: "N", summary: "how many invitations, at most 100,000", default: 1 },
    days: { kind: "number", value: "D", summary: "how long they hold", default: 30 },
  },
  examples: ["cofactor invite --run films-1 --store films.sqlite --count 200 > invitations.txt"],
  async run({ options, io }) {
    const { count, days } = options;
    if (options.run === undefined) throw new CofactorError("CONFIG_INVALID", '"--run" is needed');
    if (!Number.isInteger(count) || count < 1 || count > 100_000)
      throw new CofactorError("CONFIG_INVALID", '"--count" expected 1 to 100000');
    if (!(days > 0 && days <= 3_650)) throw new CofactorError("CONFIG_INVALID", '"--days" expected more than 0 and at most 3650');
    const run = toRunId(options.run);
    const store = await openEnrolment({ run, store: options.store, file: options.file });
    try {
      const inviter = identityFromSeed(await store.inviterSeed(secureRng.bytes(32)));
      const expiresAtMs = Date.now() + days * dayMs;
      const invitations = Array.from({ length: count }, () => createInvitation(inviter, run, expiresAtMs, secureRng));
      // Before any of them is shown.
      await store.invite(
        run,
        invitations.map(({ hash }) => hash),
        expiresAtMs,
      );
      io.out(invitations.map(({ token }) => `${token}\n`).join(""));
    } finally {
      await store.close();
    }
    return 0;
  },
});
