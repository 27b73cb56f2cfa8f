/** Exact fractions of big integers. Imports check. */
import { finite } from "../../check.ts";

/** numerator / denominator, the denominator positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * The exact value of a number in lowest terms: every finite double is a fraction of a power of two.
 *
 * @throws RangeError for NaN and infinities
 * @example toRational(0.75) // { numerator: 3n, denominator: 4n }
 */
export function toRational(value: number): Rational {
  let mantissa = finite(value, "value");
  let exponent = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent += 1;
  }
  return { numerator: BigInt(mantissa), denominator: 1n << BigInt(exponent) };
}

/** The nearest number, for sizes within the range of numbers. */
export function toNumber({ numerator, denominator }: Rational): number {
  const excess = Math.max(0, bitLength(numerator) - 1000, bitLength(denominator) - 1000);
  return Number(numerator >> BigInt(excess)) / Number(denominator >> BigInt(excess));
}

function bitLength(value: bigint): number {
  return (value < 0n ? -value : value).toString(16).length * 4;
}
