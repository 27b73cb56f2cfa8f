/** How long a vector may become by random rounding to whole numbers. Imports check. */
import { inRange } from "../check.ts";

/** Bounds of a rounded vector, in grid units. */
export interface RoundedNorms {
  /** L2 bound that conditional rounding enforces: it is drawn again until the result is within. */
  readonly l2: number;
  readonly l1: number;
}

/**
 * The norms to which a vector of L2 norm at most `norm`, rounded at random entry by entry, is held.
 *
 * The L2 bound is exceeded with probability at most `failure` in one attempt; with failure 0 it is never exceeded. A smaller bound costs
 * attempts, and a bias that vanishes with them.
 *
 * @param norm in grid units, at least 0
 * @param dimension number of entries
 * @param failure in [0, 1); e^-1/2 is usual
 * @throws RangeError when a number is out of range
 *
 * Source: Kairouz, Liu and Steinke 2021, https://arxiv.org/abs/2102.06387
 */
export function roundedNorms(norm: number, dimension: number, failure: number = Math.exp(-0.5)): RoundedNorms {
  inRange(norm, 0, Number.MAX_VALUE, "norm");
  inRange(dimension, 0, Number.MAX_SAFE_INTEGER, "dimension");
  inRange(failure, 0, 1 - 2 ** -53, "failure");
  const root = Math.sqrt(dimension);
  const likely = Math.sqrt(norm * norm + dimension / 4 + Math.sqrt(2 * Math.log(1 / failure)) * (norm + root / 2));
  const l2 = Math.min(norm + root, likely);
  return { l2, l1: l2 * Math.min(root, l2) };
}
