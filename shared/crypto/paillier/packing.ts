/**
 * Many small signed integers in one plaintext: slots of equal width, biased so that none borrows from its neighbour, with
 * guard bits so that a whole cohort's sum stays in its slot. Imports check.ts and errors.ts.
 */
import { integer } from "../../check.ts";
import { CofactorError } from "../../errors.ts";

/** How integers are packed. */
export interface Packing {
  /** Bits of a single value, sign included: |value| < 2^(valueBits - 1). */
  readonly valueBits: number;
  /** Bits that summing may add: sums of at most 2^guardBits values. */
  readonly guardBits: number;
  /** Values in a plaintext. */
  readonly slots: number;
  /** Bytes of a plaintext. */
  readonly blockBytes: number;
}

/**
 * A packing for plaintexts below an n of `keyBits` bits and sums of at most `maxCount` values.
 * @throws CofactorError CONFIG_INVALID when a slot would be wider than 45 bits or than the plaintext
 */
export function createPacking(keyBits: number, valueBits: number, maxCount: number): Packing {
  // Whole-number arithmetic: both sides must find the same layout, and logarithms may differ in the last place between platforms.
  const guardBits = 32 - Math.clz32(integer(maxCount, 1, 2 ** 31, "maxCount") - 1);
  const width = valueBits + guardBits;
  const slots = Math.floor((keyBits - 1) / width);
  if (width > 45 || slots < 1) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `a slot expected at most 45 bits, got ${valueBits} for a value and ${guardBits} for ${maxCount} summands`,
    );
  }
  return { valueBits, guardBits, slots, blockBytes: keyBits / 8 };
}

/** Plaintexts that `count` values take. */
export function blockCount(packing: Packing, count: number): number {
  return Math.ceil(count / packing.slots);
}

/** Packs signed integers. @throws RangeError when one is not below 2^(valueBits - 1) in size */
export function pack(packing: Packing, values: Int32Array | Float64Array): Uint8Array {
  const { slots, blockBytes } = packing;
  const width = packing.valueBits + packing.guardBits;
  const bias = 2 ** (packing.valueBits - 1);
  const out = new Uint8Array(blockCount(packing, values.length) * blockBytes);
  for (let index = 0; index < values.length; index++) {
    const biased = values[index]! + bias;
    if (!(biased > 0 && biased < 2 * bias) || !Number.isInteger(biased))
      throw new RangeError(`"values" expected integers below ${bias} in size, entry ${index} is not`);
    const bit = (index % slots) * width;
    let at = Math.floor(index / slots) * blockBytes + (bit >> 3);
    let rest = biased * 2 ** (bit & 7);
    while (rest > 0) {
      out[at] = out[at]! | (rest % 256);
      rest = Math.floor(rest / 256);
      at += 1;
    }
  }
  return out;
}

/**
 * The sums of `summands` packed vectors, `count` long.
 * @throws CofactorError AGGREGATION_FAILED when a slot holds what no honest sum holds, or there is something behind the last slot
 */
export function unpackSums(packing: Packing, blocks: Uint8Array, count: number, summands: number): Float64Array {
  const { slots, blockBytes } = packing;
  const width = packing.valueBits + packing.guardBits;
  const bias = 2 ** (packing.valueBits - 1);
  if (summands > 2 ** packing.guardBits) throw new RangeError(`"summands" expected at most ${2 ** packing.guardBits}, got ${summands}`);
  const modulus = 2 ** width;
  const out = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const bit = (index % slots) * width;
    let at = Math.floor(index / slots) * blockBytes + (bit >> 3);
    let value = blocks[at]! >> (bit & 7);
    for (let have = 8 - (bit & 7), scale = 2 ** (8 - (bit & 7)); have < width; have += 8, scale *= 256) {
      at += 1;
      value += blocks[at]! * scale;
    }
    const sum = (value % modulus) - summands * bias;
    if (Math.abs(sum) > summands * (bias - 1)) throw overflowed(`slot ${index} holds more than ${summands} honest values can sum to`);
    out[index] = sum;
  }
  assertEmptyTail(packing, blocks, count);
  return out;
}

/** Every bit behind the last used slot of a block must be zero: an overflow of the topmost slot shows there. */
function assertEmptyTail(packing: Packing, blocks: Uint8Array, count: number): void {
  const width = packing.valueBits + packing.guardBits;
  for (let block = 0; block * packing.blockBytes < blocks.length; block++) {
    const used = Math.max(0, Math.min(packing.slots, count - block * packing.slots)) * width;
    for (let byte = used >> 3; byte < packing.blockBytes; byte++) {
      const tail =
        byte === used >> 3 ? blocks[block * packing.blockBytes + byte]! >> (used & 7) : blocks[block * packing.blockBytes + byte]!;
      if (tail !== 0) throw overflowed(`block ${block} holds something behind its last slot`);
    }
  }
}

function overflowed(message: string): CofactorError {
  return new CofactorError("AGGREGATION_FAILED", `${message}: a contribution was beyond its range`);
}
