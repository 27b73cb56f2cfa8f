/**
 * Modular exponentiation by OpenSSL through node:crypto, which is constant-time in the exponent and some five times faster than
 * BigInt's; and random primes. Node only.
 *
 * The Diffie-Hellman object computes base^secret mod modulus for any odd modulus; every factory checks one result against BigInt
 * and falls back to it when the platform refuses or differs (other crypto libraries limit the length).
 */
import { createDiffieHellman, generatePrime } from "node:crypto";
import { bigIntToBytes, bytesToBigInt } from "../encoding.ts";
import { bitLength, powerMod } from "./arithmetic.ts";
import type { PowerFactory } from "./decrypt.ts";

/** `base -> base^exponent mod modulus` by OpenSSL. */
export const opensslPower: PowerFactory = (exponent, modulus) => {
  const fallback = (base: bigint): bigint => powerMod(base, exponent, modulus);
  try {
    const length = Math.ceil(bitLength(modulus) / 8);
    const group = createDiffieHellman(bigEndian(modulus, length), Buffer.from([2]));
    group.setPrivateKey(bigEndian(exponent, length));
    const raise = (base: bigint): bigint =>
      base <= 1n || base >= modulus - 1n ? fallback(base) : bytesToBigInt(group.computeSecret(bigEndian(base, length)).reverse());
    return raise(3n) === fallback(3n) ? raise : fallback;
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

function bigEndian(value: bigint, length: number): Buffer {
  return Buffer.from(bigIntToBytes(value, length).reverse());
}
