/**
 * Vectors of integers modulo 2^32 or 2^64, in which masked values are summed. Imports errors, keystream.
 *
 * A vector of `count` values is `count` words, or twice as many: pairs of words, the low one first. Negative numbers are in two's complement.
 */
import { CofactorError } from "../../errors.ts";
import { addWordPairs, addWords, fromWords, toWords } from "../keystream.ts";

/** The bits of the ring. */
export type RingBits = 32 | 64;

/** Bits of the greatest sums: they come back as doubles, sign included. */
const maxSumBits = 54;

/**
 * The smallest ring in which a cohort's sum cannot wrap.
 *
 * Guarantees: for values with |value| < 2^(valueBits - 1) from at most `devices` devices, no sum wraps or loses a bit as a double.
 * @param valueBits bits of one encoded value, sign included
 * @throws CofactorError ENCODE_OVERFLOW when sums may need more than 54 bits
 */
export function ringFor(valueBits: number, devices: number): RingBits {
  const sumBits = valueBits + Math.ceil(Math.log2(devices));
  if (!(sumBits <= maxSumBits)) {
    const message = `a sum of ${devices} values of ${valueBits} bits expected at most ${maxSumBits} bits, got ${sumBits}`;
    throw new CofactorError("ENCODE_OVERFLOW", message);
  }
  return sumBits <= 32 ? 32 : 64;
}

/** Words of a vector. */
export function ringWords(count: number, bits: RingBits): number {
  return (count * bits) / 32;
}

/** Bytes of a vector on the wire. */
export function ringBytes(count: number, bits: RingBits): number {
  return (count * bits) / 8;
}

/** Integers as a fresh ring vector. @throws CofactorError ENCODE_OVERFLOW naming the place of an entry that is no integer of the ring */
export function toRing(integers: Float64Array, bits: RingBits): Uint32Array {
  const limit = bits === 32 ? 2 ** 31 : 2 ** 53;
  const out = new Uint32Array(ringWords(integers.length, bits));
  for (let i = 0; i < integers.length; i++) {
    const value = integers[i]!;
    if (!(value >= -limit && value < limit && Number.isInteger(value))) {
      throw new CofactorError("ENCODE_OVERFLOW", `entry ${i} is no integer of ${bits} bits`);
    }
    if (bits === 32) {
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
  const out = new Float64Array(vector.length / (bits / 32));
  for (let i = 0; i < out.length; i++) {
    const value = bits === 32 ? vector[i]! | 0 : (vector[2 * i + 1]! | 0) * 0x1_0000_0000 + vector[2 * i]!;
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
  const out = new Float64Array(vector.length / (bits / 32));
  const half = 2 ** (sumBits - 1);
  const modulus = 2 ** sumBits;
  for (let i = 0; i < out.length; i++) {
    // The high word loses what lies above 2^53 before it can round the low one away.
    const value = bits === 32 ? vector[i]! : (vector[2 * i + 1]! & 0x1f_ffff) * 0x1_0000_0000 + vector[2 * i]!;
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
  if (bits === 32) addWords(sum, 0, vector, 1);
  else addWordPairs(sum, 0, vector, 1);
}

/** A vector as little-endian bytes. */
export function ringToBytes(vector: Uint32Array): Uint8Array {
  return fromWords(vector);
}

/** A fresh vector of `count` values from its bytes. @throws CofactorError SHAPE_MISMATCH for another length */
export function ringFromBytes(bytes: Uint8Array, count: number, bits: RingBits): Uint32Array {
  const expected = ringBytes(count, bits);
  if (bytes.length !== expected) {
    throw new CofactorError("SHAPE_MISMATCH", `a masked vector expected ${expected} bytes (${count} x ${bits} bits), got ${bytes.length}`);
  }
  return toWords(bytes, expected / 4).slice();
}
