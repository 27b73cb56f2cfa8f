/**
 * The local work of nonnegative matrix factorization, Z ~ X Y: columns with X fixed, rows with Y fixed, the objective. Imports math.
 *
 * Layout: Z [columns x rows], a column of the matrix contiguous; X [rows x rank]; Y [columns x rank], the coefficients of a column contiguous.
 * Source: hierarchical alternating least squares, Cichocki and Phan 2009, https://doi.org/10.1587/transfun.E92.A.708
 */
import { addDiagonal, addScaled, dot, gram } from "../../math/linear.ts";
import { sweepNonnegative } from "../../math/nonnegative.ts";

/** Some columns of a nonnegative matrix, which never leave their agent. */
export interface Columns {
  readonly rows: number;
  readonly count: number;
  /** [count x rows]. */
  readonly values: Float64Array;
}

/** Moves Y, in place, towards the best nonnegative coefficients for X. */
export function fitColumns(data: Columns, x: Float64Array, rank: number, y: Float64Array, sweeps: number): void {
  const { rows, count, values } = data;
  const squares = gram(x, rows, rank, 1);
  const target = new Float64Array(rank);
  for (let column = 0; column < count; column++) {
    target.fill(0);
    for (let row = 0, at = column * rows; row < rows; row++, at++) {
      if (values[at] !== 0) addScaled(target, 0, values[at]!, x, row * rank, rank);
    }
    sweepNonnegative(squares, 0, target, 0, y, column * rank, rank, sweeps);
  }
}

/** What pulls X beside the data: the objective gains `weight` |X|^2 - <pull, X>. */
export interface Pull {
  readonly weight: number;
  /** [rows x rank]. */
  readonly pull: Float64Array;
}

/** Moves X, in place, towards the best nonnegative left factor for Y, of the data alone or with a pull. */
export function fitRows(data: Columns, y: Float64Array, rank: number, x: Float64Array, sweeps: number, pull?: Pull): void {
  const { rows, count, values } = data;
  const squares = gram(y, count, rank, 1);
  const target = pull === undefined ? new Float64Array(rows * rank) : pull.pull.slice();
  for (let column = 0; column < count; column++) {
    for (let row = 0, at = column * rows; row < rows; row++, at++) {
      if (values[at] !== 0) addScaled(target, row * rank, values[at]!, y, column * rank, rank);
    }
  }
  if (pull !== undefined) addDiagonal(squares, 0, rank, 2 * pull.weight);
  for (let row = 0; row < rows; row++) sweepNonnegative(squares, 0, target, row * rank, x, row * rank, rank, sweeps);
}

/** |Z - X Y|^2. */
export function squaredError(data: Columns, x: Float64Array, y: Float64Array, rank: number): number {
  let total = 0;
  for (let column = 0; column < data.count; column++) {
    for (let row = 0; row < data.rows; row++) {
      total += (data.values[column * data.rows + row]! - dot(x, row * rank, y, column * rank, rank)) ** 2;
    }
  }
  return total;
}
