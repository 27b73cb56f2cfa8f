/**
 * The discrete Gaussian P(x) proportional to exp(-x^2 / (2 stddev^2)) on the integers, exactly. Imports columns, exp, bits, rational.
 *
 * Privacy: on an integer vector of L2 sensitivity s it gives (s / stddev)^2 / 2 zCDP. Its true variance is at most stddev^2, less when
 * stddev is below about 1: accountants use `stddev`.
 *
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
 * A sampler of the discrete Gaussian.
 *
 * @param stddev in (0, 2^40), its square taken as the exact square of the double
 * @throws RangeError for a stddev out of range
 */
export function createDiscreteGaussian(rng: NoiseRng, stddev: number): Sampler {
  inRange(stddev, 1e-9, maxScale - 1, "stddev");
  const bits = createRandomBits(rng);
  const draw = columnDraw(bits, gaussianWeights(bits, stddev), gaussianWidthBits(stddev), true);
  return samplerOf("discrete-gaussian", discreteGaussianVariance(stddev), draw);
}

/** Between 16 and 32 columns to a standard deviation. */
export function gaussianWidthBits(stddev: number): number {
  return Math.max(0, Math.floor(Math.log2(stddev)) - 4);
}

/** exp(-place^2 / (2 stddev^2)) on both sides. */
export function gaussianWeights(bits: RandomBits, stddev: number): Weights {
  const inverse = 1 / (2 * stddev * stddev);
  return {
    weight: (place) => expOfMinus(place * place * inverse),
    error: (place) => (place * place * inverse + 1) * 2 ** -46,
    isBelow(word, place, _isAbove, divisor) {
      const { numerator, denominator } = toRational(stddev);
      const gamma = { numerator: (BigInt(place) * denominator) ** 2n, denominator: 2n * numerator ** 2n };
      return isBelowExp(bits, word, gamma, divisor);
    },
  };
}

/** The exact variance: the sum below 16, where it differs, and stddev^2 to working precision above. */
export function discreteGaussianVariance(stddev: number): number {
  if (stddev > 16) return stddev * stddev;
  let [mass, moment] = [1, 0];
  for (let x = 1; x < 40 * stddev + 2; x++) {
    const weight = 2 * Math.exp(-(x * x) / (2 * stddev * stddev));
    mass += weight;
    moment += weight * x * x;
  }
  return moment / mass;
}
