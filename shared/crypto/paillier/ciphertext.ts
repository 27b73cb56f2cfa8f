/**
 * Ciphertexts in bulk: encryption of blocks, sums straight from wire bytes. Imports keys, randomizer, encoding, errors.
 *
 * Wire form of a ciphertext c: its base-n digits c mod n and c div n, little-endian, each as long as n. It is as long as a
 * plain ciphertext, converts with one division, and lets a summing side check ranges digit by digit.
 */
import { CofactorError } from "../../errors.ts";
import type { SecureRng } from "../../random.ts";
import { bytesToBigInt, writeBigInt } from "../encoding.ts";
import { greatestCommonDivisor } from "./arithmetic.ts";
import type { PaillierPublicKey } from "./keys.ts";
import { type ExponentBits, randomizerOf } from "./randomizer.ts";

const pauseMs = 12;

/** Bytes of a ciphertext on the wire. */
export function ciphertextBytes(key: PaillierPublicKey): number {
  return 2 * key.bytes;
}

/** A ciphertext's wire bytes as paillier-bigint's number. */
export function ciphertextFromBytes(key: PaillierPublicKey, bytes: Uint8Array, at = 0): bigint {
  return bytesToBigInt(bytes.subarray(at, at + key.bytes)) + bytesToBigInt(bytes.subarray(at + key.bytes, at + 2 * key.bytes)) * key.n;
}

/** Writes paillier-bigint's number as wire bytes. */
export function ciphertextToBytes(key: PaillierPublicKey, ciphertext: bigint, out: Uint8Array, at = 0): void {
  writeBigInt(ciphertext % key.n, out, at, key.bytes);
  writeBigInt(ciphertext / key.n, out, at + key.bytes, key.bytes);
}

/**
 * Encrypts blocks of n's length, little-endian, each below n.
 *
 * Gives other work a turn every few milliseconds, so that a browser's page stays alive.
 * @throws RangeError for a length that is no multiple of n's, or a block that is not below n
 */
export async function encryptBlocks(key: PaillierPublicKey, blocks: Uint8Array, exponentBits: ExponentBits, secure: SecureRng): Promise<Uint8Array> {
  const count = blocks.length / key.bytes;
  if (!Number.isInteger(count)) throw new RangeError(`"blocks" expected a multiple of ${key.bytes} bytes, got ${blocks.length}`);
  const randomizer = await randomizerOf(key, exponentBits, secure);
  const out = new Uint8Array(count * ciphertextBytes(key));
  let rested = performance.now();
  for (let block = 0; block < count; block++) {
    const message = bytesToBigInt(blocks.subarray(block * key.bytes, (block + 1) * key.bytes));
    if (message >= key.n) throw new RangeError(`"blocks" expected every block below n, block ${block} is not`);
    const ciphertext = ((1n + message * key.n) * randomizer.draw(secure)) % key.nSquared;
    ciphertextToBytes(key, ciphertext, out, block * ciphertextBytes(key));
    if (performance.now() - rested > pauseMs) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      rested = performance.now();
    }
  }
  return out;
}

/** The encrypted sum of many contributions, each of the same number of ciphertexts. */
export class CiphertextSum {
  readonly #key: PaillierPublicKey;
  readonly #products: bigint[];

  constructor(key: PaillierPublicKey, ciphertexts: number) {
    this.#key = key;
    this.#products = new Array<bigint>(ciphertexts).fill(1n);
  }

  /**
   * Checks a contribution and changes nothing: length, both digits of each ciphertext below n, the first not zero.
   * @throws CofactorError SHAPE_MISMATCH, UPDATE_REJECTED naming the ciphertext
   */
  check(bytes: Uint8Array): void {
    const expected = this.#products.length * ciphertextBytes(this.#key);
    if (bytes.length !== expected) throw new CofactorError("SHAPE_MISMATCH", `"contribution" expected ${expected} bytes, got ${bytes.length}`);
    for (let index = 0; index < this.#products.length; index++) {
      const at = index * ciphertextBytes(this.#key);
      const low = bytesToBigInt(bytes.subarray(at, at + this.#key.bytes));
      const high = bytesToBigInt(bytes.subarray(at + this.#key.bytes, at + 2 * this.#key.bytes));
      if (low === 0n || low >= this.#key.n || high >= this.#key.n) {
        throw new CofactorError("UPDATE_REJECTED", `ciphertext ${index} expected two digits below n, the first not zero`);
      }
    }
  }

  /** Adds a checked contribution, or an exported sum. */
  add(bytes: Uint8Array): void {
    const { nSquared } = this.#key;
    for (let index = 0; index < this.#products.length; index++) {
      const ciphertext = ciphertextFromBytes(this.#key, bytes, index * ciphertextBytes(this.#key));
      this.#products[index] = (this.#products[index]! * ciphertext) % nSquared;
    }
  }

  /**
   * The sum in wire form.
   * @throws CofactorError AGGREGATION_FAILED when a product shares a factor with n: one of its contributions is no ciphertext
   */
  export(): Uint8Array {
    const out = new Uint8Array(this.#products.length * ciphertextBytes(this.#key));
    this.#products.forEach((product, index) => {
      if (greatestCommonDivisor(product % this.#key.n, this.#key.n) !== 1n) {
        throw new CofactorError("AGGREGATION_FAILED", `the sum's ciphertext ${index} is not invertible: a contribution was malformed`);
      }
      ciphertextToBytes(this.#key, product, out, index * ciphertextBytes(this.#key));
    });
    return out;
  }
}
