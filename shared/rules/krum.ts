/** Krum: the group whose mean lies closest to others. Imports the seam, the scores, the means and valibot. */
import * as v from "valibot";
import { badGroups, badShare, krumOrder } from "./krum-scores.ts";
import { asSum, meansOf } from "./means.ts";
import { leastTolerant, type RuleDefinition } from "./rule.ts";

/** Options of Krum. */
export interface KrumOptions {
  readonly kind: "krum";
  /** Share of the groups that may be bad. */
  readonly bad: number;
}

/**
 * The mean of the one group with the least sum of squared distances to its n - f - 2 nearest others. All other groups' work is thrown away.
 * Costs the distance of every pair of groups: n^2 / 2 passes.
 */
export const krum: RuleDefinition<KrumOptions> = {
  kind: "krum",
  summary: "The mean of the one group that lies closest to others; the others' work is lost.",
  source: "Blanchard et al. 2017, https://arxiv.org/abs/1703.02757",
  options: v.strictObject({ kind: v.literal("krum"), bad: badShare }),
  create: ({ bad }) => ({
    kind: "krum",
    keepsSums: false,
    least: leastTolerant((groups) => badGroups(groups, bad)),
    tolerates: (groups) => badGroups(groups, bad),
    step(groups) {
      const means = meansOf(groups);
      return asSum(means[krumOrder(means, badGroups(groups.length, bad))[0]!]!.slice(), groups);
    },
  }),
};
