/** Packing many signed integers into plaintexts, and what it notices in sums. */
import { describe, expect, test } from "vitest";
import { bigIntToBytes, bytesToBigInt } from "../../../shared/crypto/encoding.ts";
import { blockCount, createPacking, pack, unpackSums } from "../../../shared/crypto/paillier/packing.ts";

const overflow = expect.objectContaining({ code: "AGGREGATION_FAILED" });

test.each([
  [2048, 24, 1024, 10, 60],
  [3072, 24, 1024, 10, 90],
  [2048, 24, 1, 0, 85],
  [2048, 24, 2, 1, 81],
  [2048, 24, 1025, 11, 58],
  [1024, 35, 1024, 10, 22],
])("a %i-bit key, %i-bit values and %i summands: %i guard bits, %i slots", (keyBits, valueBits, maxCount, guardBits, slots) => {
  expect(createPacking(keyBits, valueBits, maxCount)).toEqual({ valueBits, guardBits, slots, blockBytes: keyBits / 8 });
});

test("guard bits are exact at and around every power of two", () => {
  for (let bits = 1; bits <= 20; bits++) {
    expect(createPacking(2048, 8, 2 ** bits).guardBits).toBe(bits);
    expect(createPacking(2048, 8, 2 ** bits + 1).guardBits).toBe(bits + 1);
  }
});

test("slots lie at multiples of their width: block = sum of (value + bias) * 2^(slot * width)", () => {
  const packing = createPacking(1024, 13, 6);
  const values = Int32Array.from({ length: packing.slots + 3 }, (_, i) => ((i * 2_654_435) % 8191) - 4095);
  const blocks = pack(packing, values);
  const width = 16;
  for (let block = 0; block < 2; block++) {
    const part = values.subarray(block * packing.slots, (block + 1) * packing.slots);
    const expected = part.reduce((sum, value, slot) => sum + (BigInt(value + 4096) << BigInt(slot * width)), 0n);
    expect(bytesToBigInt(blocks.subarray(block * 128, (block + 1) * 128))).toBe(expected);
  }
});

test("100,000 packed values, summed as big numbers, unpack exactly, at widths that are and are not whole bytes", () => {
  for (const [keyBits, valueBits, maxCount] of [
    [1024, 24, 7],
    [2048, 24, 1000],
    [3072, 35, 1024],
    [2048, 2, 3],
    [2048, 16, 256],
  ] as const) {
    const packing = createPacking(keyBits, valueBits, maxCount);
    const max = 2 ** (valueBits - 1) - 1;
    const length = 20_003;
    const summands = Math.min(5, maxCount);
    const expected = new Float64Array(length);
    const totals = new Array<bigint>(blockCount(packing, length)).fill(0n);
    let seed = keyBits + valueBits;
    for (let client = 0; client < summands; client++) {
      const values = Float64Array.from({ length }, (_, i) => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return i === 0 ? max : i === 1 ? -max : Math.round((seed / 2 ** 31 - 1) * max);
      });
      values.forEach((value, i) => {
        expected[i] = expected[i]! + value;
      });
      const blocks = pack(packing, values);
      totals.forEach((total, block) => {
        totals[block] = total + bytesToBigInt(blocks.subarray(block * packing.blockBytes, (block + 1) * packing.blockBytes));
      });
    }
    const sums = new Uint8Array(totals.length * packing.blockBytes);
    totals.forEach((total, block) => {
      sums.set(bigIntToBytes(total, packing.blockBytes), block * packing.blockBytes);
    });
    expect(unpackSums(packing, sums, length, summands)).toEqual(expected);
  }
});

describe("what no honest sum holds", () => {
  const packing = createPacking(1024, 24, 4);
  const one = pack(packing, Float64Array.of(1, 2, 3));

  test("more summands than guard bits are refused", () => {
    expect(() => unpackSums(packing, one, 3, 5)).toThrow(RangeError);
  });

  test("a slot below its summands' smallest sum", () => {
    const lowest = pack(packing, Float64Array.of(1 - 2 ** 23));
    expect(unpackSums(packing, lowest, 1, 1)).toEqual(Float64Array.of(1 - 2 ** 23));
    expect(() => unpackSums(packing, lowest, 1, 2)).toThrow(overflow);
  });

  test("a slot above its summands' largest sum", () => {
    const blocks = one.slice();
    blocks[3] = 3;
    expect(() => unpackSums(packing, blocks, 3, 1)).toThrow(overflow);
  });

  test("a bit in an unused slot", () => {
    const blocks = one.slice();
    blocks[50] = 1;
    expect(() => unpackSums(packing, blocks, 3, 1)).toThrow(overflow);
  });

  test("the top bit of a full block", () => {
    const blocks = pack(packing, new Float64Array(packing.slots));
    expect(unpackSums(packing, blocks, packing.slots, 1)).toEqual(new Float64Array(packing.slots));
    blocks[127] = 0x80;
    expect(() => unpackSums(packing, blocks, packing.slots, 1)).toThrow(overflow);
  });

  test.each([2 ** 23, -(2 ** 23), 0.5, Number.NaN, Number.POSITIVE_INFINITY])("the value %d is not packed", (value) => {
    expect(() => pack(packing, Float64Array.of(0, value))).toThrow(RangeError);
  });

  test("a slot wider than exact numbers is no packing", () => {
    expect(() => createPacking(2048, 40, 1024)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});
