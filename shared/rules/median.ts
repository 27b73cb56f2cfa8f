/** The coordinate-wise median of the groups' means. Imports the seam, the columns, the means and valibot. */
import * as v from "valibot";
import { mapColumns } from "./columns.ts";
import { asSum, meansOf } from "./means.ts";
import { leastTolerant, minority, type RuleDefinition } from "./rule.ts";

/** Options of the median: none. */
export interface MedianOptions {
  readonly kind: "median";
}

/**
 * In every entry the median of the groups' means, each group counted once, however many it holds; of an even number the mean of the middle two.
 * Over single devices whose contributions are sparse it is zero nearly everywhere: see rule.ts.
 */
export const median: RuleDefinition<MedianOptions> = {
  kind: "median",
  summary: "In every entry the median of the groups' means: less than half of the groups cannot carry it off.",
  source: "Yin et al. 2018, https://arxiv.org/abs/1803.01498",
  options: v.strictObject({ kind: v.literal("median") }),
  create: () => ({
    kind: "median",
    keepsSums: false,
    least: leastTolerant(minority),
    tolerates: minority,
    step: (groups) => asSum(medianOf(meansOf(groups)), groups),
  }),
};

/** The coordinate-wise median of vectors. */
export function medianOf(vectors: readonly Float64Array[]): Float64Array {
  const high = vectors.length >> 1;
  const low = (vectors.length - 1) >> 1;
  // Halved first: two huge numbers must not overflow.
  return mapColumns(vectors, (sorted) => (low === high ? sorted[low]! : sorted[low]! / 2 + sorted[high]! / 2));
}
