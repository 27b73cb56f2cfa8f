/**
 * The Poisson distribution, exactly. Imports columns, exp, bits, rational, check.
 *
 * Method: columns about the mode m = floor(mean), above from m on and below from m - 1 on. P(k) / P(m) is a product of factors mean / j
 * (above the mode) or j / mean (below), all at most 1 and falling with the distance: so its logarithm is concave on both sides. Products up
 * to the edges of the columns are kept, so that a weight takes at most one column's factors; a double's error is two roundings a factor.
 *
 * The edges take time proportional to the root of the mean, once; a draw takes little, but for one in 20, which takes a column's width.
 */
import { inRange } from "../../check.ts";
import type { NoiseRng } from "../../random.ts";
import { createRandomBits, type RandomBits } from "./bits.ts";
import { columnDraw, type Weights } from "./columns.ts";
import { knownBits } from "./exp.ts";
import { type Rational, toRational } from "./rational.ts";
import { type Sampler, samplerOf } from "./sampler.ts";

/** Edges of columns that are kept: what is further out is hardly ever asked for. */
const edges = 144;

/**
 * A sampler of the Poisson distribution.
 *
 * @param mean in (0, 2^39], taken as the exact value of the double
 * @throws RangeError for a mean out of range
 */
export function createPoisson(rng: NoiseRng, mean: number): Sampler {
  return samplerOf("poisson", mean, poissonDraw(createRandomBits(rng), mean));
}

/** One draw after another from a shared source of bits. */
export function poissonDraw(bits: RandomBits, mean: number): () => number {
  inRange(mean, 1e-9, 2 ** 39, "mean");
  const mode = Math.floor(mean);
  const widthBits = poissonWidthBits(mean);
  const draw = columnDraw(bits, poissonWeights(bits, mean, 2 ** widthBits), widthBits, false);
  return () => mode + draw();
}

/** Between 16 and 32 columns to a standard deviation. */
export function poissonWidthBits(mean: number): number {
  return Math.max(0, Math.floor(Math.log2(mean) / 2) - 4);
}

/** P(k) / P(mode), k = mode + place above and mode - 1 - place below. */
export function poissonWeights(bits: RandomBits, mean: number, width: number): Weights {
  const mode = Math.floor(mean);
  const above = edgesOf(width, (from, to) => productAbove(mean, mode + from, mode + to));
  const below = edgesOf(width, (from, to) => productBelow(mean, mode - 1 - from, mode - 1 - to), mode / mean);
  return {
    weight(place, isAbove) {
      const edge = Math.min(edges - 1, Math.floor(place / width));
      if (isAbove) return above[edge]! * productAbove(mean, mode + edge * width, mode + place);
      return place >= mode ? 0 : below[edge]! * productBelow(mean, mode - 1 - edge * width, mode - 1 - place);
    },
    error: (place) => (place + 8) * 2 ** -51,
    isBelow(word, place, isAbove, divisor) {
      const k = isAbove ? mode + place : mode - 1 - place;
      if (k < 0) return false;
      const ratio = exactRatio(toRational(mean), mode, k);
      const whole = ratio.denominator * divisor.numerator;
      return bits.bernoulli(((ratio.numerator * divisor.denominator) << BigInt(knownBits)) - BigInt(word) * whole, whole);
    },
  };
}

/** The weights of the first places of columns, each from the one before. */
function edgesOf(width: number, product: (from: number, to: number) => number, first = 1): Float64Array {
  const out = new Float64Array(edges);
  out[0] = first;
  for (let i = 1; i < edges; i++) out[i] = out[i - 1]! * product((i - 1) * width, i * width);
  return out;
}

/** P(to) / P(from), to >= from. */
function productAbove(mean: number, from: number, to: number): number {
  let ratio = 1;
  for (let j = from + 1; j <= to; j++) ratio *= mean / j;
  return ratio;
}

/** P(to) / P(from), to <= from; 0 when there is no `to`. */
function productBelow(mean: number, from: number, to: number): number {
  let ratio = 1;
  for (let j = from; j > to; j--) ratio *= j <= 0 ? 0 : j / mean;
  return ratio;
}

function exactRatio({ numerator, denominator }: Rational, mode: number, k: number): Rational {
  let [above, below] = [1n, 1n];
  for (let j = mode + 1; j <= k; j++) {
    above *= numerator;
    below *= denominator * BigInt(j);
  }
  for (let j = mode; j > k; j--) {
    above *= denominator * BigInt(j);
    below *= numerator;
  }
  return { numerator: above, denominator: below };
}
