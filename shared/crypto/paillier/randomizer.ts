/**
 * The randomness of ciphertexts without an exponentiation: hs^a from a fixed-base table, hs = (-x^2)^n mod n^2.
 * Imports arithmetic, keys, encoding.
 *
 * Security: with exponents a of half n's length this is Damgard, Jurik and Nielsen's variant, as secure as Paillier's.
 * The option 512 rests besides on the hardness of discrete logarithms with 512-bit exponents. x is drawn by the encrypting
 * side, so no trust in the key's owner is added. Table look-ups are not constant-time.
 *
 * Source: Damgard, Jurik and Nielsen 2010, section 4.2, https://doi.org/10.1007/s10207-010-0119-9; short exponents: Jost et al.
 * 2015, https://eprint.iacr.org/2015/864
 */
import type { SecureRng } from "../../random.ts";
import { bytesToBigInt } from "../encoding.ts";
import { powerMod } from "./arithmetic.ts";
import type { PaillierPublicKey } from "./keys.ts";

/** Length of the random exponents: half of n's (the default), or 512 bits. */
export type ExponentBits = "half" | 512;

/** Draws the random factor of a ciphertext. */
export interface Randomizer {
  /** hs^a mod n^2 for a fresh random a. */
  draw(secure: SecureRng): bigint;
}

const windowSize = 256;
const pauseMs = 12;
/** How many randomizers a process keeps, by key and exponent length: each holds some 20 MB. */
const keptRandomizers = 4;
const cache = new Map<string, Promise<Randomizer>>();

/**
 * The randomizer of a key, made once in a process for each key and exponent length: takes some 0.5 s at 2048 bits, in slices.
 * Devices that share a process share it; hs is no secret.
 */
export function randomizerOf(key: PaillierPublicKey, exponentBits: ExponentBits, secure: SecureRng): Promise<Randomizer> {
  const name = `${exponentBits} ${key.n.toString(36)}`;
  let randomizer = cache.get(name);
  if (randomizer === undefined) {
    randomizer = createRandomizer(key, exponentBits, secure);
    cache.set(name, randomizer);
    const oldest = cache.keys().next().value;
    if (cache.size > keptRandomizers && oldest !== undefined) cache.delete(oldest);
  }
  return randomizer;
}

async function createRandomizer(key: PaillierPublicKey, exponentBits: ExponentBits, secure: SecureRng): Promise<Randomizer> {
  const modulus = key.nSquared;
  const rows = (exponentBits === "half" ? key.bits / 2 : exponentBits) / 8;
  const x = bytesToBigInt(secure.bytes(key.bytes + 16)) % key.n;
  let base = powerMod(key.n - ((x * x) % key.n), key.n, modulus);
  // Row r holds base^(digit * 256^r) for every digit: one random byte of the exponent picks one entry of one row.
  const table: bigint[] = [];
  let rested = performance.now();
  for (let row = 0; row < rows; row++) {
    let power = 1n;
    for (let digit = 0; digit < windowSize; digit++) {
      table.push(power);
      power = (power * base) % modulus;
    }
    base = power;
    if (performance.now() - rested > pauseMs) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      rested = performance.now();
    }
  }
  return {
    draw(random) {
      const digits = random.bytes(rows);
      let product = table[digits[0]!]!;
      for (let row = 1; row < rows; row++) product = (product * table[row * windowSize + digits[row]!]!) % modulus;
      return product;
    },
  };
}
