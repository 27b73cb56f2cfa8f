/**
 * Reed-Solomon decoding over GF(2^16): which of some values do not lie on a polynomial of low degree. Imports field.
 *
 * Source: Gao 2003, "A new algorithm for decoding Reed-Solomon codes", https://doi.org/10.1007/978-1-4757-3789-9_5
 * Polynomials are arrays of coefficients from the constant on, without leading zeros; the zero polynomial is empty.
 */
import { divide, multiply } from "./field.ts";

type Polynomial = readonly number[];

/**
 * The indexes of the values that are wrong.
 *
 * Guarantees: when at most floor((m - length) / 2) of the m values differ from those of a polynomial of degree below `length`, exactly those
 * are given. Cost: O(m^2).
 * @param xs distinct points; @param ys values, as many
 * @returns undefined when no polynomial is that near
 */
export function decodeErrors(xs: readonly number[], ys: readonly number[], length: number): readonly number[] | undefined {
  const { vanishing, through } = interpolate(xs, ys);
  // Extended Euclid on (vanishing, through) down to a degree below (m + length) / 2.
  let [r0, r1]: [Polynomial, Polynomial] = [vanishing, through];
  let [v0, v1]: [Polynomial, Polynomial] = [[], [1]];
  while (2 * (r1.length - 1) >= xs.length + length) {
    const { quotient, remainder } = divmod(r0, r1);
    [r0, r1] = [r1, remainder];
    [v0, v1] = [v1, addProduct(v0, quotient, v1)];
  }
  const { quotient, remainder } = divmod(r1, v1);
  if (remainder.length > 0 || quotient.length > length) return undefined;
  const wrong = xs.flatMap((x, index) => (evaluate(quotient, x) === ys[index] ? [] : [index]));
  return wrong.length <= Math.floor((xs.length - length) / 2) ? wrong : undefined;
}

/** The product of all (x - x_i), and Newton's polynomial through all points. */
function interpolate(xs: readonly number[], ys: readonly number[]): { readonly vanishing: Polynomial; readonly through: Polynomial } {
  const vanishing = [1];
  const through: number[] = new Array<number>(xs.length).fill(0);
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    const factor = divide(ys[i]! ^ evaluate(through, x), evaluate(vanishing, x));
    if (factor !== 0) for (let j = 0; j <= i; j++) through[j]! ^= multiply(vanishing[j]!, factor);
    vanishing.push(0);
    for (let j = i + 1; j > 0; j--) vanishing[j] = vanishing[j - 1]! ^ multiply(vanishing[j]!, x);
    vanishing[0] = multiply(vanishing[0]!, x);
  }
  return { vanishing, through: trim(through) };
}

function evaluate(polynomial: Polynomial, x: number): number {
  let value = 0;
  for (let i = polynomial.length - 1; i >= 0; i--) value = multiply(value, x) ^ polynomial[i]!;
  return value;
}

/** Division with remainder; `by` is not zero. */
function divmod(of: Polynomial, by: Polynomial): { readonly quotient: Polynomial; readonly remainder: Polynomial } {
  const rest = [...of];
  const quotient = new Array<number>(Math.max(0, of.length - by.length + 1)).fill(0);
  const lead = by[by.length - 1]!;
  for (let at = quotient.length - 1; at >= 0; at--) {
    const factor = divide(rest[at + by.length - 1]!, lead);
    quotient[at] = factor;
    if (factor !== 0) for (let j = 0; j < by.length; j++) rest[at + j]! ^= multiply(by[j]!, factor);
  }
  return { quotient: trim(quotient), remainder: trim(rest) };
}

/** a + b c. */
function addProduct(a: Polynomial, b: Polynomial, c: Polynomial): Polynomial {
  const sum = new Array<number>(Math.max(a.length, b.length + c.length)).fill(0);
  a.forEach((coefficient, i) => {
    sum[i] = coefficient;
  });
  for (let i = 0; i < b.length; i++) for (let j = 0; j < c.length; j++) sum[i + j]! ^= multiply(b[i]!, c[j]!);
  return trim(sum);
}

function trim(coefficients: number[]): Polynomial {
  while (coefficients.length > 0 && coefficients[coefficients.length - 1] === 0) coefficients.pop();
  return coefficients;
}
