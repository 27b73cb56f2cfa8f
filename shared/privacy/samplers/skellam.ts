/**
 * Skellam noise, the difference of two Poisson draws, exactly. Imports poisson, bits.
 *
 * Method and distance: both Poisson draws are exact (see poisson.ts), so the statistical distance from Skellam is 0, given uniform bytes.
 * Sums of Skellam draws are Skellam: shares of devices add up to the noise of one source.
 *
 * Source: Agarwal, Kairouz and Liu 2021, https://arxiv.org/abs/2110.04995
 */
import type { NoiseRng } from "../../random.ts";
import { createRandomBits } from "./bits.ts";
import { poissonDraw } from "./poisson.ts";
import { type Sampler, samplerOf } from "./sampler.ts";

/**
 * A sampler of Skellam noise.
 *
 * @param variance in (0, 2^40], taken as the exact value of the double
 * @throws RangeError for a variance out of range
 */
export function createSkellam(rng: NoiseRng, variance: number): Sampler {
  const draw = poissonDraw(createRandomBits(rng), variance / 2);
  return samplerOf("skellam", variance, () => draw() - draw());
}
