/**
 * Signed integers in the slots of one plaintext, so that a multiple of the plaintext is the multiple of every slot, and a sum the sum of
 * every slot. A negative total stands as n minus its size. Imports errors.
 *
 * Unlike the slots of sums (crypto/paillier/packing.ts) these carry no bias: a multiplier would multiply it, and is secret.
 */
import { CofactorError } from "../../errors.ts";

/** How integers lie in plaintexts. */
export interface SignedSlots {
  /** Bits of a slot, a multiple of 4 of at most 48: every result is below 2^(width - 1) in size. */
  readonly width: number;
  readonly slots: number;
}

/** Slots for plaintexts below n of `keyBits` bits. @param most at most so many, however many would fit */
export function signedSlots(keyBits: number, valueBits: number, most: number): SignedSlots {
  const width = 4 * Math.ceil(valueBits / 4);
  if (width > 48) throw new RangeError(`"valueBits" expected at most 48, got ${valueBits}`);
  // One bit above the topmost slot keeps the sign apart from n.
  const slots = Math.min(most, Math.floor((keyBits - 2) / width));
  if (slots < 1) throw new RangeError(`"keyBits" expected more than ${width + 2}, got ${keyBits}`);
  return { width, slots };
}

/** The number of integers from `from`, at most `slots` of them, below 2^(width - 1) in size. */
export function packSigned({ width, slots }: SignedSlots, integers: Float64Array, from: number): bigint {
  const half = 2 ** (width - 1);
  const end = Math.min(integers.length, from + slots);
  let text = "0x";
  for (let at = end - 1; at >= from; at--) text += (integers[at]! + half).toString(16).padStart(width / 4, "0");
  return BigInt(text) - bias(width, end - from);
}

/**
 * The `count` integers of a plaintext into `out` at `from`.
 * @throws CofactorError UPDATE_REJECTED when there is something behind the last slot
 */
export function unpackSigned({ width }: SignedSlots, plaintext: bigint, n: bigint, out: Float64Array, from: number, count: number): void {
  const half = 2 ** (width - 1);
  const signed = plaintext > n / 2n ? plaintext - n : plaintext;
  const shifted = signed + bias(width, count);
  const digits = width / 4;
  const text = shifted.toString(16).padStart(digits * count, "0");
  if (shifted < 0n || text.length > digits * count) {
    throw new CofactorError("UPDATE_REJECTED", "a plaintext expected nothing behind its last slot");
  }
  for (let at = 0; at < count; at++) {
    const end = text.length - at * digits;
    out[from + at] = Number.parseInt(text.slice(end - digits, end), 16) - half;
  }
}

const biases = new Map<number, bigint>();

/** 2^(width - 1) in every one of `count` slots. */
function bias(width: number, count: number): bigint {
  const name = width * 65_536 + count;
  const known = biases.get(name) ?? BigInt(`0x${`8${"0".repeat(width / 4 - 1)}`.repeat(count)}`);
  biases.set(name, known);
  return known;
}
