/**
 * Random rounding to whole numbers, conditional on the result's norm: unbiased to what the condition cuts off. Imports check, norm, rounded-norm,
 * samplers.
 *
 * Source: Kairouz, Liu and Steinke 2021, https://arxiv.org/abs/2102.06387, algorithm 1
 */
import { lengthOf } from "../../check.ts";
import { exactSquareSum } from "../clips/norm.ts";
import type { RoundedNorms } from "../rounded-norm.ts";
import type { RandomBits } from "../samplers/bits.ts";

/** Probabilities are whole numbers of 2^-53: what a fraction of a double can be told apart by. */
const coinRange = 2 ** 53 - 1;

/** Attempts after which the rounding is towards zero, which is never too long; each fails with a chance below e^-1/2. */
const mostAttempts = 1000;

/**
 * Rounds each value down or up at random so that its mean is the value, again and again until the L2 norm is at most `norms.l2`.
 *
 * Shape: `values` [n], in grid units, of an L2 norm for which `norms` was made; not modified. `out` [n], whole numbers up to 2^40.
 * Guarantees: the exact integer norm is at most norms.l2, whatever the input.
 *
 * @throws RangeError when the lengths differ
 */
export function roundConditionally(values: Float64Array, norms: RoundedNorms, bits: RandomBits, out: Float64Array): void {
  lengthOf(out, values.length, "out");
  const limit = norms.l2 * norms.l2;
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    for (let i = 0; i < values.length; i++) {
      const low = Math.floor(values[i]!);
      const rest = values[i]! - low;
      out[i] = low + (rest > 0 && bits.below(coinRange) < rest * coinRange ? 1 : 0);
    }
    if (Number(exactSquareSum(out)) <= limit) return;
  }
  for (let i = 0; i < values.length; i++) out[i] = Math.trunc(values[i]!) + 0;
}
