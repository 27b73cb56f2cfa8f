/** Norms that bounds may rest on. Imports nothing. */

/** Room for the roundings of a norm and of a scaling: a scaled vector's norm is below its bound, not only near it. */
export const shrink: number = 1 - 1e-12;

/**
 * The L2 norm of `length` values from `at`, a step of `stride` apart.
 *
 * Guarantees: relative error 1e-15 whatever the length and the sizes. Edge cases: no value -> 0; NaN or infinity -> not finite.
 */
export function normOf(values: Float64Array, at = 0, length: number = values.length - at): number {
  let largest = 0;
  for (let i = at; i < at + length; i++) {
    const size = Math.abs(values[i]!);
    if (!(size <= Number.MAX_VALUE)) return Number.NaN;
    if (size > largest) largest = size;
  }
  if (largest === 0) return 0;
  // A power of two, so that the division is exact.
  const scale = 2 ** Math.max(-1000, Math.floor(Math.log2(largest)));
  let sum = 0;
  let lost = 0;
  for (let i = at; i < at + length; i++) {
    const part = values[i]! / scale;
    const term = part * part - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
  }
  return Math.sqrt(sum) * scale;
}

/** True when no value is NaN or infinite. */
export function isFiniteVector(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return false;
  return true;
}

/**
 * The exact sum of squares of whole numbers up to 2^40.
 *
 * @throws RangeError for a value that is not such a number
 */
export function exactSquareSum(values: Float64Array): bigint {
  let total = 0n;
  // k = high 2^20 + low: three sums of products below 2^41, exact in a double for 4,096 values.
  for (let start = 0; start < values.length; start += 4096) {
    let [highs, mixed, lows] = [0, 0, 0];
    for (let i = start; i < Math.min(values.length, start + 4096); i++) {
      const size = Math.abs(values[i]!);
      if (!Number.isInteger(size) || size > 2 ** 40) throw new RangeError("expected whole numbers up to 2^40");
      const low = size % 2 ** 20;
      const high = (size - low) / 2 ** 20;
      highs += high * high;
      mixed += high * low;
      lows += low * low;
    }
    total += (BigInt(highs) << 40n) + (BigInt(mixed) << 21n) + BigInt(lows);
  }
  return total;
}
