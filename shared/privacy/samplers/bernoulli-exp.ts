/**
 * A coin that falls true with probability exp(-gamma), exactly. Imports bits, rational.
 *
 * The alternating sum for exp is turned into coins of probability gamma / k, each decided by comparing a 32-bit word with the
 * probability. Floating point, which IEEE 754 rounds correctly, decides all but the few words that lie within its error of the
 * probability; for those an exact fraction is made and the comparison goes on in big integers. So no result depends on rounding.
 *
 * Source: Canonne, Kamath and Steinke 2020, algorithm 1, https://arxiv.org/abs/2004.00010
 */
import type { RandomBits } from "./bits.ts";
import type { Rational } from "./rational.ts";

/** An exponent: a close approximation, and its exact value for when that does not decide. */
export interface Exponent {
  /** Within (gamma + 1) 2^-46 of gamma. */
  readonly approximate: number;
  exact(): Rational;
}

/** Twice the error that an exponent's approximation may have, and the roundings on the way to a probability. */
const slack = 2 ** -44;
const wordRange = 2 ** 32;

/** True with probability exp(-gamma). Takes about 2.5 words, whatever gamma; gamma >= 0. */
export function bernoulliExp(bits: RandomBits, gamma: Exponent): boolean {
  const { approximate } = gamma;
  const pieces = Math.floor(approximate + (approximate + 1) * slack) + 1;
  // exp(-gamma) = exp(-gamma / pieces)^pieces, and gamma / pieces < 1.
  for (let piece = 0; piece < pieces; piece++) if (!bernoulliExpPiece(bits, gamma, pieces)) return false;
  return true;
}

/** True with probability exp(-gamma / pieces): the number of successes of probability gamma / (pieces k), k = 1, 2, ..., is even. */
function bernoulliExpPiece(bits: RandomBits, gamma: Exponent, pieces: number): boolean {
  const error = (gamma.approximate + 1) * slack;
  let k = 1;
  for (;;) {
    const unit = wordRange / (pieces * k);
    const word = bits.word();
    let success: boolean;
    if (word + 1 <= (gamma.approximate - error) * unit) success = true;
    else if (word >= (gamma.approximate + error) * unit) success = false;
    else success = finishCoin(bits, gamma.exact(), BigInt(pieces) * BigInt(k), word);
    if (!success) return k % 2 === 1;
    k += 1;
  }
}

/** Whether a uniform number whose first 32 bits are `word` lies below fraction / divisor. */
export function finishCoin(bits: RandomBits, { numerator, denominator }: Rational, divisor: bigint, word: number): boolean {
  const whole = denominator * divisor;
  return bits.bernoulli((numerator << 32n) - BigInt(word) * whole, whole);
}

/** The exponent a / b of whole numbers up to 2^53. */
export function ratioExponent(a: number, b: number): Exponent {
  return { approximate: a / b, exact: () => ({ numerator: BigInt(a), denominator: BigInt(b) }) };
}

/** The exponent of a fraction. */
export function rationalExponent(gamma: Rational, approximate: number): Exponent {
  return { approximate, exact: () => gamma };
}
