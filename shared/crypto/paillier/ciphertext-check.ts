/**
 * The check of ciphertext bytes that come from outside, on bytes alone: nothing is computed with what does not pass. Imports keys, encoding,
 * errors.
 */
import { CofactorError } from "../../errors.ts";
import { bigIntToBytes } from "../encoding.ts";
import type { PaillierPublicKey } from "./keys.ts";

/** Passes bytes that are `count` canonical ciphertexts, or throws. */
export type CiphertextCheck = (bytes: Uint8Array, count: number) => void;

/**
 * The check for a key: exact length, both digits of each ciphertext below n, the first not zero.
 *
 * Guarantees: what passes is the only form of its number. That a ciphertext also has no factor with n is seen in the sum (ciphertext.ts),
 * where one test serves all contributions. It stops early: ciphertexts are public.
 *
 * @throws CofactorError SHAPE_MISMATCH, or UPDATE_REJECTED naming the ciphertext in its message and in details.index
 */
export function createCiphertextCheck(key: PaillierPublicKey): CiphertextCheck {
  const width = key.bytes;
  const modulus = bigIntToBytes(key.n, width);
  return (bytes, count) => {
    const expected = 2 * width * count;
    if (bytes.length !== expected) throw new CofactorError("SHAPE_MISMATCH", `ciphertexts expected ${expected} bytes, got ${bytes.length}`);
    for (let index = 0; index < count; index++) {
      const at = 2 * width * index;
      if (isZero(bytes, at, width) || !isBelow(bytes, at, modulus) || !isBelow(bytes, at + width, modulus)) {
        const message = `ciphertext ${index} expected two digits below n, the first not zero`;
        throw new CofactorError("UPDATE_REJECTED", message, { details: { index } });
      }
    }
  };
}

/** True when the little-endian number of `bound.length` bytes at `at` is below `bound`. */
export function isBelow(bytes: Uint8Array, at: number, bound: Uint8Array): boolean {
  for (let i = bound.length - 1; i >= 0; i--) {
    const difference = bytes[at + i]! - bound[i]!;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function isZero(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) if (bytes[i] !== 0) return false;
  return true;
}
