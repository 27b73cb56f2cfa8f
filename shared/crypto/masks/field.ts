/**
 * The field GF(2^16) by tables of logarithms. Imports nothing.
 *
 * Elements are 16-bit polynomials modulo x^16 + x^12 + x^3 + x + 1, a primitive polynomial, so that x generates all 65,535 nonzero elements.
 * Addition is exclusive or. Table look-ups are not constant-time: somebody who watches the caches of the same machine may learn of the operands.
 */

/** The number of nonzero elements. */
export const groupOrder = 65_535;

/**
 * The logarithm of zero. It lies so high that a sum with one logarithm points into the zeros of `exp`: a product needs no test for zero as
 * long as at most one factor may be zero.
 */
const logOfZero = 2 * groupOrder;

/** `log[a]` for every element, `log[0]` beyond all others. Read only. */
export const log: Uint32Array = new Uint32Array(65_536);

/** `exp[log[a] + log[b]]` is the product of a and b, of which at most one may be zero. Read only. */
export const exp: Uint16Array = new Uint16Array(logOfZero + groupOrder + 1);

let power = 1;
for (let i = 0; i < groupOrder; i++) {
  exp[i] = power;
  exp[i + groupOrder] = power;
  log[power] = i;
  power <<= 1;
  if (power > 0xffff) power ^= 0x1100b;
}
log[0] = logOfZero;

/** The product of any two elements. */
export function multiply(a: number, b: number): number {
  return b === 0 ? 0 : exp[log[a]! + log[b]!]!;
}

/** The quotient; `b` must not be zero. */
export function divide(a: number, b: number): number {
  return exp[log[a]! + groupOrder - log[b]!]!;
}
