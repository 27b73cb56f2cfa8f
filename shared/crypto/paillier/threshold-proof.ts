/**
 * One proof that a holder raised a whole batch of ciphertexts to its share. Imports this folder, encoding, random, tweetnacl.
 *
 * Claim: d_j^2 = c_j^(4 w) for every j, where v_i = v^w, w = holders! s_i. From a hash of everything (context, key, holder, all c_j and d_j)
 * come 128-bit coefficients rho_j; C = prod c_j^(4 rho_j), D = prod d_j^(2 rho_j); then Chaum and Pedersen's proof, made non-interactive by
 * the hash, that log_C D = log_v v_i: a = v^k, b = C^k, e = hash(..., a, b), z = k + e w; sent are e and z.
 *
 * Soundness (in the random oracle model, each attempt of a liar costs one batch and succeeds with at most about 2^-127): everything compared
 * is a square, and the squares mod n^2 are a cyclic group of order n p'q', whose prime factors are all above 2^128.
 * - If some u_j = d_j^2 / c_j^(4 w) is not 1, then prod u_j^(rho_j) = 1 for at most one of the 2^128 values of rho_j, the others being fixed.
 * - If D is not C^w, at most one e has an answer z: two would give (D / C^w)^(e - e') = 1 with 0 < |e - e'| < 2^128.
 * The claim leaves d_j open up to a square root of 1, which combining squares away: a holder that sends -d_j with a proof of it changes
 * nothing. One that is changed on the way breaks the hash.
 * Zero knowledge: k is 256 bits longer than w, so z hides w but for 2^-128.
 *
 * Source: Shoup 2000, section 4, https://doi.org/10.1007/3-540-45539-6_15; Chaum and Pedersen 1992,
 * https://doi.org/10.1007/3-540-48071-4_7; batches: Bellare, Garay and Rabin 1998, https://doi.org/10.1007/BFb0054130
 */
import nacl from "tweetnacl";
import type { SecureRng } from "../../random.ts";
import { bytesToBigInt, concatenate, equalBytes, toUtf8, writeBigInt } from "../encoding.ts";
import { bitLength, inverseMod } from "./arithmetic.ts";
import { ciphertextBytes, ciphertextFromBytes } from "./ciphertext.ts";
import type { PowerFactory } from "./decrypt.ts";
import { multiPowerSteps } from "./multi-power.ts";
import { createRing } from "./rings.ts";
import { deltaOf, type KeyShare, type ThresholdKey, thresholdKeyDigest, wireBytes } from "./threshold-key.ts";

/** Bytes of a coefficient and of the challenge. */
const coefficientBytes = 16;

/** What a proof is about. */
export interface Statement {
  readonly key: ThresholdKey;
  /** The holder. */
  readonly index: number;
  /** What the proof is bound to beside its numbers: which run and round. */
  readonly context: string;
  /** Checked, in wire form. */
  readonly ciphertexts: Uint8Array;
  /** Checked, in wire form: as many. */
  readonly partials: Uint8Array;
}

/** Bytes of a proof: the challenge and the answer. */
export function proofBytes(key: ThresholdKey): number {
  return coefficientBytes + answerBytes(key);
}

/** Makes a proof, in steps of a few milliseconds; the powers of the secret k go through `power`. */
export function* proveSteps(
  statement: Statement,
  share: KeyShare,
  power: PowerFactory,
  secure: SecureRng,
): Generator<void, Uint8Array, void> {
  const { key } = statement;
  const { nSquared } = key.publicKey;
  const seed = seedOf(statement);
  const product = yield* productSteps(key, statement.ciphertexts, seed, 4n);
  const blind = bytesToBigInt(secure.bytes(answerBytes(key) - 1));
  const raise = power(blind, nSquared);
  yield;
  const first = raise(key.base);
  yield;
  // C is 1 for a batch of ones alone: no power is needed, and OpenSSL would refuse it.
  const second = product === 1n ? 1n : raise(product);
  const challenge = challengeOf(key, seed, first, second);
  const out = new Uint8Array(proofBytes(key));
  out.set(challenge);
  writeBigInt(blind + bytesToBigInt(challenge) * deltaOf(key) * share.secret, out, coefficientBytes, answerBytes(key));
  return out;
}

