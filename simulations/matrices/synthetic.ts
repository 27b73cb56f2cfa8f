/** A drawn nonnegative matrix of known rank. Imports the seam, valibot. */
import * as v from "valibot";
import type { MatrixDefinition } from "./matrix.ts";

/** Options of a drawn matrix. */
export interface SyntheticMatrixOptions {
  readonly kind: "synthetic";
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly noise: number;
}

const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000));

/** Uniform factors and folded normal noise. */
export const syntheticMatrix: MatrixDefinition<SyntheticMatrixOptions> = {
  kind: "synthetic",
  summary: "A product of uniform factors with folded normal noise, of known rank.",
  source: "drawn from the scenario's seed",
  options: v.strictObject({
    kind: v.literal("synthetic"),
    rows: v.optional(size, 40),
    columns: v.optional(size, 600),
    rank: v.optional(size, 5),
    noise: v.optional(v.pipe(v.number(), v.minValue(0)), 0.01),
  }),
  async load({ rows, columns, rank, noise }, rng) {
    const left = Float64Array.from({ length: rows * rank }, () => rng.float());
    const values = new Float64Array(columns * rows);
    const own = new Float64Array(rank);
    for (let column = 0; column < columns; column++) {
      for (let f = 0; f < rank; f++) own[f] = rng.float();
      for (let row = 0; row < rows; row++) {
        let value = noise * Math.abs(rng.normal());
        for (let f = 0; f < rank; f++) value += left[row * rank + f]! * own[f]!;
        values[column * rows + row] = value;
      }
    }
    return { name: "synthetic", rows, count: columns, values };
  },
};
