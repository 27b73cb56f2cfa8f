/** The coordinate-wise trimmed mean. Imports the seam, the columns, the means and valibot. */
import * as v from "valibot";
import { mapColumns } from "./columns.ts";
import { asSum, meansOf } from "./means.ts";
import { leastTolerant, type RuleDefinition } from "./rule.ts";

/** Options of the trimmed mean. */
export interface TrimmedMeanOptions {
  readonly kind: "trimmed-mean";
  /** Share of the groups that is left out at either end of every entry, rounded down. */
  readonly trim: number;
}

/** In every entry the mean of the groups' means between the least and the greatest `trim` of them; what is kept counts by its contributions. */
export const trimmedMean: RuleDefinition<TrimmedMeanOptions> = {
  kind: "trimmed-mean",
  summary: "In every entry the mean without the least and greatest of the groups.",
  source: "Yin et al. 2018, https://arxiv.org/abs/1803.01498",
  options: v.strictObject({
    kind: v.literal("trimmed-mean"),
    trim: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(0.49)), 0.2),
  }),
  create({ trim }) {
    // Shares such as .2 of 15 are whole numbers in decimals, not always in binary.
    const tolerates = (groups: number): number => Math.floor(trim * groups + 1e-9);
    return {
      kind: "trimmed-mean",
      keepsSums: false,
      least: leastTolerant(tolerates),
      tolerates,
      step(groups) {
        const cut = tolerates(groups.length);
        const counts = Float64Array.from(groups, ({ count }) => count);
        const mean = mapColumns(meansOf(groups), (sorted, order) => {
          let values = 0;
          let total = 0;
          for (let i = cut; i < sorted.length - cut; i++) {
            const count = counts[order[i]!]!;
            values += count * sorted[i]!;
            total += count;
          }
          return values / total;
        });
        return asSum(mean, groups);
      },
    };
  },
};
