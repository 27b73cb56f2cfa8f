/** What stands between a clipped vector and a ring: transform, rotation, residues. */
import { describe, expect, it } from "vitest";
import { centerLift, modularClip, toResidues } from "../../../shared/privacy/distributed/modular.ts";
import { createRotation, rotationFromSeed, signBytes } from "../../../shared/privacy/distributed/rotation.ts";
import { paddedLength, walshHadamard } from "../../../shared/privacy/distributed/walsh-hadamard.ts";
import { createRng } from "../../../shared/random.ts";

const norm = (values: Float64Array): number => Math.hypot(...values);

function normals(size: number, ...keys: string[]): Float64Array {
  const rng = createRng(7, ...keys);
  return Float64Array.from({ length: size }, () => rng.normal());
}

describe("the Walsh-Hadamard transform", () => {
  it("is the matrix of Sylvester over the root of its size", () => {
    for (const n of [1, 2, 8, 32]) {
      for (let column = 0; column < n; column++) {
        const values = new Float64Array(n);
        values[column] = 1;
        walshHadamard(values);
        for (let row = 0; row < n; row++) {
          const ones = (row & column).toString(2).replaceAll("0", "").length;
          expect(values[row]).toBeCloseTo((ones % 2 === 0 ? 1 : -1) / Math.sqrt(n), 14);
        }
      }
    }
  });

  it("is its own inverse and keeps the norm", () => {
    const before = normals(4096, "transform");
    const values = before.slice();
    walshHadamard(values);
    expect(norm(values) / norm(before)).toBeCloseTo(1, 13);
    walshHadamard(values);
    expect(Math.max(...values.map((value, i) => Math.abs(value - before[i]!)))).toBeLessThan(1e-13);
  });

  it("refuses lengths that are no power of two", () => {
    for (const length of [0, 3, 12]) expect(() => walshHadamard(new Float64Array(length))).toThrow(RangeError);
    expect([0, 1, 2, 3, 1000, 1024].map(paddedLength)).toEqual([1, 1, 2, 4, 1024, 1024]);
  });
});

describe("the rotation", () => {
  const signs = (size: number, seed: number): Uint8Array => {
    const rng = createRng(seed, "signs");
    return Uint8Array.from({ length: signBytes(size) }, () => rng.below(256));
  };

  it("comes back, keeps the norm and does not touch its argument", () => {
    for (const size of [1, 7, 8, 100, 1000]) {
      const rotation = createRotation(size, signs(size, size));
      const values = normals(size, "rotation");
      const copy = values.slice();
      const rotated = rotation.rotate(values);
      expect(rotated.length).toBe(rotation.rotatedSize);
      expect(norm(rotated) / norm(values)).toBeCloseTo(1, 13);
      const back = rotation.restore(rotated);
      expect(back.length).toBe(size);
      expect(Math.max(...back.map((value, i) => Math.abs(value - values[i]!)))).toBeLessThan(1e-13);
      expect(values).toEqual(copy);
    }
  });

  it("makes a lone entry, and a constant vector, flat", () => {
    const rotation = createRotation(1000, signs(1000, 3));
    const lone = new Float64Array(1000);
    lone[412] = 32;
    expect(Math.max(...rotation.rotate(lone).map(Math.abs))).toBeCloseTo(1, 12);
    // 5 standard deviations: 1,024 entries of the norm's share each.
    const constant = rotation.rotate(new Float64Array(1000).fill(1));
    expect(Math.max(...constant.map(Math.abs))).toBeLessThan(5);
  });

  it("of sums is the sum of rotations", () => {
    const rotation = createRotation(60, signs(60, 4));
    const [a, b] = [normals(60, "a"), normals(60, "b")];
    const both = rotation.rotate(a.map((value, i) => value + b[i]!));
    const [ra, rb] = [rotation.rotate(a), rotation.rotate(b)];
    both.forEach((value, i) => expect(value).toBeCloseTo(ra[i]! + rb[i]!, 12));
  });

  it("is the one of its seed, by the expansion that is handed over", async () => {
    const asked: number[] = [];
    const seed = new Uint8Array(32).fill(9);
    const rotation = await rotationFromSeed(20, seed, async (given, length) => {
      expect(given).toBe(seed);
      asked.push(length);
      return Uint8Array.of(0b0000_0101, 0, 0b1000);
    });
    expect(asked).toEqual([3]);
    const flipped = new Float64Array(20);
    flipped[0] = flipped[2] = flipped[19] = -1;
    const plain = new Float64Array(20);
    plain[0] = plain[2] = plain[19] = 1;
    const none = createRotation(20, new Uint8Array(3));
    expect(rotation.rotate(plain)).toEqual(none.rotate(flipped));
    await expect(rotationFromSeed(20, new Uint8Array(31), () => new Uint8Array(3))).rejects.toThrow(RangeError);
    await expect(rotationFromSeed(20, seed, () => new Uint8Array(2))).rejects.toThrow(RangeError);
  });

  it("refuses vectors of other lengths", () => {
    const rotation = createRotation(5, new Uint8Array(1));
    expect(() => rotation.rotate(new Float64Array(8))).toThrow(RangeError);
    expect(() => rotation.restore(new Float64Array(5))).toThrow(RangeError);
  });
});

describe("residues", () => {
  it("are lifted to the number nearest to zero", () => {
    expect([...centerLift(Float64Array.of(0, 7, 8, 15, 16, -9), 16)]).toEqual([0, 7, -8, -1, 0, 7]);
    expect([...centerLift(Float64Array.of(0, 1, 2), 3)]).toEqual([0, 1, -1]);
    expect([...centerLift(Float64Array.of(5), 1)]).toEqual([0]);
  });

  it("of a sum that fits give the sum back, exactly, also of large rings", () => {
    const modulus = 2 ** 52;
    const parts = [3 * 2 ** 49 + 1, -(2 ** 50) - 5, 7, -(2 ** 50)];
    const sum = parts.reduce(
      (total, part) => toResidues(Float64Array.of(total + toResidues(Float64Array.of(part), modulus)[0]!), modulus)[0]!,
      0,
    );
    expect(centerLift(Float64Array.of(sum), modulus)[0]).toBe(parts.reduce((a, b) => a + b, 0));
  });

  it("keep what is within, wrap what is not, and have no minus zero", () => {
    expect([...modularClip(Float64Array.of(-5, 9, 10, -6, -15), -5, 10)]).toEqual([-5, 9, -5, 9, 0]);
    expect(Object.is(modularClip(Float64Array.of(-0), -5, 10)[0], 0)).toBe(true);
    expect(modularClip(Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY), -5, 10)).toEqual(Float64Array.of(Number.NaN, Number.NaN));
    expect(() => modularClip(new Float64Array(1), 1, 5)).toThrow(RangeError);
    expect(() => modularClip(new Float64Array(1), -(2 ** 52), 2)).toThrow(RangeError);
    expect(() => toResidues(new Float64Array(1), 0)).toThrow(RangeError);
  });
});
