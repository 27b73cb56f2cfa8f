/**
 * Dense square matrices on flat row-major arrays, as the dense factorizations need them. Imports errors.
 *
 * "Lower" means lower triangular: what stands above the diagonal is neither read nor, unless said so, written.
 */
import { CofactorError } from "../../errors.ts";

/** The most rounds that a dense factorization may have: several matrices of rounds^2 numbers are kept. */
export const mostDenseRounds = 4096;

/** @throws CofactorError CONFIG_INVALID when a dense factorization cannot have so many rounds */
export function checkDenseRounds(rounds: number): void {
  if (rounds <= mostDenseRounds) return;
  throw new CofactorError(
    "CONFIG_INVALID",
    `a dense factorization expected at most ${mostDenseRounds} rounds, got ${rounds}; "blt" comes close to it at any number of rounds`,
  );
}

/**
 * The lower factor L of a symmetric positive definite matrix, M = L L', as a new matrix with zeros above the diagonal.
 *
 * Guarantees: undefined when the matrix is not positive definite to working precision. Only the lower half of `matrix` is read.
 *
 * Source: Golub and Van Loan, Matrix Computations, 4th edition, section 4.2
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array | undefined {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j <= i; j++) {
      const other = j * n;
      let rest = matrix[row + j]!;
      for (let m = 0; m < j; m++) rest -= out[row + m]! * out[other + m]!;
      if (j < i) out[row + j] = rest / out[other + j]!;
      else if (rest > 0 && rest < Number.POSITIVE_INFINITY) out[row + i] = Math.sqrt(rest);
      else return undefined;
    }
  }
  return out;
}

/**
 * The lower matrix C with C' C = X and a positive diagonal: the one strategy of a Gram matrix that a stream can use.
 *
 * Method: flip X in both directions, factor, transpose, flip back. A banded X gives a banded C.
 *
 * @throws RangeError when X is not positive definite
 */
export function lowerStrategy(gram: Float64Array, n: number): Float64Array {
  const flipped = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) flipped[i * n + j] = gram[(n - 1 - i) * n + (n - 1 - j)]!;
  const factor = cholesky(flipped, n);
  if (factor === undefined) throw new RangeError('"gram" expected a positive definite matrix');
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) out[i * n + j] = factor[(n - 1 - j) * n + (n - 1 - i)]!;
  return out;
}

/** The inverse of a lower matrix, lower itself. @throws RangeError when an entry of the diagonal is zero */
export function invertLower(lower: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const pivot = lower[i * n + i]!;
    if (pivot === 0) throw new RangeError(`"lower" expected a diagonal without zeros, got 0 in row ${i}`);
    for (let m = 0; m < i; m++) {
      const factor = lower[i * n + m]!;
      if (factor === 0) continue;
      for (let j = 0; j <= m; j++) out[i * n + j] = out[i * n + j]! - factor * out[m * n + j]!;
    }
    for (let j = 0; j < i; j++) out[i * n + j] = out[i * n + j]! / pivot;
    out[i * n + i] = 1 / pivot;
  }
  return out;
}

/** The symmetric matrix M' M of a lower matrix M. */
export function gramOfLower(lower: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i <= row; i++) {
      const factor = lower[row * n + i]!;
      if (factor === 0) continue;
      for (let j = 0; j <= i; j++) out[i * n + j] = out[i * n + j]! + factor * lower[row * n + j]!;
    }
  }
  return mirror(out, n);
}

/** Copies the lower half of a matrix to its upper half, in place, and returns it. */
export function mirror(matrix: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[j * n + i] = matrix[i * n + j]!;
  return matrix;
}
