/**
 * Dense ridge regression by ml-matrix, for the centralised solvers: deliberately another program than shared/math/linear.ts, so
 * that agreement proves something. Imports ml-matrix.
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";

/** Rows of regression features, flat. */
export interface Rows {
  /** [any x order] row-major. */
  readonly values: Float64Array;
  readonly order: number;
}

/** The chosen rows: [chosen x order]. */
export function chooseRows({ values, order }: Rows, chosen: Int32Array): Matrix {
  const features = Matrix.zeros(chosen.length, order);
  for (const [row, source] of chosen.entries()) {
    for (let column = 0; column < order; column++) features.set(row, column, values[source * order + column]!);
  }
  return features;
}

/** X'X of all rows. */
export function gramOf({ values, order }: Rows): Matrix {
  const x = Matrix.from1DArray(values.length / order, order, values);
  return x.transpose().mmul(x);
}

/** The w that minimizes |y - X w|^2 + w' (prior + penalty I) w: [columns of X]. */
export function ridge(x: Matrix, y: readonly number[], penalty: number, prior?: Matrix): number[] {
  const transposed = x.transpose();
  const normal = transposed.mmul(x).add(Matrix.eye(x.columns, x.columns, penalty));
  if (prior !== undefined) normal.add(prior);
  return new CholeskyDecomposition(normal).solve(transposed.mmul(Matrix.columnVector([...y]))).to1DArray();
}
