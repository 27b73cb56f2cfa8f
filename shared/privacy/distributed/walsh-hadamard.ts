/**
 * The orthonormal fast Walsh-Hadamard transform, in place. Imports nothing.
 *
 * Source: Fino and Algazi 1976, https://doi.org/10.1109/TC.1976.1674569; in distributed privacy: Kairouz, Liu and Steinke 2021,
 * https://arxiv.org/abs/2102.06387
 */

/**
 * Replaces a vector by H x / sqrt(n), H the Hadamard matrix in natural order.
 *
 * Shape: [n], n a power of two; changed in place, nothing is allocated. n log2 n additions.
 * Guarantees: its own inverse, and it keeps the L2 norm, both to a relative rounding of log2 n 2^-53; sums of whole numbers below 2^53 are exact until
 * the last scaling. Edge cases: n = 1 -> unchanged; NaN or infinity spreads to every entry.
 *
 * @throws RangeError when n is not a power of two
 * @example walshHadamard(Float64Array.of(1, 2, 3, 4)) // 5, -1, -2, 0
 */
export function walshHadamard(values: Float64Array): void {
  const n = values.length;
  if (n !== paddedLength(n)) throw new RangeError(`"values" expected a power of two of them, got ${n}`);
  for (let half = 1; half < n; half *= 2) {
    for (let block = 0; block < n; block += 2 * half) {
      for (let i = block; i < block + half; i++) {
        const a = values[i]!;
        const b = values[i + half]!;
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
  const scale = 1 / Math.sqrt(n);
  for (let i = 0; i < n; i++) values[i] = values[i]! * scale;
}

/** The least power of two of at least `size` and at least 1. */
export function paddedLength(size: number): number {
  let length = 1;
  while (length < size) length *= 2;
  return length;
}
