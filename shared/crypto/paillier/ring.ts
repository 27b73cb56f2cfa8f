/**
 * The seam under all Paillier work: arithmetic modulo n squared, on wire bytes in bulk. Every implementation passes one suite,
 * test/conformance/paillier-ring.ts. Imports types of this folder only.
 */
import type { PaillierPublicKey } from "./keys.ts";

/** Arithmetic modulo the square of one key's n. Not constant-time. */
export interface Ring {
  readonly name: "bigint" | "wasm";
  readonly key: PaillierPublicKey;
  /** a * b mod n^2, for 0 <= a, b < n^2. */
  multiply(a: bigint, b: bigint): bigint;
  /** base^exponent mod n^2, for 0 <= base < n^2 and an exponent from 0. */
  power(base: bigint, exponent: bigint): bigint;
  /**
   * Builds the table of powers of root^n mod n^2, for exponents of `exponentBytes` bytes. A generator that yields every few
   * milliseconds of work, so that the caller decides when to rest.
   */
  buildTable(root: bigint, exponentBytes: number): Generator<void, PowerTable, void>;
  /** One running product for each of `count` ciphertexts, all 1 at first. */
  createProducts(count: number): Products;
}

/** Powers of one fixed base, ready to randomize ciphertexts. */
export interface PowerTable {
  readonly exponentBytes: number;
  /**
   * (1 + m n) base^e mod n^2 in wire form for each plaintext m (as long as n, little-endian) and its exponent e (`exponentBytes` bytes).
   *
   * The caller checks lengths and that every m is below n. Each exponent is secret and for one use; the caller wipes its bytes.
   */
  encrypt(plaintexts: Uint8Array, exponents: Uint8Array): Uint8Array;
}

/** Running products of ciphertexts. */
export interface Products {
  /** Multiplies every product by its ciphertext. The caller has checked the bytes (ciphertext-check.ts). */
  multiply(ciphertexts: Uint8Array): void;
  /** The products so far in canonical wire form; they go on from there. */
  result(): Uint8Array;
}
