/** Error figures of noise rows W under a workload A: the norms of the rows of A W. Imports factorization (types), workload. */
import type { ErrorFigures } from "./factorization.ts";
import type { Workload } from "./workload.ts";

/**
 * Figures of Toeplitz noise.
 *
 * @param noise first column of W, [rounds]
 */
export function toeplitzErrors(workload: Workload, noise: Float64Array): ErrorFigures {
  const squares = new Float64Array(workload.rounds);
  if (workload.coefficients !== undefined) {
    let total = 0;
    for (const [i, value] of workload.apply(noise).entries()) {
      total += value * value;
      squares[i] = total;
    }
    return figures(squares);
  }
  const column = new Float64Array(workload.rounds);
  for (let j = 0; j < workload.rounds; j++) {
    column.fill(0);
    column.set(noise.subarray(0, workload.rounds - j), j);
    addSquares(squares, workload.apply(column), j);
  }
  return figures(squares);
}

/**
 * Figures of any lower-triangular noise.
 *
 * @param noise W, row-major [rounds x rounds]
 */
export function denseErrors(workload: Workload, noise: Float64Array): ErrorFigures {
  return figures(errorVariances(workload, noise));
}

/**
 * The variance of the noise in every row of a workload, at unit noise.
 *
 * @param noise W, row-major [rounds x rounds]; only the lower half is read
 */
export function errorVariances(workload: Workload, noise: Float64Array): Float64Array {
  const { rounds } = workload;
  const squares = new Float64Array(rounds);
  const column = new Float64Array(rounds);
  for (let j = 0; j < rounds; j++) {
    column.fill(0);
    for (let i = j; i < rounds; i++) column[i] = noise[i * rounds + j]!;
    addSquares(squares, workload.apply(column), j);
  }
  return squares;
}

function addSquares(squares: Float64Array, column: Float64Array, from: number): void {
  for (let i = from; i < squares.length; i++) squares[i] = squares[i]! + column[i]! ** 2;
}

function figures(squares: Float64Array): ErrorFigures {
  let largest = 0;
  let total = 0;
  for (const square of squares) {
    largest = Math.max(largest, square);
    total += square;
  }
  return Object.freeze({ max: Math.sqrt(largest), rootMeanSquare: Math.sqrt(total / squares.length) });
}
