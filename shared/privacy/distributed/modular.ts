/**
 * Whole numbers modulo the size of a ring: how sums that secure aggregation makes are read as signed numbers. Imports check.
 *
 * Source: Kairouz, Liu and Steinke 2021, https://arxiv.org/abs/2102.06387, algorithm 1
 */
import { integer } from "../../check.ts";

/** The greatest modulus: sums and differences of two residues stay exact in a double. */
const greatest = 2 ** 52;

/**
 * Brings each value into [low, high) by adding a multiple of high - low.
 *
 * Shape: [n]; a copy. Guarantees: exact for whole numbers up to 2^53; values within are unchanged; of no value is told whether it wrapped.
 * Edge cases: NaN and infinities -> NaN; -0 -> 0.
 *
 * @throws RangeError unless low <= 0 < high are whole numbers at most 2^52 apart
 * @example modularClip(Float64Array.of(20, 5, -15, 10), -5, 10) // 5, 5, 0, -5
 */
export function modularClip(values: Float64Array, low: number, high: number): Float64Array {
  integer(low, -greatest, 0, "low");
  integer(high, 1, greatest, "high");
  const modulus = integer(high - low, 1, greatest, "modulus");
  return values.map((value) => {
    // The remainder of doubles is exact and has the value's sign: in (-modulus, modulus), one step from the interval.
    const rest = value % modulus;
    return rest < low ? rest + modulus : rest >= high ? rest - modulus : rest + 0;
  });
}

/**
 * The representatives of residues nearest to zero: in [-modulus / 2, modulus / 2), for an odd modulus the middle ones.
 *
 * @param values [n] whole numbers up to 2^53, in 0 .. modulus - 1 or not; not modified
 * @throws RangeError when modulus is not a whole number from 1 to 2^52
 * @example centerLift(Float64Array.of(0, 7, 8, 15), 16) // 0, 7, -8, -1
 */
export function centerLift(values: Float64Array, modulus: number): Float64Array {
  const low = -Math.floor(integer(modulus, 1, greatest, "modulus") / 2);
  return modularClip(values, low, low + modulus);
}

/**
 * The residues in 0 .. modulus - 1: what is masked and summed.
 *
 * @param values [n] whole numbers up to 2^53; not modified
 * @throws RangeError when modulus is not a whole number from 1 to 2^52
 * @example toResidues(Float64Array.of(-1, 17), 16) // 15, 1
 */
export function toResidues(values: Float64Array, modulus: number): Float64Array {
  return modularClip(values, 0, modulus);
}
