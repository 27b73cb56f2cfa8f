/**
 * Lower-triangular Toeplitz matrices, each written as its first column: products, inverses and roots are those of power series.
 * Imports nothing.
 *
 * Source: Fichtenberger, Henzinger and Upadhyay 2023, https://arxiv.org/abs/2202.11205; Dvijotham et al. 2024, https://arxiv.org/abs/2404.16706
 */

/** The first `rounds` coefficients of the product of two matrices; missing coefficients count as zero. */
export function multiplyToeplitz(left: Float64Array, right: Float64Array, rounds: number): Float64Array {
  const out = new Float64Array(rounds);
  for (let i = 0; i < Math.min(left.length, rounds); i++) {
    const factor = left[i]!;
    if (factor === 0) continue;
    const end = Math.min(right.length, rounds - i);
    for (let j = 0; j < end; j++) out[i + j] = out[i + j]! + factor * right[j]!;
  }
  return out;
}

/**
 * The solution of T x = y for the matrix T of `coefficients`: O(rounds x bands).
 *
 * @throws RangeError when the first coefficient is zero
 */
export function solveToeplitz(coefficients: Float64Array, right: Float64Array): Float64Array {
  const first = coefficients[0] ?? 0;
  if (first === 0) throw new RangeError('"coefficients" expected a first coefficient other than 0, got 0');
  const out = new Float64Array(right.length);
  for (let i = 0; i < right.length; i++) {
    let rest = right[i]!;
    const reach = Math.min(coefficients.length - 1, i);
    for (let j = 1; j <= reach; j++) rest -= coefficients[j]! * out[i - j]!;
    out[i] = rest / first;
  }
  return out;
}

/** The first `rounds` coefficients of the inverse. @throws RangeError when the first coefficient is zero */
export function invertToeplitz(coefficients: Float64Array, rounds: number): Float64Array {
  const unit = new Float64Array(rounds);
  unit[0] = 1;
  return solveToeplitz(coefficients, unit);
}

/**
 * The coefficients of the square root that has a positive diagonal.
 *
 * @throws RangeError when the first coefficient is not positive
 */
export function rootToeplitz(coefficients: Float64Array): Float64Array {
  const first = coefficients[0] ?? 0;
  if (!(first > 0)) throw new RangeError(`"coefficients" expected a positive first coefficient, got ${first}`);
  const out = new Float64Array(coefficients.length);
  out[0] = Math.sqrt(first);
  for (let j = 1; j < out.length; j++) {
    let rest = coefficients[j]!;
    for (let i = 1; i < j; i++) rest -= out[i]! * out[j - i]!;
    out[j] = rest / (2 * out[0]!);
  }
  return out;
}

/** The first `rounds` coefficients of the square root of the prefix sum, in closed form: 1, 1/2, 3/8, 5/16 ... */
export function prefixRoot(rounds: number): Float64Array {
  const out = new Float64Array(rounds);
  out[0] = 1;
  for (let i = 1; i < rounds; i++) out[i] = (out[i - 1]! * (2 * i - 1)) / (2 * i);
  return out;
}

/** The first `rounds` coefficients of the inverse of that square root, in closed form: 1, -1/2, -1/8, -1/16 ... */
export function inversePrefixRoot(rounds: number): Float64Array {
  const out = new Float64Array(rounds);
  out[0] = 1;
  for (let i = 1; i < rounds; i++) out[i] = (out[i - 1]! * (2 * i - 3)) / (2 * i);
  return out;
}

/** Row `row` of the matrix: `rounds` values, zeros after the diagonal. */
export function toeplitzRow(coefficients: Float64Array, row: number, rounds: number): Float64Array {
  const out = new Float64Array(rounds);
  for (let j = Math.max(0, row - coefficients.length + 1); j <= row; j++) out[j] = coefficients[row - j]!;
  return out;
}
