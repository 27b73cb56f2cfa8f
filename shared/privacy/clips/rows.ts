/** The clip of each row with a cap on their number. Imports the seam, layout, norm, valibot. */
import * as v from "valibot";
import { type ClipDefinition, sensitivityOf } from "./clip.ts";
import { rowLayout, rowNorms, scaleRows } from "./layout.ts";
import { shrink } from "./norm.ts";

/** Options of the clip by rows. */
export interface RowsOptions {
  readonly kind: "rows";
  /** L2 bound of a row of weight 1; a row of weight w has w times it. */
  readonly clipNorm: number;
  /** The most rows that a contribution keeps. */
  readonly maxRows: number;
}

/**
 * Each row is scaled down to its own bound, and the rows with the largest clipped norms are kept: of equal ones the first.
 *
 * Sensitivity: the root of the sum of the `maxRows` largest squared bounds. Without the cap every row's bound would count.
 */
export const rows: ClipDefinition<RowsOptions> = {
  kind: "rows",
  summary: "Each row is scaled down to a norm, and only the longest rows are kept: for few items that dominate.",
  source: "Per-layer clipping, McMahan et al. 2018, section 3.2, https://arxiv.org/abs/1710.06963; the cap is ours",
  options: v.strictObject({
    kind: v.literal("rows"),
    clipNorm: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 1),
    maxRows: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 64),
  }),
  create({ clipNorm, maxRows }, shape) {
    const layout = rowLayout(shape, "rows");
    const bounds = layout.weights.map((weight) => weight * clipNorm);
    const largest = bounds.slice().sort().reverse().subarray(0, maxRows);
    const bound = Math.sqrt(largest.reduce((sum, one) => sum + one * one, 0));
    return {
      kind: "rows",
      unit: 1,
      clip(values) {
        const norms = rowNorms(values, layout);
        if (norms === undefined) return new Float64Array(values.length);
        const factors = norms.map((norm, row) => (norm <= bounds[row]! ? 1 : (bounds[row]! / norm) * shrink));
        dropShortRows(norms, factors, maxRows);
        return scaleRows(values, layout, factors);
      },
      sensitivity: (neighboring) => sensitivityOf(bound, neighboring),
    };
  },
};

/** Sets the factors of all but the `kept` longest rows to 0. */
function dropShortRows(norms: Float64Array, factors: Float64Array, kept: number): void {
  if (kept >= norms.length) return;
  const lengths = norms.map((norm, row) => norm * factors[row]!);
  const order = Array.from(lengths.keys()).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  for (const row of order.slice(kept)) factors[row] = 0;
}
