/**
 * Exact samplers as they were published, which ours are timed beside: rejection from geometric draws, each decided by coins of probability
 * exp(-gamma); and Poisson draws by rejection from blocks. Imports the samplers of shared.
 *
 * Source: Canonne, Kamath and Steinke 2020, algorithms 1 to 3, https://arxiv.org/abs/2004.00010; the blocks are those of Bringmann et al. 2014
 * ("Internal DLA", ICALP) for the binomial distribution
 */
import { bernoulliExp, type Exponent, finishCoin } from "../../shared/privacy/samplers/bernoulli-exp.ts";
import { createRandomBits, type RandomBits } from "../../shared/privacy/samplers/bits.ts";
import { wholeScaleGeometric } from "../../shared/privacy/samplers/geometric.ts";
import { type Rational, toRational } from "../../shared/privacy/samplers/rational.ts";
import { type Sampler, samplerOf } from "../../shared/privacy/samplers/sampler.ts";
import type { SecureRng } from "../../shared/random.ts";

/** The discrete Gaussian by algorithm 3. */
export function publishedGaussian(rng: SecureRng, stddev: number): Sampler {
  const bits = createRandomBits(rng);
  const root = toRational(stddev);
  const square: Rational = { numerator: root.numerator ** 2n, denominator: root.denominator ** 2n };
  // Draws of a discrete Laplace of scale t, kept with probability exp(-(|x| - stddev^2 / t)^2 / (2 stddev^2)).
  const scale = Math.floor(stddev) + 1;
  const center = (stddev * stddev) / scale;
  const inverse = 1 / (2 * stddev * stddev);
  return samplerOf("published-gaussian", stddev * stddev, () => {
    for (;;) {
      const x = signed(bits, scale);
      const size = Math.abs(x);
      const away = size - center;
      const gamma: Exponent = { approximate: away * away * inverse, exact: () => exponentOf(size, BigInt(scale), square) };
      if (bernoulliExp(bits, gamma)) return x;
    }
  });
}

/** The discrete Laplace distribution of a whole scale, by algorithm 2. */
export function publishedLaplace(rng: SecureRng, scale: number): Sampler {
  const bits = createRandomBits(rng);
  return samplerOf("published-laplace", 2 * scale * scale, () => signed(bits, scale));
}

/** The difference of two Poisson draws from blocks. */
export function publishedSkellam(rng: SecureRng, variance: number): Sampler {
  const bits = createRandomBits(rng);
  const draw = () => poissonFromBlocks(bits, variance / 2);
  return samplerOf("published-skellam", variance, () => draw() - draw());
}

/** (size - variance / scale)^2 / (2 variance) as a fraction. */
function exponentOf(size: number, scale: bigint, { numerator, denominator }: Rational): Rational {
  const away = BigInt(size) * denominator * scale - numerator;
  return { numerator: away * away, denominator: 2n * numerator * denominator * scale * scale };
}

/** A geometric magnitude with a fair sign; of the two zeros one is drawn again. */
function signed(bits: RandomBits, scale: number): number {
  for (;;) {
    const size = wholeScaleGeometric(bits, scale);
    const isNegative = bits.coin();
    if (size !== 0) return isNegative ? -size : size;
    if (!isNegative) return 0;
  }
}

function poissonFromBlocks(bits: RandomBits, mean: number): number {
  const mode = Math.floor(mean);
  const width = Math.ceil(Math.sqrt(2 * (mode + 1))) + 1;
  for (;;) {
    const isAbove = bits.coin();
    let block = 0;
    while (bits.coin()) block += 1;
    const distance = block * width + bits.below(width);
    const k = isAbove ? mode + distance : mode - 1 - distance;
    if (k >= 0 && isKept(bits, mean, mode, k, block)) return k;
  }
}

/** True with probability 2^block P(k) / P(mode). */
function isKept(bits: RandomBits, mean: number, mode: number, k: number, block: number): boolean {
  let ratio = 2 ** block;
  for (let j = mode + 1; j <= k; j++) ratio *= mean / j;
  for (let j = mode; j > k; j--) ratio *= j / mean;
  // Two roundings a factor; what they leave open is settled in whole numbers.
  const error = (Math.abs(k - mode) + 4) * 2 ** -50;
  const word = bits.word();
  if (word + 1 <= ratio * (1 - error) * 2 ** 32) return true;
  if (word >= (ratio * (1 + error) + 2 ** -900) * 2 ** 32) return false;
  const { numerator, denominator } = toRational(mean);
  let [above, below] = [1n << BigInt(block), 1n];
  for (let j = mode + 1; j <= k; j++) [above, below] = [above * numerator, below * denominator * BigInt(j)];
  for (let j = mode; j > k; j--) [above, below] = [above * denominator * BigInt(j), below * numerator];
  return finishCoin(bits, { numerator: above, denominator: below }, 1n, word);
}
