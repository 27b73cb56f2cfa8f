/**
 * How small a sum a lying aggregator can open. Imports hypergeometric.
 *
 * The honest devices that help to open one sum form a closed set: each has at least t of its k random out-neighbors inside the set or among
 * the corrupted devices, for so many must have signed the same list of contributors. The number of sets of a size, times the probability that
 * one of them is closed, bounds the probability that any of that size is. Only + - * / on doubles: the same bits on every platform.
 */
import { upperTail } from "./hypergeometric.ts";

/** A positive number far outside the range of doubles: mantissa times 2^exponent. */
interface Scaled {
  mantissa: number;
  exponent: number;
}

const chunk = 2 ** 400;

/**
 * Least number of honest devices in a closed set, except with the given probability.
 *
 * @param devices n; @param neighbors k; @param threshold t; @param corrupted devices that sign whatever the aggregator wants
 * @param failure probability, by the union bound over all sets
 * @param enough the count beyond which the answer does not matter; all honest devices when absent
 * @returns the count, at most `enough`
 */
export function leastClosedSet(
  devices: number,
  neighbors: number,
  threshold: number,
  corrupted: number,
  failure: number,
  enough: number = devices - corrupted,
): number {
  const honest = devices - corrupted;
  const sets: Scaled = { mantissa: 1, exponent: 0 };
  let probability = 0;
  for (let size = 1; size < enough; size++) {
    scale(sets, (honest - size + 1) / size);
    const each = upperTail(devices - 1, size - 1 + corrupted, neighbors, threshold);
    if (each === 0) continue;
    probability += timesPower(sets, each, size);
    if (probability > failure) return size;
  }
  return Math.max(0, enough);
}

/** number * base^power as a double; 2^1000 stands for all that is greater. Not modified: `number`. */
function timesPower(number: Scaled, base: number, power: number): number {
  const product = { ...number };
  const square: Scaled = { mantissa: base, exponent: 0 };
  for (let left = power; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      scale(product, square.mantissa);
      product.exponent += square.exponent;
    }
    square.exponent *= 2;
    scale(square, square.mantissa);
  }
  if (product.exponent > 0) return 2 ** 1000;
  return product.exponent < -2 ? 0 : product.mantissa * (product.exponent === 0 ? 1 : product.exponent === -1 ? 1 / chunk : 0);
}

/** Multiplies in place; the exponent counts chunks of 2^400. */
function scale(number: Scaled, factor: number): void {
  number.mantissa *= factor;
  while (number.mantissa >= chunk) {
    number.mantissa /= chunk;
    number.exponent += 1;
  }
  while (number.mantissa !== 0 && number.mantissa < 1 / chunk) {
    number.mantissa *= chunk;
    number.exponent -= 1;
  }
}
