/** The mean of the groups' means, none longer than a bound. Imports the seam, the means and valibot. */
import * as v from "valibot";
import { asSum, lowerMedian, meansOf, normOf, sharesOf, weighted } from "./means.ts";
import { minority, type RuleDefinition } from "./rule.ts";

/** Options of the norm bound. */
export interface NormBoundOptions {
  readonly kind: "norm-bound";
  /** Greatest length of a group's mean; by default the median of their lengths. */
  readonly maxNorm?: number | undefined;
}

/** Scales every longer mean down to the bound, then averages by contributions: bounds how far one group can push, not where to. */
export const normBound: RuleDefinition<NormBoundOptions> = {
  kind: "norm-bound",
  summary: "The mean of the groups' means, none longer than a bound: how far one can push is bounded, not where to.",
  source: "Sun et al. 2019, https://arxiv.org/abs/1911.07963",
  options: v.strictObject({ kind: v.literal("norm-bound"), maxNorm: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0))) }),
  create: ({ maxNorm }) => ({
    kind: "norm-bound",
    keepsSums: false,
    // A given bound holds for a cohort that is one group; a median needs three.
    least: maxNorm === undefined ? 3 : 1,
    tolerates: maxNorm === undefined ? minority : (groups) => groups,
    step(groups) {
      const means = meansOf(groups);
      const norms = Float64Array.from(means, normOf);
      const bound = maxNorm ?? lowerMedian(norms);
      const weights = sharesOf(groups);
      for (let group = 0; group < weights.length; group++) {
        if (norms[group]! > bound) weights[group] = (weights[group]! * bound) / norms[group]!;
      }
      return asSum(weighted(means, weights), groups);
    },
  }),
};
