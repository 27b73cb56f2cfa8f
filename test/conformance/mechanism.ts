/** What every mechanism promises. Imports vitest, the seam. */
import { describe, expect, it } from "vitest";
import type { Neighboring } from "../../shared/privacy/event.ts";
import type { Mechanism, MechanismSetting } from "../../shared/privacy/mechanism.ts";
import { openAccountant } from "../../shared/privacy/spent.ts";
import { seededBytes } from "../support/seeded-bytes.ts";

const dimension = 6;

/**
 * The suite for a mechanism.
 *
 * @param create makes it, with its default options
 */
export function describeMechanism(kind: string, create: (setting: MechanismSetting) => Mechanism): void {
  const make = (noiseMultiplier = 0.4, neighboring: Neighboring = "replace", seed = 0): Mechanism =>
    create({ dimension, sensitivity: 1, noiseMultiplier, neighboring, rng: seededBytes(51, kind, seed) });
  const vector = Float64Array.of(0.5, -0.25, 0, 0, 0.125, -0.0625);

  describe(`mechanism ${kind}`, () => {
    it("returns a new vector with finite noise and leaves the old one alone", () => {
      const before = vector.slice();
      const { values, events } = make().noise(vector, 1);
      expect(values).not.toBe(vector);
      expect(values).toHaveLength(dimension);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(values).not.toEqual(vector);
      expect(vector).toEqual(before);
      expect(events).toEqual(make().events(1));
    });

    it("gives frozen events of its relation that some accountant can price", () => {
      for (const neighboring of ["replace", "zero-out"] as const) {
        for (const event of make(2, neighboring).events(1)) {
          expect(Object.isFrozen(event)).toBe(true);
          expect(event.neighboring).toBe(neighboring);
          const epsilon = openAccountant({ kind: "rdp" }, neighboring).compose(event).epsilon(1e-5);
          expect(epsilon).toBeGreaterThan(0);
          expect(epsilon).toBeLessThan(Number.POSITIVE_INFINITY);
        }
      }
    });

    it("noises zeros when the vector has a NaN or an infinity, without a word", () => {
      const zeros = make().noise(new Float64Array(dimension), 1).values;
      for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
        const broken = vector.slice();
        broken[2] = bad;
        expect(make().noise(broken, 1).values).toEqual(zeros);
      }
    });

    it("noises entries that do not depend on the vector", () => {
      const touched = (input: Float64Array) =>
        make()
          .noise(input, 1)
          .values.map((value) => (value === 0 ? 0 : 1));
      expect(touched(vector)).toEqual(touched(new Float64Array(dimension)));
    });

    it("is unbiased, and has the variance that it states, not 4/9 or 9/4 of it", () => {
      const mechanism = make();
      const draws = 12_000;
      const sums = new Float64Array(dimension);
      const squares = new Float64Array(dimension);
      for (let i = 0; i < draws; i++) {
        for (const [at, value] of mechanism.noise(vector, 1).values.entries()) {
          sums[at]! += value - vector[at]!;
          squares[at]! += (value - vector[at]!) ** 2;
        }
      }
      let ratio = 0;
      for (const [at, value] of vector.entries()) {
        const stated = mechanism.variance(value);
        expect(Math.abs(sums[at]! / draws)).toBeLessThan(4.5 * Math.sqrt(stated / draws));
        ratio += squares[at]! / draws / stated / dimension;
      }
      expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
    });

    it("refuses a vector of another length, and noise that is not a number", () => {
      expect(() => make().noise(new Float64Array(dimension + 1), 1)).toThrow(RangeError);
      expect(() => make(Number.NaN)).toThrow();
      expect(() => make(-1)).toThrow();
    });
  });
}
