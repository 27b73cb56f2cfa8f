/** From an earlier state on, without those who left. Imports the seam. */
import * as v from "valibot";
import type { MethodDefinition } from "../method.ts";

/** Options. */
export interface RollBackOptions {
  readonly kind: "roll-back";
  /** How many published rounds are made again without them: at most, as many as there were. "all": training begins anew. */
  readonly rounds: number | "all";
}

/**
 * Bounded re-aggregation: the aggregator goes back to the state that it kept, and the others contribute to those rounds again. Exact where the state
 * is from before their first contribution; else what earlier rounds learned of them stays. Costs the rounds again, for everyone.
 */
export const rollBack: MethodDefinition<RollBackOptions> = {
  kind: "roll-back",
  summary: "The last rounds are made again without them, from a state that was kept; all of them: exact.",
  source:
    "checkpoints: Bourtoule et al. 2021, https://arxiv.org/abs/1912.03817; federated: Liu et al. 2021, https://doi.org/10.1109/IWQOS52092.2021.9521274",
  options: v.strictObject({
    kind: v.literal("roll-back"),
    rounds: v.optional(v.union([v.pipe(v.number(), v.integer(), v.minValue(1)), v.literal("all")]), "all"),
  }),
  refusal(run) {
    if (run.model.isCumulative === true)
      return "devices remember what the newest sum holds of them, not an older one: difference serves it";
    return run.privacy === undefined
      ? undefined
      : "rounds made again would cost privacy that was not promised: what was promised bounds what is left";
  },
  create: ({ rounds }) => ({
    kind: "roll-back",
    resume: (kept) => kept[rounds === "all" ? 0 : Math.max(0, kept.length - 1 - rounds)]!,
    saysFarewell: false,
    keeps: rounds === "all" ? Number.POSITIVE_INFINITY : rounds,
  }),
};
