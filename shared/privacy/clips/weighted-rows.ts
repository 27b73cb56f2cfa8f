/** The clip of rows under a budget of weights. Imports the seam, layout, norm, valibot. */
import * as v from "valibot";
import { type ClipDefinition, sensitivityOf } from "./clip.ts";
import { rowLayout, rowNorms, scaleRows } from "./layout.ts";
import { shrink } from "./norm.ts";

/** Options of the weighted clip. */
export interface WeightedRowsOptions {
  readonly kind: "weighted-rows";
  /** L2 bound of a row before its weight. */
  readonly clipNorm: number;
  /** The most that the squared weights of a contribution's rows may sum up to. */
  readonly budget: number;
}

/**
 * Each row is scaled down to the bound, then weighed: rare items more than popular ones, so that few ratings are not drowned.
 *
 * A row's weight is its public one (say, the noisy count of its ratings to the power -1/2), lowered for a contribution whose touched
 * rows' squared weights exceed the budget. Sensitivity: clipNorm sqrt(budget). The public weights must be data-independent or released
 * privately: their release is an event of its own.
 */
export const weightedRows: ClipDefinition<WeightedRowsOptions> = {
  kind: "weighted-rows",
  summary: "Each row is scaled down, then weighed under a budget for all rows: for skewed popularity.",
  source: "Chien et al. 2021, https://arxiv.org/abs/2107.09802; adaptive weights, Krichene et al. 2023, https://arxiv.org/abs/2302.07975",
  options: v.strictObject({
    kind: v.literal("weighted-rows"),
    clipNorm: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 1),
    budget: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 64),
  }),
  create({ clipNorm, budget }, shape) {
    const layout = rowLayout(shape, "weighted-rows");
    const { weights } = layout;
    return {
      kind: "weighted-rows",
      unit: 1,
      clip(values) {
        const norms = rowNorms(values, layout);
        if (norms === undefined) return new Float64Array(values.length);
        const used = norms.reduce((sum, norm, row) => (norm > 0 ? sum + weights[row]! ** 2 : sum), 0);
        const share = used <= budget ? 1 : Math.sqrt(budget / used) * shrink;
        const factors = norms.map((norm, row) => share * weights[row]! * (norm <= clipNorm ? 1 : (clipNorm / norm) * shrink));
        return scaleRows(values, layout, factors);
      },
      sensitivity: (neighboring) => sensitivityOf(clipNorm * Math.sqrt(budget), neighboring),
    };
  },
};
