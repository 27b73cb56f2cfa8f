/** Multi-Krum: the mean of the groups that lie closest to others. Imports the seam, the scores, the means and valibot. */
import * as v from "valibot";
import { badGroups, badShare, krumOrder } from "./krum-scores.ts";
import { asSum, meanOfChosen, meansOf } from "./means.ts";
import { leastTolerant, type RuleDefinition } from "./rule.ts";

/** Options of Multi-Krum. */
export interface MultiKrumOptions {
  readonly kind: "multi-krum";
  /** Share of the groups that may be bad. */
  readonly bad: number;
}

/** The mean of the n - f groups with the least scores of Krum, each by its contributions. */
export const multiKrum: RuleDefinition<MultiKrumOptions> = {
  kind: "multi-krum",
  summary: "The mean of the groups that lie closest to others, without as many as may be bad.",
  source: "Blanchard et al. 2017, https://arxiv.org/abs/1703.02757, section 5",
  options: v.strictObject({ kind: v.literal("multi-krum"), bad: badShare }),
  create: ({ bad }) => ({
    kind: "multi-krum",
    keepsSums: false,
    least: leastTolerant((groups) => badGroups(groups, bad)),
    tolerates: (groups) => badGroups(groups, bad),
    step(groups) {
      const means = meansOf(groups);
      const few = badGroups(groups.length, bad);
      const chosen = krumOrder(means, few).slice(0, groups.length - few);
      return asSum(meanOfChosen(groups, means, chosen), groups);
    },
  }),
};
