/**
 * Shamir's secret sharing of 32-byte secrets over GF(2^16). Imports field, errors, random.
 *
 * A secret is 16 words; each is the value at zero of a random polynomial of degree threshold - 1, and a share is the polynomials' values at
 * one point. Any `threshold` shares give the secret; fewer say nothing about it, whatever the power of who holds them.
 * Table look-ups are not constant-time (see field.ts). Source: Shamir 1979, https://doi.org/10.1145/359168.359176
 */

import { integer } from "../../check.ts";
import { CofactorError } from "../../errors.ts";
import type { SecureRng } from "../../random.ts";
import { exp, groupOrder, log } from "./field.ts";
import { secretBytes } from "./sizes.ts";

/** 16-bit words of a secret. */
export const secretWords = 16;

/** One share. `bytes` is secret. */
export interface Share {
  /** The point, 1 to 65,535. Public. */
  readonly x: number;
  /** [32]: the values of the 16 polynomials at `x`, little-endian. */
  readonly bytes: Uint8Array;
}

/**
 * Shares a secret among the points `xs`.
 *
 * Guarantees: any `threshold` of the shares give the secret; any fewer are uniformly random and independent of it.
 * @returns one share a point, in the order of `xs`
 * @throws RangeError for a secret of another length, a threshold above the number of points, a point outside 1 .. 65,535 or twice
 */
export function split(secret: Uint8Array, threshold: number, xs: readonly number[], secure: SecureRng): readonly Share[] {
  if (secret.length !== secretBytes) throw new RangeError(`"secret" expected ${secretBytes} bytes, got ${secret.length}`);
  integer(threshold, 1, xs.length, "threshold");
  assertPoints(xs);
  const coefficients = new Uint16Array(threshold * secretWords);
  coefficients.set(readWords(secret));
  coefficients.set(readWords(secure.bytes(2 * secretWords * (threshold - 1))), secretWords);
  const values = new Uint16Array(secretWords);
  const shares = xs.map((x) => {
    evaluate(coefficients, x, values);
    return { x, bytes: writeWords(values) };
  });
  coefficients.fill(0);
  values.fill(0);
  return shares;
}

/**
 * The secret of exactly `threshold` shares. Wrong shares give a wrong secret, unnoticed: check it, or use `recover`.
 * @throws CofactorError THRESHOLD_UNMET without shares; RangeError for points outside 1 .. 65,535 or twice, or a share of another length
 */
export function combine(shares: readonly Share[]): Uint8Array {
  if (shares.length === 0) throw new CofactorError("THRESHOLD_UNMET", "a secret expected shares, got none");
  const logs = createLagrange(shares.map(({ x }) => x))(0);
  const words = new Uint16Array(secretWords);
  shares.forEach(({ bytes }, index) => {
    addScaled(words, wordsOf(bytes), logs[index]!);
  });
  return writeWords(words);
}

/** The words of a share or a secret, little-endian. @throws RangeError for another length than 32 bytes */
export function wordsOf(bytes: Uint8Array): Uint16Array {
  if (bytes.length !== secretBytes) throw new RangeError(`"share" expected ${secretBytes} bytes, got ${bytes.length}`);
  return readWords(bytes);
}

/**
 * Logarithms of the weights w with f(at) = sum w_i f(x_i), for every polynomial of degree below the number of points, as a function of `at`,
 * which is none of the points. Cost: O(m^2) once, O(m) a call.
 * @throws RangeError for points outside 1 .. 65,535 or twice
 */
export function createLagrange(xs: readonly number[]): (at: number) => Uint32Array {
  assertPoints(xs);
  const logs = new Uint32Array(xs.length);
  const denominators = xs.map((x, i) => {
    let exponent = 0;
    for (let j = 0; j < xs.length; j++) if (j !== i) exponent += log[x ^ xs[j]!]!;
    return exponent % groupOrder;
  });
  return (at) => {
    let product = 0;
    for (let j = 0; j < xs.length; j++) product += log[at ^ xs[j]!]!;
    product %= groupOrder;
    for (let i = 0; i < xs.length; i++) logs[i] = (product + 2 * groupOrder - log[at ^ xs[i]!]! - denominators[i]!) % groupOrder;
    return logs;
  };
}

/** Adds to each word of `sum` the word of `values` times the element whose logarithm is given. */
export function addScaled(sum: Uint16Array, values: Uint16Array, logOfFactor: number): void {
  for (let word = 0; word < sum.length; word++) sum[word]! ^= exp[log[values[word]!]! + logOfFactor]!;
}

/** Refuses points outside 1 .. 65,535 and points that come twice. @throws RangeError */
export function assertPoints(xs: readonly number[]): void {
  for (const x of xs) integer(x, 1, groupOrder, "x");
  if (new Set(xs).size !== xs.length) throw new RangeError('"xs" expected distinct points');
}

/** Horner's rule on 16 polynomials at once: coefficients [degree][word]. */
function evaluate(coefficients: Uint16Array, x: number, values: Uint16Array): void {
  const logX = log[x]!;
  values.fill(0);
  for (let at = coefficients.length - secretWords; at >= 0; at -= secretWords) {
    for (let word = 0; word < secretWords; word++) values[word] = exp[log[values[word]!]! + logX]! ^ coefficients[at + word]!;
  }
}

function readWords(bytes: Uint8Array): Uint16Array {
  const words = new Uint16Array(bytes.length / 2);
  for (let i = 0; i < words.length; i++) words[i] = bytes[2 * i]! | (bytes[2 * i + 1]! << 8);
  return words;
}

function writeWords(words: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(2 * words.length);
  for (let i = 0; i < words.length; i++) {
    bytes[2 * i] = words[i]! & 0xff;
    bytes[2 * i + 1] = words[i]! >> 8;
  }
  return bytes;
}
