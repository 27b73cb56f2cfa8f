/**
 * Vectors of integers modulo 2^bits, in which masked values are summed. Imports errors, keystream.
 *
 * In memory a vector of `count` values is `count` words, or for more than 32 bits twice as many: pairs of words, the low one first. They are
 * counted modulo 2^32 or 2^64, whose sums are those modulo 2^bits too; on the wire only the low `bits` of each travel. A mask that is uniform
 * modulo 2^32 is uniform modulo 2^bits. Negative numbers are in two's complement.
 */
import { CofactorError } from "../../errors.ts";
import { addWordPairs, addWords, fromWords, toWords } from "../keystream.ts";

/** The bits of the ring: whole bytes. */
export type RingBits = 8 | 16 | 24 | 32 | 40 | 48 | 56 | 64;

/** Bits of the greatest sums: they come back as doubles, sign included. */
const maxSumBits = 54;

/**
 * The smallest ring in which a cohort's sum cannot wrap.
 *
 * Guarantees: for values with |value| < 2^(valueBits - 1) from at most `devices` devices, no sum wraps or loses a bit as a double. But for 32
 * bits the ring is at least twice as large as all honest sums, so that masks that do not cancel show at once.
 * @param valueBits bits of one encoded value, sign included
 * @throws CofactorError ENCODE_OVERFLOW when sums may need more than 54 bits
 */
export function ringFor(valueBits: number, devices: number): RingBits {
  const sumBits = valueBits + Math.ceil(Math.log2(devices));
  if (!(sumBits <= maxSumBits)) {
    const message = `a sum of ${devices} values of ${valueBits} bits expected at most ${maxSumBits} bits, got ${sumBits}`;
    throw new CofactorError("ENCODE_OVERFLOW", message);
  }
  const bits = 8 * Math.ceil((sumBits + 1) / 8);
  return (sumBits <= 32 ? Math.min(32, bits) : bits) as RingBits;
}

/** The ring that fills its words: for what grows after it was summed. */
export function wholeWords(bits: RingBits): RingBits {
  return bits <= 32 ? 32 : 64;
}

/** Words of a vector. */
export function ringWords(count: number, bits: RingBits): number {
  return bits <= 32 ? count : 2 * count;
}

/** Bytes of a vector on the wire. */
export function ringBytes(count: number, bits: RingBits): number {
  return (count * bits) / 8;
}

/** Integers as a fresh ring vector. @throws CofactorError ENCODE_OVERFLOW naming the place of an entry that is no integer of the ring */
export function toRing(integers: Float64Array, bits: RingBits): Uint32Array {
  const limit = 2 ** Math.min(bits - 1, 53);
  const out = new Uint32Array(ringWords(integers.length, bits));
  for (let i = 0; i < integers.length; i++) {
    const value = integers[i]!;
    if (!(value >= -limit && value < limit && Number.isInteger(value))) {
      throw new CofactorError("ENCODE_OVERFLOW", `entry ${i} is no integer of ${bits} bits`);
    }
    if (bits <= 32) {
      out[i] = value;
    } else {
      const high = Math.floor(value / 0x1_0000_0000);
      out[2 * i] = value - high * 0x1_0000_0000;
      out[2 * i + 1] = high;
    }
  }
  return out;
}

/**
 * The signed integers of a ring vector.
 * @param maxAbs bound that no honest sum passes: number of devices times the greatest value
 * @throws CofactorError AGGREGATION_FAILED when an entry is beyond it: a mask is left in, or a device did not keep its bound
 */
export function fromRing(vector: Uint32Array, bits: RingBits, maxAbs: number): Float64Array {
  const isSingle = bits <= 32;
  const out = new Float64Array(isSingle ? vector.length : vector.length / 2);
  // What lies above the ring's bits is shifted out, the sign comes back in.
  const above = isSingle ? 32 - bits : 64 - bits;
  for (let i = 0; i < out.length; i++) {
    const top = ((isSingle ? vector[i]! : vector[2 * i + 1]!) << above) >> above;
    const value = isSingle ? top : top * 0x1_0000_0000 + vector[2 * i]!;
    if (value > maxAbs || value < -maxAbs) {
      throw new CofactorError("AGGREGATION_FAILED", `entry ${i} of the sum is beyond what the devices may send: masks do not cancel`);
    }
    out[i] = value;
  }
  return out;
}

/**
 * The signed integers that a ring vector holds modulo 2^`sumBits`, in [-2^(sumBits - 1), 2^(sumBits - 1)): exact whatever was added up, and nothing
 * is said of how large it was.
 * @param sumBits from 1 to 53, and no more than the ring has
 */
export function residuesOf(vector: Uint32Array, bits: RingBits, sumBits: number): Float64Array {
  const isSingle = bits <= 32;
  const out = new Float64Array(isSingle ? vector.length : vector.length / 2);
  const half = 2 ** (sumBits - 1);
  const modulus = 2 ** sumBits;
  for (let i = 0; i < out.length; i++) {
    // The high word loses what lies above 2^53 before it can round the low one away.
    const value = isSingle ? vector[i]! : (vector[2 * i + 1]! & 0x1f_ffff) * 0x1_0000_0000 + vector[2 * i]!;
    const residue = value % modulus;
    out[i] = residue >= half ? residue - modulus : residue;
  }
  return out;
}

/** Adds a vector into another of the same length, in place. */
export function addRing(sum: Uint32Array, vector: Uint32Array, bits: RingBits): void {
  if (vector.length !== sum.length) {
    throw new CofactorError("SHAPE_MISMATCH", `a masked vector expected ${sum.length} words, got ${vector.length}`);
  }
  if (bits <= 32) addWords(sum, 0, vector, 1);
  else addWordPairs(sum, 0, vector, 1);
}

/** A vector as little-endian bytes: the low `bits` of each value. */
export function ringToBytes(vector: Uint32Array, bits: RingBits): Uint8Array {
  if (bits === wholeWords(bits)) return fromWords(vector);
  const isSingle = bits <= 32;
  const width = bits / 8;
  const count = isSingle ? vector.length : vector.length / 2;
  const out = new Uint8Array(count * width);
  let to = 0;
  for (let i = 0; i < count; i++) {
    const low = isSingle ? vector[i]! : vector[2 * i]!;
    const high = isSingle ? 0 : vector[2 * i + 1]!;
    for (let byte = 0; byte < width; byte++) out[to++] = byte < 4 ? low >>> (8 * byte) : high >>> (8 * (byte - 4));
  }
  return out;
}

/** A fresh vector of `count` values from its bytes. @throws CofactorError SHAPE_MISMATCH for another length */
export function ringFromBytes(bytes: Uint8Array, count: number, bits: RingBits): Uint32Array {
  const expected = ringBytes(count, bits);
  if (bytes.length !== expected) {
    throw new CofactorError("SHAPE_MISMATCH", `a masked vector expected ${expected} bytes (${count} x ${bits} bits), got ${bytes.length}`);
  }
  if (bits === wholeWords(bits)) return toWords(bytes, expected / 4).slice();
  const step = bits <= 32 ? 1 : 2;
  const width = bits / 8;
  const out = new Uint32Array(count * step);
  let from = 0;
  for (let at = 0; at < out.length; at += step) {
    for (let byte = 0; byte < width; byte++) out[at + (byte >> 2)]! |= bytes[from++]! << (8 * (byte & 3));
  }
  return out;
}
