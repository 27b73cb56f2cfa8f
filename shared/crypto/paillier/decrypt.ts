/**
 * Opening ciphertexts by the Chinese remainder theorem. Imports arithmetic, keys, ciphertext.
 *
 * Source: Paillier 1999, section 7, https://doi.org/10.1007/3-540-48910-X_16
 */
import { CofactorError } from "../../errors.ts";
import { writeBigInt } from "../encoding.ts";
import { greatestCommonDivisor, inverseMod, powerMod } from "./arithmetic.ts";
import { ciphertextBytes, ciphertextFromBytes } from "./ciphertext.ts";
import type { PaillierPrivateKey } from "./keys.ts";

/** Makes `base -> base^exponent mod modulus` for a fixed secret exponent. The default is BigInt's, which is not constant-time. */
export type PowerFactory = (exponent: bigint, modulus: bigint) => (base: bigint) => bigint;

/** Opens ciphertexts in wire form to blocks of n's length, little-endian. */
export type BlockDecryptor = (ciphertexts: Uint8Array) => Uint8Array;

const bigIntPower: PowerFactory = (exponent, modulus) => (base) => powerMod(base, exponent, modulus);

/**
 * A decryptor for a private key.
 * @param power a faster, constant-time exponentiation where the platform has one (openssl-power.node.ts)
 */
export function createDecryptor(key: PaillierPrivateKey, power: PowerFactory = bigIntPower): BlockDecryptor {
  const { publicKey, p, q } = key;
  const halfP = createHalf(p, q, power);
  const halfQ = createHalf(q, p, power);
  const qInverse = inverseMod(q, p);
  return (ciphertexts) => {
    const width = ciphertextBytes(publicKey);
    const count = ciphertexts.length / width;
    if (!Number.isInteger(count)) {
      throw new CofactorError("SHAPE_MISMATCH", `"ciphertexts" expected a multiple of ${width} bytes, got ${ciphertexts.length}`);
    }
    const out = new Uint8Array(count * publicKey.bytes);
    for (let index = 0; index < count; index++) {
      const ciphertext = ciphertextFromBytes(publicKey, ciphertexts, index * width);
      if (ciphertext >= publicKey.nSquared || greatestCommonDivisor(ciphertext % publicKey.n, publicKey.n) !== 1n) {
        throw new CofactorError("DECRYPT_FAILED", `ciphertext ${index} expected a number below n^2 without a common factor with n`);
      }
      const modP = halfP(ciphertext);
      const modQ = halfQ(ciphertext);
      writeBigInt(modQ + ((((modP - modQ) % p) + p) % p) * qInverse % p * q, out, index * publicKey.bytes, publicKey.bytes);
    }
    return out;
  };
}

/** The plaintext mod one prime: L(c^(prime - 1) mod prime^2) * h mod prime, with L(x) = (x - 1) / prime and h = (-other)^-1. */
function createHalf(prime: bigint, other: bigint, power: PowerFactory): (ciphertext: bigint) => bigint {
  const square = prime * prime;
  const raise = power(prime - 1n, square);
  const h = inverseMod(prime - (other % prime), prime);
  return (ciphertext) => (((raise(ciphertext % square) - 1n) / prime) * h) % prime;
}
