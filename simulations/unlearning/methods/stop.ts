/** Nothing but rounds without those who left. Imports the seam. */
import * as v from "valibot";
import type { MethodDefinition } from "../method.ts";

/** Options: none. */
export interface StopOptions {
  readonly kind: "stop";
}

/**
 * Exact in the next round for models that are made anew of each round's whole sum, given where the round began: the sum is that of a run without
 * them. What is left of them is where the others' factors began, and fades as a fixed point is reached again. Models that take steps keep theirs.
 */
export const stop: MethodDefinition<StopOptions> = {
  kind: "stop",
  summary: "Rounds go on without them: of whole sums (als, implicit-als, nmf) the next one holds nothing of them.",
  source:
    "sums of statistics: federated alternating least squares; unlearning by sums: Cao and Yang 2015, https://doi.org/10.1109/SP.2015.35",
  options: v.strictObject({ kind: v.literal("stop") }),
  refusal: (run) => (run.model.isCumulative === true ? "a lasting sum keeps what people contributed: difference takes it out" : undefined),
  create: () => ({ kind: "stop", resume: (kept) => kept.at(-1)!, saysFarewell: false, keeps: 0 }),
};
