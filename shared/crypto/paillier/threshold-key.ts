/**
 * The public part of a Paillier key that is split among holders, and a holder's share, with their texts. Imports keys, ciphertext, encoding,
 * errors.
 *
 * Any `threshold` of the holders open a ciphertext together; fewer learn nothing. Nobody has the private key: threshold-deal.ts.
 *
 * Source: Shoup 2000, https://doi.org/10.1007/3-540-45539-6_15; Damgard and Jurik 2001, section 4, https://doi.org/10.1007/3-540-44586-2_9
 */
import nacl from "tweetnacl";
import { integer } from "../../check.ts";
import { CofactorError } from "../../errors.ts";
import { concatenate, fromBase64url, toBase64url } from "../encoding.ts";
import { greatestCommonDivisor } from "./arithmetic.ts";
import { ciphertextBytes, ciphertextFromBytes, ciphertextToBytes } from "./ciphertext.ts";
import { createCiphertextCheck } from "./ciphertext-check.ts";
import { type PaillierPublicKey, parsePublicKey, publicKeyText } from "./keys.ts";

/** The most holders of one key. */
export const maxHolders = 16;

/** The public part of a split key: encrypts, adds, verifies parts and combines them. */
export interface ThresholdKey {
  readonly publicKey: PaillierPublicKey;
  /** Holders that open together: from 2 to `holders`. */
  readonly threshold: number;
  /** All holders: up to 16. Their indexes run from 1. */
  readonly holders: number;
  /** v, a square mod n^2 that generates all squares. */
  readonly base: bigint;
  /** v_i = v^(holders! s_i) mod n^2: verifiers[i - 1] is the commitment to holder i's share s_i. */
  readonly verifiers: readonly bigint[];
}

/** A holder's share of the private key. `secret` is not enumerable, so that logs and copies miss it. */
export interface KeyShare {
  /** The holder's index, from 1. */
  readonly index: number;
  /** s_i, below n^2. */
  readonly secret: bigint;
}

/** A threshold key in plain values, as terms carry it. */
export interface ThresholdKeyText {
  /** n in hexadecimal. */
  readonly publicKey: string;
  readonly threshold: number;
  readonly holders: number;
  /** The base and the holders' commitments in wire form (ciphertext.ts), base64url. */
  readonly verification: { readonly base: string; readonly keys: readonly string[] };
}

/**
 * A threshold key from its numbers.
 *
 * Guarantees: threshold and holders are in range; base and verifiers are invertible, below n^2, different from each other and from 1 and -1.
 * That they are squares, that the base generates them and that n is made of safe primes is not seen from outside: that is the dealer's word,
 * and a dealer could open everything anyway.
 *
 * @throws CofactorError CONFIG_INVALID
 */
export function createThresholdKey(parts: ThresholdKey): ThresholdKey {
  const { publicKey, threshold, holders, base, verifiers } = parts;
  if (!isCount(holders, maxHolders) || !isCount(threshold, holders)) {
    throw refused(`expected a threshold from 2 to the number of holders, at most ${maxHolders}, got ${threshold} of ${holders}`);
  }
  if (verifiers.length !== holders) throw refused(`expected ${holders} verification keys, got ${verifiers.length}`);
  const values = [base, ...verifiers];
  for (const value of values) {
    if (value <= 1n || value >= publicKey.nSquared - 1n || greatestCommonDivisor(value, publicKey.n) !== 1n) {
      throw refused("expected verification values that are invertible and below n^2, not 1 or -1");
    }
  }
  if (new Set(values).size !== values.length) throw refused("expected verification values that differ");
  return Object.freeze({ publicKey, threshold, holders, base, verifiers: Object.freeze([...verifiers]) });
}

/** The key in plain values. */
export function thresholdKeyText(key: ThresholdKey): ThresholdKeyText {
  const text = (value: bigint): string => toBase64url(wireBytes(key.publicKey, value));
  return {
    publicKey: publicKeyText(key.publicKey),
    threshold: key.threshold,
    holders: key.holders,
    verification: { base: text(key.base), keys: key.verifiers.map(text) },
  };
}

