/** Ring vectors: edges, signs, bounds and bytes. */
import { describe, expect, it } from "vitest";
import {
  addRing,
  fromRing,
  residuesOf,
  ringBytes,
  ringFor,
  ringFromBytes,
  ringToBytes,
  toRing,
} from "../../../../shared/crypto/masks/ring.ts";

describe("ringFor", () => {
  it("takes whole bytes with a bit to spare, one word as long as the sum fits, then two, then refuses", () => {
    expect([ringFor(24, 256), ringFor(24, 257), ringFor(32, 1), ringFor(33, 1), ringFor(44, 1_024)]).toEqual([32, 40, 32, 40, 56]);
    expect([ringFor(8, 1), ringFor(8, 100), ringFor(8, 256), ringFor(13, 256), ringFor(25, 100)]).toEqual([16, 16, 24, 24, 32]);
    expect(() => ringFor(45, 1_024)).toThrow(expect.objectContaining({ code: "ENCODE_OVERFLOW" }));
    expect(() => ringFor(Number.NaN, 2)).toThrow(expect.objectContaining({ code: "ENCODE_OVERFLOW" }));
  });

  it("keeps the greatest honest sum in the ring: one device more would pass it", () => {
    const most = 2 ** 23 - 1;
    const sum = new Uint32Array(1);
    for (let i = 0; i < 256; i++) addRing(sum, toRing(Float64Array.of(-most), 32), 32);
    expect([...fromRing(sum, 32, 256 * most)]).toEqual([-256 * most]);
  });
});

describe("ring vectors", () => {
  const small = Float64Array.of(0, 1, -1, 2 ** 31 - 1, -(2 ** 31));
  const large = Float64Array.of(0, 1, -1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53), 2 ** 31, -(2 ** 31) - 1);

  it("give signed integers back, also at the edges, through bytes", () => {
    for (const [values, bits] of [
      [small, 32],
      [small, 40],
      [small, 64],
      [Float64Array.of(0, 1, -1, 127, -128), 8],
      [Float64Array.of(0, 1, -1, 2 ** 23 - 1, -(2 ** 23)), 24],
      [Float64Array.of(2 ** 39 - 1, -(2 ** 39), 2 ** 31, -(2 ** 31) - 1), 40],
      [Float64Array.of(2 ** 53 - 1, -(2 ** 53), 2 ** 31, -1), 56],
      [large, 64],
    ] as const) {
      // biome-ignore format: one line shows it
      const bytes = ringToBytes(toRing(values, bits), bits);
      expect(bytes).toHaveLength(ringBytes(values.length, bits));
      expect([...fromRing(ringFromBytes(bytes, values.length, bits), bits, 2 ** 53)]).toEqual([...values]);
    }
    expect([...ringToBytes(toRing(Float64Array.of(-2), 32), 32)]).toEqual([254, 255, 255, 255]);
    expect([...ringToBytes(toRing(Float64Array.of(2 ** 32 + 3), 64), 64)]).toEqual([3, 0, 0, 0, 1, 0, 0, 0]);
  });

  it("read bytes at any offset", () => {
    const bytes = ringToBytes(toRing(small, 32), 32);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(ringFromBytes(shifted.subarray(1), 5, 32)).toEqual(toRing(small, 32));
  });

  it("add with carries between the words of a pair", () => {
    const sum = toRing(Float64Array.of(2 ** 32 - 1, -1), 64);
    addRing(sum, toRing(Float64Array.of(1, 1), 64), 64);
    expect([...fromRing(sum, 64, 2 ** 40)]).toEqual([2 ** 32, 0]);
  });

  it("refuse entries that are no integers of the ring, wrong lengths, and sums beyond the bound, naming places only", () => {
    for (const [value, bits] of [
      [2 ** 31, 32],
      [-(2 ** 31) - 1, 32],
      [0.5, 32],
      [Number.NaN, 64],
      [2 ** 53, 64],
    ] as const) {
      // biome-ignore format: one line shows it
      expect(() => toRing(Float64Array.of(0, value), bits)).toThrow(expect.objectContaining({ code: "ENCODE_OVERFLOW", message: expect.stringContaining("entry 1") }));
    }
    expect(() => ringFromBytes(new Uint8Array(12), 4, 32)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    expect(() => ringFromBytes(new Uint8Array(16), 4, 64)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    expect(() => addRing(new Uint32Array(2), new Uint32Array(3), 32)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    for (const value of [11, -11]) {
      const vector = toRing(Float64Array.of(10, value), 32);
      expect(() => fromRing(vector, 32, 10)).toThrow(expect.objectContaining({ code: "AGGREGATION_FAILED" }));
    }
  });
});

describe("residuesOf", () => {
  it("gives what fromRing gives, and wraps what that refuses, exactly at any size", () => {
    const values = Float64Array.of(0, 1, -1, 2 ** 20, -(2 ** 20));
    expect([...residuesOf(toRing(values, 32), 32, 32)]).toEqual([...values]);
    expect([...residuesOf(toRing(values, 64), 64, 53)]).toEqual([...values]);
    expect([...residuesOf(toRing(Float64Array.of(2 ** 52 - 1, -(2 ** 52)), 64), 64, 53)]).toEqual([2 ** 52 - 1, -(2 ** 52)]);
    // The low bits of a sum of 2^63 and 3 are still there.
    expect([...residuesOf(Uint32Array.of(3, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff), 64, 53)]).toEqual([3, -1]);
    expect([...residuesOf(Uint32Array.of(0x8000_0000), 32, 32)]).toEqual([-(2 ** 31)]);
    expect([...residuesOf(Uint32Array.of(9, 7), 32, 3)]).toEqual([1, -1]);
  });
});
