/** What every clip promises. Imports vitest, random. */
import { describe, expect, it } from "vitest";
import type { Clip } from "../../shared/privacy/clips/clip.ts";
import { createRng } from "../../shared/random.ts";

/**
 * The suite for a clip.
 *
 * @param create makes the clip for vectors of 36 values in 12 rows of width 3
 */
export function describeClip(kind: string, create: () => Clip): void {
  describe(`clip ${kind}`, () => {
    const clip = create();
    const rng = createRng(31, "clip", kind);
    const vectors = [1e-3, 1e-1, 1, 10, 1e6, 1e200, 1e-250].flatMap((size) =>
      [1, 0.3].map((density) => Float64Array.from({ length: 36 }, () => (rng.float() < density ? rng.normal() * size : 0))),
    );
    const norm = (values: Float64Array): number => Math.hypot(...values);

    it("keeps every vector within the sensitivity, and any two within that of replacing", () => {
      const clipped = vectors.map((values) => clip.clip(values));
      for (const one of clipped) {
        expect(norm(one)).toBeLessThanOrEqual(clip.sensitivity("add-remove") * (1 + 1e-15));
        for (const other of clipped) {
          expect(norm(one.map((value, i) => value - other[i]!))).toBeLessThanOrEqual(clip.sensitivity("replace") * (1 + 1e-15));
        }
      }
      expect(clip.sensitivity("zero-out")).toBe(clip.sensitivity("add-remove"));
      expect(clip.sensitivity("replace")).toBe(2 * clip.sensitivity("add-remove"));
    });

    it("returns a new vector of the same length and leaves the old one alone", () => {
      for (const values of vectors) {
        const before = values.slice();
        const clipped = clip.clip(values);
        expect(clipped).not.toBe(values);
        expect(clipped).toHaveLength(36);
        expect(values).toEqual(before);
      }
    });

    it("makes zeros of a vector with a NaN or an infinity, without a word", () => {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const values = Float64Array.from({ length: 36 }, (_, i) => (i === 17 ? bad : 1));
        expect(clip.clip(values)).toEqual(new Float64Array(36));
      }
      expect(clip.clip(new Float64Array(36))).toEqual(new Float64Array(36));
    });

    it("turns no value around, and adds none", () => {
      for (const values of vectors) {
        for (const [i, value] of clip.clip(values).entries()) expect(value * Math.sign(values[i]!)).toBeGreaterThanOrEqual(0);
      }
    });

    it("gives a short vector back, in its units", () => {
      const values = Float64Array.from({ length: 36 }, (_, i) => (i < 3 ? 0.01 * (i + 1) : 0));
      for (const [i, value] of clip.clip(values).entries()) expect(Math.abs(value * clip.unit - values[i]!)).toBeLessThan(1e-5);
    });

    it("refuses a vector of another length", () => {
      expect(() => clip.clip(new Float64Array(35))).toThrow(RangeError);
    });
  });
}
