/** Gradient agreement filtering: only groups that point the same way are averaged. Imports the seam, the means and valibot. */
import * as v from "valibot";
import { asSum, meansOf } from "./means.ts";
import type { RowBlock, RuleDefinition } from "./rule.ts";

/** Options of gradient agreement filtering. */
export interface AgreementOptions {
  readonly kind: "agreement";
  /** Greatest cosine distance, 1 - cosine, from the group that the others agree with most. */
  readonly tau: number;
  /** What agrees or does not: each item's row on its own, or whole contributions. */
  readonly by: "row" | "whole";
}

/**
 * Of every row (or of the whole) the mean over the groups within `tau` of the one whose direction the others share most; zeros where nobody agrees
 * with it. Groups that have nothing to say of a row, zeros, disagree with nobody. Lengths are not bounded: a group that points the same way and is
 * large carries the result off, so that it tolerates no bad group by itself.
 *
 * Departures from the published filter, which compares each gradient with the running mean of those before it and halves that mean with every one
 * that it takes in: the reference here depends on no order, and all that agree count by their contributions.
 */
export const agreement: RuleDefinition<AgreementOptions> = {
  kind: "agreement",
  summary: "The mean of those groups that point the same way, for every item's row on its own; lengths are not bounded.",
  source: "Chaubard et al. 2024, https://arxiv.org/abs/2412.18052",
  options: v.strictObject({
    kind: v.literal("agreement"),
    tau: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(2)), 0.97),
    by: v.optional(v.picklist(["row", "whole"]), "row"),
  }),
  create({ tau, by }, layout) {
    return {
      kind: "agreement",
      keepsSums: false,
      least: 2,
      tolerates: () => 0,
      step(groups) {
        if (groups.length === 1) return { values: groups[0]!.values, count: groups[0]!.count };
        const means = meansOf(groups);
        const size = means[0]!.length;
        const counts = Float64Array.from(groups, ({ count }) => count);
        const out = new Float64Array(size);
        const filter = createFilter(means, counts, tau, out);
        const blocks: readonly RowBlock[] = by === "row" ? layout : [{ offset: 0, rows: 1, width: size }];
        for (const { offset, rows, width } of blocks) for (let row = 0; row < rows; row++) filter(offset + row * width, width);
        return asSum(out, groups);
      },
    };
  },
};

/** Writes what is made of the entries from `at` on into `out`; its scratch is made once. */
function createFilter(
  means: readonly Float64Array[],
  counts: Float64Array,
  tau: number,
  out: Float64Array,
): (at: number, width: number) => void {
  const groups = means.length;
  const norms = new Float64Array(groups);
  const cosines = new Float64Array(groups * groups);
  return (at, width) => {
    for (let i = 0; i < groups; i++) {
      norms[i] = Math.sqrt(product(means[i]!, means[i]!, at, width));
      for (let j = 0; j < i; j++) {
        const known = norms[i]! > 0 && norms[j]! > 0;
        const cosine = known ? product(means[i]!, means[j]!, at, width) / (norms[i]! * norms[j]!) : 0;
        cosines[i * groups + j] = cosine;
        cosines[j * groups + i] = cosine;
      }
    }
    let reference = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < groups; i++) {
      if (norms[i] === 0) continue;
      let total = 0;
      for (let j = 0; j < groups; j++) if (j !== i) total += cosines[i * groups + j]!;
      if (total > most) {
        most = total;
        reference = i;
      }
    }
    if (reference < 0) return;
    let contributions = 0;
    let agreeing = 0;
    for (let i = 0; i < groups; i++) {
      const agrees = i === reference || (norms[i]! > 0 && 1 - cosines[reference * groups + i]! <= tau);
      if (agrees) agreeing += 1;
      if (agrees || norms[i] === 0) contributions += counts[i]!;
    }
    if (agreeing < 2) return;
    for (let i = 0; i < groups; i++) {
      const agrees = i === reference || (norms[i]! > 0 && 1 - cosines[reference * groups + i]! <= tau);
      if (!agrees) continue;
      const mean = means[i]!;
      const share = counts[i]! / contributions;
      for (let k = at; k < at + width; k++) out[k] = out[k]! + share * mean[k]!;
    }
  };
}

function product(a: Float64Array, b: Float64Array, at: number, width: number): number {
  let total = 0;
  for (let k = at; k < at + width; k++) total += a[k]! * b[k]!;
  return total;
}
