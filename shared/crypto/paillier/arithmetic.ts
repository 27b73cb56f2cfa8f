/** Modular arithmetic on BigInt. Not constant-time: see the README on what that means. Imports nothing. */

/** base^exponent mod modulus for base and exponent from 0. */
export function powerMod(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const steps = powerModSteps(base, exponent, modulus);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same with windows of four bits in steps of 16 windows (about a millisecond at 4,096 bits), for a caller that rests in between. */
export function* powerModSteps(base: bigint, exponent: bigint, modulus: bigint): Generator<void, bigint, void> {
  const window = [1n % modulus, base % modulus];
  while (window.length < 16) window.push((window[window.length - 1]! * window[1]!) % modulus);
  let result = window[0]!;
  const digits = exponent.toString(16);
  for (let i = 0; i < digits.length; i++) {
    for (let square = 0; square < 4; square++) result = (result * result) % modulus;
    const value = Number.parseInt(digits[i]!, 16);
    if (value !== 0) result = (result * window[value]!) % modulus;
    if (i % 16 === 15) yield;
  }
  return result;
}

/** The inverse of `value` mod `modulus`. @throws RangeError when there is none */
export function inverseMod(value: bigint, modulus: bigint): bigint {
  let [rest, next] = [((value % modulus) + modulus) % modulus, modulus];
  let [factor, other] = [1n, 0n];
  while (next !== 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, other] = [other, factor - quotient * other];
  }
  if (rest !== 1n) throw new RangeError('"value" expected a number without a common factor with the modulus');
  return ((factor % modulus) + modulus) % modulus;
}

/** The greatest common divisor of two numbers of at least zero. */
export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/**
 * The places of those numbers, ascending, that share a factor with `modulus`, by bisection: one greatest common divisor when there are none,
 * and two more for each halving on the way to one.
 */
export function sharingFactor(values: readonly bigint[], modulus: bigint, from = 0, to: number = values.length): readonly number[] {
  let product = 1n % modulus;
  for (let at = from; at < to; at++) product = (product * values[at]!) % modulus;
  if (to <= from || greatestCommonDivisor(product, modulus) === 1n) return [];
  if (to - from === 1) return [from];
  const middle = (from + to) >> 1;
  return [...sharingFactor(values, modulus, from, middle), ...sharingFactor(values, modulus, middle, to)];
}

/** Bits of a number of at least zero; zero has none. */
export function bitLength(value: bigint): number {
  const text = value.toString(16);
  return (text.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(text[0]!, 16)));
}