/** Whether a proof holds, in steps of a few milliseconds. False for another length. */
export function* verifySteps(statement: Statement, proof: Uint8Array): Generator<void, boolean, void> {
  const { key, index } = statement;
  const { nSquared } = key.publicKey;
  if (proof.length !== proofBytes(key)) return false;
  const seed = seedOf(statement);
  const ciphertexts = yield* productSteps(key, statement.ciphertexts, seed, 4n);
  const partials = yield* productSteps(key, statement.partials, seed, 2n);
  const ring = createRing(key.publicKey);
  const challenge = proof.subarray(0, coefficientBytes);
  const [e, z] = [bytesToBigInt(challenge), bytesToBigInt(proof.subarray(coefficientBytes))];
  // x^z / y^e, which is x^k when y = x^w.
  const commitment = (x: bigint, y: bigint): bigint => ring.multiply(ring.power(x, z), ring.power(inverseMod(y, nSquared), e));
  const first = commitment(key.base, key.verifiers[index - 1]!);
  yield;
  return equalBytes(challenge, challengeOf(key, seed, first, commitment(ciphertexts, partials)));
}

/** Bytes of z: k is 256 bits longer than w < n^2 holders!, and one byte holds the carry. */
function answerBytes(key: ThresholdKey): number {
  return 1 + Math.ceil((2 * key.publicKey.bits + bitLength(deltaOf(key)) + 256) / 8);
}

/** The hash that binds everything: each part has a length that follows from those before it. */
function seedOf({ key, index, context, ciphertexts, partials }: Statement): Uint8Array {
  const words = toUtf8(context);
  const sizes = new Uint8Array(12);
  const view = new DataView(sizes.buffer);
  view.setUint32(0, index, true);
  view.setUint32(4, words.length, true);
  view.setUint32(8, ciphertexts.length, true);
  return nacl.hash(concatenate(toUtf8("cofactor/threshold/1"), thresholdKeyDigest(key), sizes, words, ciphertexts, partials));
}

/** prod x_j^(scale rho_j). */
function* productSteps(key: ThresholdKey, bytes: Uint8Array, seed: Uint8Array, scale: bigint): Generator<void, bigint, void> {
  const { publicKey } = key;
  const wire = ciphertextBytes(publicKey);
  const bases: bigint[] = [];
  for (let at = 0; at < bytes.length; at += wire) bases.push(ciphertextFromBytes(publicKey, bytes, at));
  const product = yield* multiPowerSteps(bases, coefficientsOf(seed, bases.length), publicKey.nSquared);
  const squared = (product * product) % publicKey.nSquared;
  return scale === 2n ? squared : (squared * squared) % publicKey.nSquared;
}

/** The coefficients rho_j of a seed: four from each hash. */
function coefficientsOf(seed: Uint8Array, count: number): Uint8Array[] {
  const coefficients: Uint8Array[] = [];
  for (let block = 0; coefficients.length < count; block++) {
    const hash = nacl.hash(concatenate(toUtf8("rho"), seed, Uint8Array.of(block & 255, (block >> 8) & 255, (block >> 16) & 255)));
    for (let at = 0; at < 64 && coefficients.length < count; at += coefficientBytes) {
      coefficients.push(hash.subarray(at, at + coefficientBytes));
    }
  }
  return coefficients;
}

function challengeOf({ publicKey }: ThresholdKey, seed: Uint8Array, first: bigint, second: bigint): Uint8Array {
  return nacl
    .hash(concatenate(toUtf8("challenge"), seed, wireBytes(publicKey, first), wireBytes(publicKey, second)))
    .subarray(0, coefficientBytes);
}
