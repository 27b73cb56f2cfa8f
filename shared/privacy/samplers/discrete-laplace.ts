/**
 * The discrete Laplace distribution P(x) proportional to exp(-|x| / scale), exactly. Imports geometric, bits.
 *
 * Privacy: on an integer vector of L1 sensitivity s it gives pure epsilon s / scale.
 * Source: Canonne, Kamath and Steinke 2020, algorithm 2, https://arxiv.org/abs/2004.00010
 */
import type { NoiseRng } from "../../random.ts";
import { createRandomBits, type RandomBits } from "./bits.ts";
import { geometricDraw } from "./geometric.ts";
import { type Sampler, samplerOf } from "./sampler.ts";

/**
 * A sampler of the discrete Laplace distribution.
 *
 * @param scale in (0, 2^40], taken as the exact value of the double; whole scales are quicker
 * @throws RangeError for a scale out of range
 */
export function createDiscreteLaplace(rng: NoiseRng, scale: number): Sampler {
  const bits = createRandomBits(rng);
  const magnitude = geometricDraw(bits, scale);
  return samplerOf("discrete-laplace", discreteLaplaceVariance(scale), () => signed(bits, magnitude));
}

/** 2 q / (1 - q)^2 with q = exp(-1/scale). */
export function discreteLaplaceVariance(scale: number): number {
  return (2 * Math.exp(-1 / scale)) / Math.expm1(-1 / scale) ** 2;
}

/** A magnitude with a fair sign; of the two zeros one is drawn again. */
export function signed(bits: RandomBits, magnitude: () => number): number {
  for (;;) {
    const size = magnitude();
    const negative = bits.coin();
    if (size !== 0) return negative ? -size : size;
    if (!negative) return 0;
  }
}
