/**
 * The discrete Laplace distribution P(x) proportional to exp(-|x| / scale), exactly. Imports columns, exp, bits, rational.
 *
 * Privacy: on an integer vector of L1 sensitivity s it gives pure epsilon s / scale.
 * Source: Canonne, Kamath and Steinke 2020, https://arxiv.org/abs/2004.00010, for the distribution; columns.ts for the method
 */
import { inRange } from "../../check.ts";
import type { NoiseRng } from "../../random.ts";
import { createRandomBits, type RandomBits } from "./bits.ts";
import { columnDraw, type Weights } from "./columns.ts";
import { expOfMinus, isBelowExp } from "./exp.ts";
import { maxScale } from "./geometric.ts";
import { toRational } from "./rational.ts";
import { type Sampler, samplerOf } from "./sampler.ts";

/**
 * A sampler of the discrete Laplace distribution.
 *
 * @param scale in (0, 2^40], taken as the exact value of the double
 * @throws RangeError for a scale out of range
 */
export function createDiscreteLaplace(rng: NoiseRng, scale: number): Sampler {
  inRange(scale, Number.MIN_VALUE, maxScale, "scale");
  const bits = createRandomBits(rng);
  const draw = columnDraw(bits, laplaceWeights(bits, scale), laplaceWidthBits(scale), true);
  return samplerOf("discrete-laplace", discreteLaplaceVariance(scale), draw);
}

/** Between 8 and 16 columns to a scale: an exponential reaches further than a Gaussian. */
export function laplaceWidthBits(scale: number): number {
  return Math.max(0, Math.floor(Math.log2(scale)) - 3);
}

/** exp(-place / scale) on both sides. */
export function laplaceWeights(bits: RandomBits, scale: number): Weights {
  return {
    weight: (place) => expOfMinus(place / scale),
    error: (place) => (place / scale + 1) * 2 ** -46,
    isBelow(word, place, _isAbove, divisor) {
      const { numerator, denominator } = toRational(scale);
      return isBelowExp(bits, word, { numerator: BigInt(place) * denominator, denominator: numerator }, divisor);
    },
  };
}

/** 2 q / (1 - q)^2 with q = exp(-1/scale). */
export function discreteLaplaceVariance(scale: number): number {
  return (2 * Math.exp(-1 / scale)) / Math.expm1(-1 / scale) ** 2;
}
