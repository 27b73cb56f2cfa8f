/** A key may join once the operator has approved it; until then it is listed for the operator to see. Imports the seam, valibot. */
import * as v from "valibot";
import { CofactorError } from "../../shared/errors.ts";
import type { EnrolmentDefinition } from "./policy.ts";

/** What terms the operator sets. */
export interface ApprovedOptions {
  readonly kind: "approved";
  /** Keys that may wait for the operator at once; further ones are refused and not listed. */
  readonly maxPending: number;
  /** When a waiting device is told to ask again, in milliseconds. */
  readonly retryAfterMs: number;
}

/** Keys that the operator approves. */
export const approved: EnrolmentDefinition<ApprovedOptions> = {
  kind: "approved",
  summary: "Keys that cofactor clients approve has named; others wait in its list.",
  source: "none",
  options: v.strictObject({
    kind: v.literal("approved"),
    maxPending: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 1_000),
    retryAfterMs: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1_000), v.maxValue(600_000)), 60_000),
  }),
  create({ maxPending, retryAfterMs }, { store, now }) {
    return {
      async admit({ run, client }) {
        const known = await store.standing(run, client);
        const standing = known ?? (await store.propose(run, client, now(), maxPending));
        if (standing === "approved") return;
        const what = standing === "pending" ? "waits for it" : "cannot be listed for it now: too many wait";
        throw new CofactorError("NOT_ADMITTED", `this run's operator approves each key, and this one ${what}`, {
          retryable: true,
          retryAfterMs,
        });
      },
    };
  },
};
