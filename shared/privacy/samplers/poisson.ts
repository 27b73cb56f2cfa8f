/**
 * The Poisson distribution, exactly, in time proportional to the root of its mean. Imports bits, bernoulli-exp, rational, check.
 *
 * Method: rejection from blocks about the mode m = floor(mean). A side is drawn by a coin; a block number b by fair coins, so with
 * probability 2^-(b + 1); a place in the block uniformly. A draw k is kept with probability 2^b P(k) / P(m), where P(k) / P(m) is a
 * product of factors mean / j (above the mode) or j / mean (below). With blocks of w >= sqrt(2 (m + 1)) + 1 places that is at most 1:
 *
 * - above, at distance d = bw + r <= m + 1, ln(1 + x) >= x ln 2 on [0, 1] gives P(m + d) / P(m) <= 2^-(d (d - 1) / (2 (m + 1))), and
 *   d (d - 1) >= b^2 w (w - 1) >= 2 b^2 (m + 1) for b >= 1; each further step at least halves it;
 * - below, at d = bw + r, P(m - 1 - d) / P(m) <= exp(-d (d + 1) / (2 m)) <= 2^-b.
 *
 * The product is taken in floating point with its error bound; where that does not decide, in big integers. So no result depends on
 * rounding. About 0.44 of the draws are kept.
 *
 * Source: the blocks are those of Bringmann et al. 2014 ("Internal DLA", ICALP) for the binomial distribution; the bounds are ours.
 */
import { inRange } from "../../check.ts";
import type { NoiseRng } from "../../random.ts";
import { finishCoin } from "./bernoulli-exp.ts";
import { createRandomBits, type RandomBits } from "./bits.ts";
import { type Rational, toRational } from "./rational.ts";
import { type Sampler, samplerOf } from "./sampler.ts";

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
  const width = Math.ceil(Math.sqrt(2 * (mode + 1))) + 1;
  return () => {
    for (;;) {
      const above = bits.coin();
      let block = 0;
      while (bits.coin()) block += 1;
      const distance = block * width + bits.below(width);
      const k = above ? mode + distance : mode - 1 - distance;
      if (k >= 0 && isKept(bits, mean, mode, k, block)) return k;
    }
  };
}

/** True with probability 2^block P(k) / P(mode). */
function isKept(bits: RandomBits, mean: number, mode: number, k: number, block: number): boolean {
  let ratio = 2 ** block;
  for (let j = mode + 1; j <= k; j++) ratio *= mean / j;
  for (let j = mode; j > k; j--) ratio *= j / mean;
  // Two roundings a factor; far below the range of normal numbers only the exact fraction counts.
  const error = (Math.abs(k - mode) + 4) * 2 ** -50;
  const word = bits.word();
  if (word + 1 <= ratio * (1 - error) * 2 ** 32) return true;
  if (word >= (ratio * (1 + error) + 2 ** -900) * 2 ** 32) return false;
  return finishCoin(bits, exactRatio(toRational(mean), mode, k, block), 1n, word);
}

function exactRatio({ numerator, denominator }: Rational, mode: number, k: number, block: number): Rational {
  let [above, below] = [1n << BigInt(block), 1n];
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
