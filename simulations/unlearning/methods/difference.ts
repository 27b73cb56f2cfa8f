/** Those who leave take out of a lasting sum what it holds of them. Imports the seam. */
import * as v from "valibot";
import type { MethodDefinition } from "../method.ts";

/** Options: none. */
export interface DifferenceOptions {
  readonly kind: "difference";
}

/**
 * For runs of what has changed (`temporal`): one more contribution of each, minus its last one, as `client.leave({ forget: true })` sends. The sum is
 * then bit for bit that of the others' latest statistics. Those still come of item factors that the leavers had a part in, until each contributes again.
 */
export const difference: MethodDefinition<DifferenceOptions> = {
  kind: "difference",
  summary: "They take out of a lasting sum (temporal) what it holds of them, in one more round.",
  source: "unlearning by sums: Cao and Yang 2015, https://doi.org/10.1109/SP.2015.35",
  options: v.strictObject({ kind: v.literal("difference") }),
  refusal: (run) =>
    run.model.isCumulative === true ? undefined : "there is no lasting sum without a section temporal: stop serves sums of whole rounds",
  create: () => ({ kind: "difference", resume: (kept) => kept.at(-1)!, saysFarewell: true, keeps: 0 }),
};
