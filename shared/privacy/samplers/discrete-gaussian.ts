/**
 * The discrete Gaussian P(x) proportional to exp(-x^2 / (2 stddev^2)) on the integers, exactly. Imports geometric, discrete-laplace, bits.
 *
 * Privacy: on an integer vector of L2 sensitivity s it gives (s / stddev)^2 / 2 zCDP. Its true variance is at most stddev^2, less when
 * stddev is below about 1: accountants use `stddev`.
 *
 * Source: Canonne, Kamath and Steinke 2020, algorithm 3, https://arxiv.org/abs/2004.00010
 */
import { inRange } from "../../check.ts";
import type { NoiseRng } from "../../random.ts";
import { bernoulliExp, type Exponent } from "./bernoulli-exp.ts";
import { createRandomBits } from "./bits.ts";
import { signed } from "./discrete-laplace.ts";
import { maxScale, wholeScaleGeometric } from "./geometric.ts";
import { type Rational, toRational } from "./rational.ts";
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
  const root = toRational(stddev);
  const square: Rational = { numerator: root.numerator ** 2n, denominator: root.denominator ** 2n };
  // Draws of a discrete Laplace of scale t, kept with probability exp(-(|x| - stddev^2 / t)^2 / (2 stddev^2)).
  const scale = Math.floor(stddev) + 1;
  const center = (stddev * stddev) / scale;
  const inverse = 1 / (2 * stddev * stddev);
  const magnitude = (): number => wholeScaleGeometric(bits, scale);
  return samplerOf("discrete-gaussian", discreteGaussianVariance(stddev), () => {
    for (;;) {
      const x = signed(bits, magnitude);
      const size = Math.abs(x);
      const away = size - center;
      const gamma: Exponent = { approximate: away * away * inverse, exact: () => exponentOf(size, BigInt(scale), square) };
      if (bernoulliExp(bits, gamma)) return x;
    }
  });
}

/** (size - variance / scale)^2 / (2 variance) as a fraction. */
function exponentOf(size: number, scale: bigint, { numerator, denominator }: Rational): Rational {
  const away = BigInt(size) * denominator * scale - numerator;
  return { numerator: away * away, denominator: 2n * numerator * denominator * scale * scale };
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
