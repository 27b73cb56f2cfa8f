/**
 * The geometric distribution P(k) = (1 - exp(-1/scale)) exp(-k/scale), exactly. Imports bits, bernoulli-exp, rational, check.
 *
 * Source: Canonne, Kamath and Steinke 2020, algorithm 2, https://arxiv.org/abs/2004.00010
 */
import { inRange } from "../../check.ts";
import type { NoiseRng } from "../../random.ts";
import { bernoulliExp, ratioExponent, rationalExponent } from "./bernoulli-exp.ts";
import { createRandomBits, type RandomBits } from "./bits.ts";
import { toRational } from "./rational.ts";
import { type Sampler, samplerOf } from "./sampler.ts";

/** The greatest scale: its draws stay below 2^53 but with probability exp(-8192). */
export const maxScale: number = 2 ** 40;
const one = ratioExponent(1, 1);

/**
 * A sampler of the geometric distribution on 0, 1, 2, ...
 *
 * @param scale in (0, 2^40], taken as the exact value of the double; whole scales are quicker
 * @throws RangeError for a scale out of range
 */
export function createGeometric(rng: NoiseRng, scale: number): Sampler {
  const draw = geometricDraw(createRandomBits(rng), scale);
  const q = Math.exp(-1 / scale);
  return samplerOf("geometric", q / Math.expm1(-1 / scale) ** 2, draw);
}

/** One draw after another from a shared source of bits. */
export function geometricDraw(bits: RandomBits, scale: number): () => number {
  inRange(scale, Number.MIN_VALUE, maxScale, "scale");
  if (Number.isInteger(scale)) return () => wholeScaleGeometric(bits, scale);
  const { numerator, denominator } = toRational(scale);
  // floor(x / denominator) of a geometric x of scale "numerator" is a geometric of scale numerator / denominator.
  return () => {
    let low = bits.belowBig(numerator);
    const exponent = () => rationalExponent({ numerator: low, denominator: numerator }, Number(low) / Number(numerator));
    while (!bernoulliExp(bits, exponent())) low = bits.belowBig(numerator);
    let high = 0n;
    while (bernoulliExp(bits, one)) high += 1n;
    return Number((high * numerator + low) / denominator);
  };
}

/** A uniform part below the scale, thinned by exp(-part / scale), and a number of whole scales. */
export function wholeScaleGeometric(bits: RandomBits, scale: number): number {
  let low = bits.below(scale);
  while (low !== 0 && !bernoulliExp(bits, ratioExponent(low, scale))) low = bits.below(scale);
  let high = 0;
  while (bernoulliExp(bits, one)) high += 1;
  return high * scale + low;
}
