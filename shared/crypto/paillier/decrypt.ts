/**
 * Opening ciphertexts by the Chinese remainder theorem. Imports arithmetic, keys, ciphertext-check, encoding, errors, random.
 *
 * Modulo p^2, c^(p - 1) = 1 - m q p when g = n + 1, whatever the randomness; likewise modulo q^2. Source: Paillier 1999, section 7,
 * https://doi.org/10.1007/3-540-48910-X_16
 */
import { CofactorError } from "../../errors.ts";
import { type SecureRng, secureRng } from "../../random.ts";
import { bytesToBigInt, writeBigInt } from "../encoding.ts";
import { inverseMod, powerMod } from "./arithmetic.ts";
import { createCiphertextCheck } from "./ciphertext-check.ts";
import type { PaillierPrivateKey } from "./keys.ts";

/** Makes `base -> base^exponent mod modulus` for a fixed secret exponent. The default is BigInt's, which is not constant-time. */
export type PowerFactory = (exponent: bigint, modulus: bigint) => (base: bigint) => bigint;

/**
 * Opens ciphertexts in wire form to blocks of n's length, little-endian.
 *
 * @throws CofactorError SHAPE_MISMATCH or UPDATE_REJECTED for bytes that are not canonical ciphertexts, DECRYPT_FAILED for one that
 *   shares a factor with n
 */
export type BlockDecryptor = (ciphertexts: Uint8Array) => Uint8Array;

/** BigInt's exponentiation: runs everywhere, not constant-time. */
export const bigIntPower: PowerFactory = (exponent, modulus) => (base) => powerMod(base, exponent, modulus);

/**
 * A decryptor for a private key.
 *
 * Guarantees: exact for every plaintext from 0 to n - 1. A fresh random number is added to each plaintext under encryption and taken off
 * after it, so that no exponentiation depends on the plaintext alone (OpenSSL refuses powers that come out as 1, as those of 0 do).
 *
 * @param power a faster, constant-time exponentiation where the platform has one (openssl-power.node.ts)
 */
export function createDecryptor(key: PaillierPrivateKey, power: PowerFactory = bigIntPower, secure: SecureRng = secureRng): BlockDecryptor {
  const { publicKey, p, q } = key;
  const { n, bytes: width } = publicKey;
  const check = createCiphertextCheck(publicKey);
  const halfP = createHalf(p, q, power);
  const halfQ = createHalf(q, p, power);
  const qInverse = inverseMod(q, p);
  return (ciphertexts) => {
    const count = Math.floor(ciphertexts.length / (2 * width));
    check(ciphertexts, count);
    const out = new Uint8Array(count * width);
    for (let index = 0; index < count; index++) {
      const at = 2 * width * index;
      const low = bytesToBigInt(ciphertexts.subarray(at, at + width));
      const high = bytesToBigInt(ciphertexts.subarray(at + width, at + 2 * width));
      const blind = bytesToBigInt(secure.bytes(width + 8)) % n;
      // (1 + blind n) (low + high n) = low + (high + blind low) n.
      const shifted = (high + blind * low) % n;
      const modP = halfP(low, shifted);
      const modQ = halfQ(low, shifted);
      if (modP === undefined || modQ === undefined) {
        throw new CofactorError("DECRYPT_FAILED", `ciphertext ${index} expected a number without a common factor with n`);
      }
      const blinded = modQ + positive((modP - modQ) * qInverse, p) * q;
      writeBigInt(positive(blinded - blind, n), out, index * width, width);
    }
    return out;
  };
}

/**
 * The plaintext of c = low + high n mod one prime: L(c^(prime - 1) mod prime^2) * h mod prime, with L(x) = (x - 1) / prime and
 * h = (-other)^-1; undefined when the prime divides c.
 */
function createHalf(prime: bigint, other: bigint, power: PowerFactory): (low: bigint, high: bigint) => bigint | undefined {
  const square = prime * prime;
  const n = prime * other;
  const raise = power(prime - 1n, square);
  const h = inverseMod(-other, prime);
  return (low, high) => {
    const base = (low + high * n) % square;
    if (base % prime === 0n) return undefined;
    return (((raise(base) - 1n) / prime) * h) % prime;
  };
}

function positive(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}
