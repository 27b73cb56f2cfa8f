/**
 * Modular exponentiation by OpenSSL through node:crypto, which is constant-time in the exponent and some five times faster than
 * BigInt's; and random primes. Node only.
 *
 * The Diffie-Hellman object computes base^secret mod modulus for any odd modulus; every factory checks one result against BigInt
 * and falls back to it when the platform refuses or differs (other crypto libraries limit the length). OpenSSL also refuses bases and
 * results of 1 and modulus - 1: those go to BigInt one by one; the decryptor's blinding makes them a hostile rarity.
 */
import { createDiffieHellman, generatePrime } from "node:crypto";
import { bigIntToBytes, bytesToBigInt } from "../encoding.ts";
import { bitLength, powerMod } from "./arithmetic.ts";
import type { PowerFactory } from "./decrypt.ts";

/** `base -> base^exponent mod modulus` by OpenSSL. The exponent may be longer than the modulus. */
export const opensslPower: PowerFactory = (exponent, modulus) => {
  const fallback = (base: bigint): bigint => powerMod(base, exponent, modulus);
  try {
    const length = Math.ceil(bitLength(modulus) / 8);
    const exponentLength = Math.max(length, Math.ceil(bitLength(exponent) / 8));
    const group = createDiffieHellman(bigEndian(modulus, length), Buffer.from([2]));
    const raise = (base: bigint): bigint => bytesToBigInt(group.computeSecret(bigEndian(base, length)).reverse());
    // The check has an exponent of the same length that is no secret: BigInt's time would tell about the real one.
    const trial = (1n << BigInt(8 * exponentLength - 1)) + modulus / 7n;
    const sample = modulus / 3n;
    group.setPrivateKey(bigEndian(trial, exponentLength));
    if (raise(sample) !== powerMod(sample, trial, modulus)) return fallback;
    group.setPrivateKey(bigEndian(exponent, exponentLength));
    return orElse(raise, fallback);
  } catch {
    return fallback;
  }
};

/** A random prime of exactly `bits` bits, 3 mod 4, from OpenSSL's CSPRNG. */
export async function drawPrime(bits: number): Promise<bigint> {
  return new Promise((resolve, reject) => {
    generatePrime(bits, { bigint: true, add: 4n, rem: 3n }, (error, prime) => (error ? reject(error) : resolve(prime)));
  });
}

/**
 * A random safe prime of exactly `bits` bits (p and (p - 1) / 2 are prime), its two top bits set, from OpenSSL's CSPRNG. Takes seconds at
 * 1,024 bits.
 */
export async function drawSafePrime(bits: number): Promise<bigint> {
  return new Promise((resolve, reject) => {
    generatePrime(bits, { bigint: true, safe: true }, (error, prime) => (error ? reject(error) : resolve(prime)));
  });
}

function orElse(first: (base: bigint) => bigint, second: (base: bigint) => bigint): (base: bigint) => bigint {
  return (base) => {
    try {
      return first(base);
    } catch {
      return second(base);
    }
  };
}

function bigEndian(value: bigint, length: number): Buffer {
  return Buffer.from(bigIntToBytes(value, length).reverse());
}
