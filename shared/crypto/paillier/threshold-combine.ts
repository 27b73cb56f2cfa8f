/**
 * The plaintexts from the parts of enough holders. Imports this folder, encoding, errors.
 *
 * With integers lambda_i = holders! prod_(j != i) j / (j - i) over the chosen holders: prod d_i^(2 lambda_i) = c^(4 holders!^2 d)
 * = 1 + 4 holders!^2 M n mod n^2. Their common factor g is left out and put back in at the end: it is invertible modulo the order of the
 * squares, whose prime factors are large.
 *
 * Source: Damgard and Jurik 2001, section 4.1, https://doi.org/10.1007/3-540-44586-2_9
 */
import { CofactorError } from "../../errors.ts";
import { writeBigInt } from "../encoding.ts";
import { runInSlices } from "../pause.ts";
import { bitLength, greatestCommonDivisor, inverseMod } from "./arithmetic.ts";
import { ciphertextBytes, ciphertextFromBytes } from "./ciphertext.ts";
import { deltaOf, type ThresholdKey } from "./threshold-key.ts";
import { checkPart } from "./threshold-part.ts";

/** A holder's part. */
export interface HolderPart {
  /** The holder's index, from 1. */
  readonly index: number;
  /** As the holder's PartialDecryptor made it. */
  readonly part: Uint8Array;
}

/** A chosen holder: its powers, and what they are raised to. */
interface Term {
  readonly partials: Uint8Array;
  readonly exponent: bigint;
}

/**
 * Combines parts to the plaintext blocks of `count` ciphertexts: n's length each, little-endian, as createDecryptor's.
 *
 * Guarantees: exact for every plaintext from 0 to n - 1 when every part passed verifyPart; which parts are given does not matter then, and
 * the first `threshold` by index are used. Parts that were not verified may give AGGREGATION_FAILED, or wrong plaintexts.
 *
 * @throws CofactorError THRESHOLD_UNMET for too few different holders, SHAPE_MISMATCH or UPDATE_REJECTED with details.holder for a malformed
 *   part, AGGREGATION_FAILED with details.index and details.holders when the parts open nothing; RangeError for an index that is no holder's
 */
export async function combineParts(key: ThresholdKey, count: number, parts: readonly HolderPart[]): Promise<Uint8Array> {
  return runInSlices(combineSteps(key, count, parts));
}

function* combineSteps(key: ThresholdKey, count: number, parts: readonly HolderPart[]): Generator<void, Uint8Array, void> {
  const { n, nSquared, bytes: width } = key.publicKey;
  const chosen = choose(key, parts);
  const indexes = chosen.map(({ index }) => index);
  const lambdas = indexes.map((index) => lagrange(deltaOf(key), index, indexes));
  const factor = lambdas.reduce((common, lambda) => greatestCommonDivisor(common, lambda < 0n ? -lambda : lambda), 0n);
  const terms = chosen.map(({ index, part }, at) => ({
    partials: checkPart(key, index, count, part),
    exponent: (2n * lambdas[at]!) / factor,
  }));
  const above: bigint[] = [];
  const below: bigint[] = [];
  for (let at = 0; at < count * ciphertextBytes(key.publicKey); at += ciphertextBytes(key.publicKey)) {
    const [numerator, denominator] = productAt(key, terms, at);
    if ((numerator - denominator) % n !== 0n) {
      const message = `the parts of holders ${indexes.join(", ")} open nothing: one of them is wrong`;
      throw new CofactorError("AGGREGATION_FAILED", message, { details: { index: above.length, holders: indexes } });
    }
    above.push(((((numerator - denominator) % nSquared) + nSquared) % nSquared) / n);
    below.push(denominator % n);
    yield;
  }
  const unit = factor * inverseMod(4n * deltaOf(key) ** 2n, n);
  const inverses = invertAll(below, n);
  const out = new Uint8Array(count * width);
  // numerator / denominator = 1 + n (above / below) mod n^2.
  for (const [at, value] of above.entries()) writeBigInt((((value * inverses[at]!) % n) * unit) % n, out, at * width, width);
  return out;
}

/** The first `threshold` holders by index, each once. */
function choose(key: ThresholdKey, parts: readonly HolderPart[]): readonly HolderPart[] {
  const byIndex = new Map(parts.map((part) => [part.index, part]));
  const chosen = [...byIndex.values()].sort((a, b) => a.index - b.index).slice(0, key.threshold);
  if (chosen.length === key.threshold) return chosen;
  throw new CofactorError("THRESHOLD_UNMET", `opening expected the parts of ${key.threshold} holders, got ${chosen.length}`);
}

/** holders! times the Lagrange coefficient of `index` at 0: an integer. */
function lagrange(delta: bigint, index: number, indexes: readonly number[]): bigint {
  const others = indexes.filter((other) => other !== index);
  const numerator = others.reduce((product, other) => product * BigInt(other), delta);
  return numerator / others.reduce((product, other) => product * BigInt(other - index), 1n);
}

/** prod d_i^exponent as a fraction: the negative exponents make the denominator. */
function productAt({ publicKey }: ThresholdKey, terms: readonly Term[], at: number): readonly [bigint, bigint] {
  const powers = terms.map(({ partials, exponent }) => ({ base: ciphertextFromBytes(publicKey, partials, at), exponent }));
  const negated = powers.map(({ base, exponent }) => ({ base, exponent: -exponent }));
  return [shortPowers(powers, publicKey.nSquared), shortPowers(negated, publicKey.nSquared)];
}

/** The product of the powers with positive exponents, of few bits each; the squarings serve all. */
function shortPowers(powers: readonly { readonly base: bigint; readonly exponent: bigint }[], modulus: bigint): bigint {
  const positive = powers.filter(({ exponent }) => exponent > 0n);
  const most = positive.reduce((bits, { exponent }) => Math.max(bits, bitLength(exponent)), 0);
  let result = 1n;
  for (let bit = BigInt(most) - 1n; bit >= 0n; bit--) {
    if (result !== 1n) result = (result * result) % modulus;
    for (const { base, exponent } of positive) if (((exponent >> bit) & 1n) === 1n) result = (result * base) % modulus;
  }
  return result;
}

/** All inverses for the price of one, and three products each (Montgomery's trick). */
function invertAll(values: readonly bigint[], modulus: bigint): bigint[] {
  const before: bigint[] = [];
  let product = 1n;
  for (const value of values) {
    before.push(product);
    product = (product * value) % modulus;
  }
  let inverse = inverseMod(product, modulus);
  const inverses = new Array<bigint>(values.length);
  for (let at = values.length - 1; at >= 0; at--) {
    inverses[at] = (inverse * before[at]!) % modulus;
    inverse = (inverse * values[at]!) % modulus;
  }
  return inverses;
}