/**
 * A threshold key from plain values, which may come from anybody. Guarantees: as createThresholdKey; each key has exactly one text.
 * @param options.allowWeak takes keys shorter than 2048 bits: for tests only
 * @throws CofactorError CONFIG_INVALID
 */
export function parseThresholdKey(text: ThresholdKeyText, options: { readonly allowWeak?: boolean } = {}): ThresholdKey {
  const publicKey = parsePublicKey(text.publicKey, options);
  const check = createCiphertextCheck(publicKey);
  const number = (encoded: string): bigint => {
    try {
      const bytes = fromBase64url(encoded);
      check(bytes, 1);
      return ciphertextFromBytes(publicKey, bytes);
    } catch {
      throw refused(`expected verification values of ${ciphertextBytes(publicKey)} bytes in base64url, each two digits below n`);
    }
  };
  const { base, keys } = text.verification;
  // Before anything is decoded: the number of values is bounded.
  if (keys.length > maxHolders) throw refused(`expected at most ${maxHolders} verification keys, got ${keys.length}`);
  const { threshold, holders } = text;
  return createThresholdKey({ publicKey, threshold, holders, base: number(base), verifiers: keys.map(number) });
}

/**
 * A share from its numbers.
 * @throws CofactorError CONFIG_INVALID for an index that is no holder's, or a secret outside 1 to n^2 - 1; the message holds neither
 */
export function createKeyShare(key: ThresholdKey, index: number, secret: bigint): KeyShare {
  if (!Number.isInteger(index) || index < 1 || index > key.holders) throw refused(`expected a holder from 1 to ${key.holders}`);
  if (secret <= 0n || secret >= key.publicKey.nSquared) throw refused("expected a share from 1 below n^2");
  return Object.freeze(Object.defineProperty({ index }, "secret", { value: secret, enumerable: false })) as KeyShare;
}

/** A share as JSON text, for a key file that is itself encrypted. */
export function keyShareText(share: KeyShare): string {
  return JSON.stringify({ index: share.index, share: share.secret.toString(16) });
}

/** A share from its text. @throws CofactorError CONFIG_INVALID; the message never quotes the text */
export function parseKeyShare(key: ThresholdKey, text: string): KeyShare {
  let value: { index?: unknown; share?: unknown } | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    throw refused("expected a share as JSON");
  }
  const { index, share } = typeof value === "object" && value !== null ? value : {};
  if (typeof index !== "number" || typeof share !== "string" || !/^[0-9a-f]{1,4096}$/.test(share)) {
    throw refused('expected a share with "index" and "share" in hexadecimal');
  }
  return createKeyShare(key, index, BigInt(`0x${share}`));
}

/** holders!, which makes every Lagrange coefficient an integer. */
export function deltaOf(key: { readonly holders: number }): bigint {
  let delta = 1n;
  for (let factor = 2n; factor <= BigInt(key.holders); factor++) delta *= factor;
  return delta;
}

/** SHA-512 of everything that makes the key: binds proofs to it. */
export function thresholdKeyDigest(key: ThresholdKey): Uint8Array {
  const { publicKey, threshold, holders, base, verifiers } = key;
  const sizes = Uint8Array.of(threshold, holders, publicKey.bytes & 255, publicKey.bytes >> 8);
  // n^2 - 1 has the digits n - 1 and n - 1: n itself is bound by them.
  const numbers = [publicKey.nSquared - 1n, base, ...verifiers].map((value) => wireBytes(publicKey, value));
  return nacl.hash(concatenate(sizes, ...numbers));
}

/** The holder's index, checked. @throws RangeError */
export function holderIndex(key: ThresholdKey, index: number): number {
  return integer(index, 1, key.holders, "index");
}

/** A number below n^2 in the wire form of a ciphertext. */
export function wireBytes(key: PaillierPublicKey, value: bigint): Uint8Array {
  const out = new Uint8Array(ciphertextBytes(key));
  ciphertextToBytes(key, value, out);
  return out;
}

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 2 && value <= most;
}

function refused(message: string): CofactorError {
  return new CofactorError("CONFIG_INVALID", `"threshold key" ${message}`);
}
