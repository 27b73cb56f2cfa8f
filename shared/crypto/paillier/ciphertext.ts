/**
 * Ciphertexts in bulk: encryption of blocks, sums straight from wire bytes. Imports keys, randomizer, rings, encoding, errors.
 *
 * Wire form of a ciphertext c: its base-n digits c mod n and c div n, little-endian, each as long as n. It is as long as a
 * plain ciphertext, converts with one division, and lets a summing side check ranges digit by digit and multiply without dividing.
 */
import { CofactorError } from "../../errors.ts";
import type { SecureRng } from "../../random.ts";
import { bigIntToBytes, bytesToBigInt, writeBigInt } from "../encoding.ts";
import { runInSlices } from "../pause.ts";
import { sharingFactor } from "./arithmetic.ts";
import { createCiphertextCheck, isBelow } from "./ciphertext-check.ts";
import type { PaillierPublicKey } from "./keys.ts";
import { type ExponentBits, powerTableOf } from "./randomizer.ts";
import type { PowerTable, Products, Ring } from "./ring.ts";
import { createRing } from "./rings.ts";

const sliceBlocks = 8;

/** Bytes of a ciphertext on the wire. */
export function ciphertextBytes(key: PaillierPublicKey): number {
  return 2 * key.bytes;
}

/** A ciphertext's wire bytes as paillier-bigint's number. */
export function ciphertextFromBytes(key: PaillierPublicKey, bytes: Uint8Array, at = 0): bigint {
  return bytesToBigInt(bytes.subarray(at, at + key.bytes)) + bytesToBigInt(bytes.subarray(at + key.bytes, at + 2 * key.bytes)) * key.n;
}

/** Writes paillier-bigint's number as wire bytes. @throws RangeError unless it is below n^2 */
export function ciphertextToBytes(key: PaillierPublicKey, ciphertext: bigint, out: Uint8Array, at = 0): void {
  if (ciphertext < 0n || ciphertext >= key.nSquared) throw new RangeError('"ciphertext" expected a number from 0 below n^2');
  writeBigInt(ciphertext % key.n, out, at, key.bytes);
  writeBigInt(ciphertext / key.n, out, at + key.bytes, key.bytes);
}

/**
 * Encrypts blocks of n's length, little-endian, each below n.
 *
 * Guarantees: fresh randomness from `secure` for each block; the bytes of the random exponents are wiped. Gives other work a turn every few
 * milliseconds, so that a browser's page stays alive.
 * @param ring the ring to work in: by default the fastest that runs here
 * @throws RangeError for a length that is no multiple of n's, or a block that is not below n (nothing is encrypted then)
 */
export async function encryptBlocks(
  key: PaillierPublicKey,
  blocks: Uint8Array,
  exponentBits: ExponentBits,
  secure: SecureRng,
  ring?: Ring,
): Promise<Uint8Array> {
  assertBlocks(key, blocks);
  return runInSlices(encryptSlices(key, blocks, await powerTableOf(key, exponentBits, secure, ring), secure));
}

/** `encryptBlocks` with a table that the caller keeps: for whoever encrypts under more keys than the process remembers tables of. */
export async function encryptWith(table: PowerTable, key: PaillierPublicKey, blocks: Uint8Array, secure: SecureRng): Promise<Uint8Array> {
  assertBlocks(key, blocks);
  return runInSlices(encryptSlices(key, blocks, table, secure));
}

function assertBlocks(key: PaillierPublicKey, blocks: Uint8Array): void {
  const count = blocks.length / key.bytes;
  if (!Number.isInteger(count)) throw new RangeError(`"blocks" expected a multiple of ${key.bytes} bytes, got ${blocks.length}`);
  const modulus = bigIntToBytes(key.n, key.bytes);
  for (let block = 0; block < count; block++) {
    if (!isBelow(blocks, block * key.bytes, modulus)) throw new RangeError(`"blocks" expected every block below n, block ${block} is not`);
  }
}

function* encryptSlices(
  key: PaillierPublicKey,
  blocks: Uint8Array,
  table: PowerTable,
  secure: SecureRng,
): Generator<void, Uint8Array, void> {
  const count = blocks.length / key.bytes;
  const out = new Uint8Array(count * ciphertextBytes(key));
  for (let block = 0; block < count; block += sliceBlocks) {
    const end = Math.min(count, block + sliceBlocks);
    const exponents = secure.bytes((end - block) * table.exponentBytes);
    out.set(table.encrypt(blocks.subarray(block * key.bytes, end * key.bytes), exponents), block * ciphertextBytes(key));
    exponents.fill(0);
    yield;
  }
  return out;
}

/** The encrypted sum of many contributions, each of the same number of ciphertexts. */
export class CiphertextSum {
  readonly #key: PaillierPublicKey;
  readonly #ciphertexts: number;
  readonly #check: (bytes: Uint8Array, count: number) => void;
  readonly #products: Products;

  /** @param ring the ring to work in: by default the fastest that runs here */
  constructor(key: PaillierPublicKey, ciphertexts: number, ring: Ring = createRing(key)) {
    this.#key = key;
    this.#ciphertexts = ciphertexts;
    this.#check = createCiphertextCheck(key);
    this.#products = ring.createProducts(ciphertexts);
  }

  /**
   * Checks a contribution and changes nothing: length, both digits of each ciphertext below n, the first not zero.
   * @throws CofactorError SHAPE_MISMATCH, UPDATE_REJECTED naming the ciphertext
   */
  check(bytes: Uint8Array): void {
    this.#check(bytes, this.#ciphertexts);
  }

  /**
   * Adds a contribution, or an exported sum. Guarantees: checked before anything is added, so that refused bytes leave the sum as it was.
   * @throws CofactorError as `check`
   */
  add(bytes: Uint8Array): void {
    this.check(bytes);
    this.#products.multiply(bytes);
  }

  /**
   * The sum in wire form.
   * @throws CofactorError AGGREGATION_FAILED with details.indexes when products share a factor with n: one of their contributions is no
   *   ciphertext (`findCulprits` tells whose)
   */
  export(): Uint8Array {
    const bytes = this.#products.result();
    assertInvertible(this.#key, bytes);
    return bytes;
  }
}

/**
 * Passes a sum whose ciphertexts can all be opened.
 * @throws CofactorError AGGREGATION_FAILED with details.indexes as `CiphertextSum.export`
 */
export function assertInvertible(key: PaillierPublicKey, sum: Uint8Array): void {
  const indexes = sharesFactor(key, sum);
  if (indexes.length === 0) return;
  const message = `the sum's ciphertext ${indexes[0]} is not invertible: a contribution was malformed`;
  throw new CofactorError("AGGREGATION_FAILED", message, { details: { indexes } });
}

/** Which of some ciphertexts share a factor with n: none in an honest contribution. One greatest common divisor serves all. */
export function sharesFactor(key: PaillierPublicKey, bytes: Uint8Array): readonly number[] {
  const lows: bigint[] = [];
  for (let at = 0; at < bytes.length; at += ciphertextBytes(key)) lows.push(bytesToBigInt(bytes.subarray(at, at + key.bytes)));
  return sharingFactor(lows, key.n);
}
