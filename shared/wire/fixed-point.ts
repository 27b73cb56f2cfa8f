/**
 * Real numbers as integers with a fixed scale, so that sums under encryption or masks are exact. Imports errors.ts.
 *
 * Rounding is to the nearest integer, halves away from zero. A sum of k vectors is within k * 2^-(fractionBits + 1) of the
 * exact sum in every entry, for entries that were not clamped.
 */
import { CofactorError } from "../errors.ts";

/** The range and scale of a fixed-point number. */
export interface FixedPoint {
  /** Entries beyond it are clamped. */
  readonly maxAbs: number;
  /** Bits after the point. */
  readonly fractionBits: number;
}

/** Bits of an encoded value, sign included, such that |value| < 2^(bits - 1). */
export function encodedBits(format: FixedPoint): number {
  return Math.ceil(Math.log2(format.maxAbs * 2 ** format.fractionBits + 1)) + 1;
}

/**
 * Real numbers as integers.
 * @returns the integers and how many entries were clamped
 * @throws CofactorError VALUE_NOT_FINITE naming the place, never the value; ENCODE_OVERFLOW when the format needs more than 53 bits
 */
export function encodeFixed(values: Float64Array, format: FixedPoint): { readonly integers: Float64Array; readonly clamped: number } {
  if (encodedBits(format) > 53)
    throw new CofactorError("ENCODE_OVERFLOW", `a fixed-point value expected at most 53 bits, got ${encodedBits(format)}`);
  const scale = 2 ** format.fractionBits;
  const integers = new Float64Array(values.length);
  let clamped = 0;
  for (let i = 0; i < values.length; i++) {
    let value = values[i]!;
    if (!(value >= -format.maxAbs && value <= format.maxAbs)) {
      if (!Number.isFinite(value)) throw new CofactorError("VALUE_NOT_FINITE", `"contribution" expected finite values, entry ${i} is not`);
      value = value < 0 ? -format.maxAbs : format.maxAbs;
      clamped += 1;
    }
    integers[i] = value < 0 ? -Math.round(-value * scale) : Math.round(value * scale);
  }
  return { integers, clamped };
}

/** Integers, or their sums, as real numbers. */
export function decodeFixed(integers: Float64Array, format: FixedPoint): Float64Array {
  const scale = 2 ** -format.fractionBits;
  return integers.map((integer) => integer * scale);
}
