/** What every mechanism promises, distributed ones by what a sum restores to. Imports vitest, the seam. */
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
export function describeMechanism(kind: string, create: (setting: MechanismSetting) => Promise<Mechanism>): void {
  const make = (
    noiseMultiplier = 0.4,
    neighboring: Neighboring = "replace",
    seed = 0,
    rounds = 1,
    state?: Uint8Array,
  ): Promise<Mechanism> => {
    const schedule = { rounds, participation: { kind: "unrestricted", participations: 1 } } as const;
    const rng = seededBytes(51, kind, seed);
    return create({ dimension, sensitivity: 2, noiseMultiplier, neighboring, rng, schedule, ...(state === undefined ? {} : { state }) });
  };
  const vector = Float64Array.of(0.5, -0.25, 0, 0, 0.125, -0.0625);

  describe(`mechanism ${kind}`, () => {
    it("returns a new vector with finite noise and leaves the old one alone", async () => {
      const before = vector.slice();
      const { values, events } = (await make()).noise(vector, 1);
      expect(values).not.toBe(vector);
      expect(values).toHaveLength(dimension);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(values).not.toEqual(vector);
      expect(vector).toEqual(before);
      expect(events).toEqual((await make()).events(1));
    });

    it("gives frozen events of its relation that some accountant can price", async () => {
      for (const neighboring of ["replace", "zero-out"] as const) {
        for (const event of (await make(2, neighboring)).events(1)) {
          expect(Object.isFrozen(event)).toBe(true);
          expect(event.neighboring).toBe(neighboring);
          const epsilon = openAccountant({ kind: "rdp" }, neighboring).compose(event).epsilon(1e-5);
          expect(epsilon).toBeGreaterThan(0);
          expect(epsilon).toBeLessThan(Number.POSITIVE_INFINITY);
        }
      }
    });

    it("noises zeros when the vector has a NaN or an infinity, without a word", async () => {
      const zeros = (await make()).noise(new Float64Array(dimension), 1).values;
      for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
        const broken = vector.slice();
        broken[2] = bad;
        expect((await make()).noise(broken, 1).values).toEqual(zeros);
      }
    });

    it("noises entries that do not depend on the vector", async () => {
      const touched = async (input: Float64Array) => (await make()).noise(input, 1).values.map((value) => (value === 0 ? 0 : 1));
      expect(await touched(vector)).toEqual(await touched(new Float64Array(dimension)));
    });

    it("is unbiased, and has the variance that it states, not 4/9 or 9/4 of it", async () => {
      const draws = 12_000;
      const rounds = 400;
      const sums = new Float64Array(dimension);
      let ratio = 0;
      let mechanism = await make();
      for (let i = 0; i < draws; i++) {
        const round = (i % rounds) + 1;
        if (round === 1) mechanism = await make(0.4, "replace", i, rounds);
        for (const [at, value] of mechanism.noise(vector, round).values.entries()) {
          const stated = mechanism.variance(vector[at]!, round);
          sums[at]! += (value - vector[at]!) / Math.sqrt(stated);
          ratio += (value - vector[at]!) ** 2 / stated / draws / dimension;
        }
      }
      for (const sum of sums) expect(Math.abs(sum)).toBeLessThan(4.5 * Math.sqrt(draws));
      expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
    });

    it("on devices stays within its reach", async () => {
      const mechanism = await make();
      if (mechanism.placement === "central") return;
      for (let i = 0; i < 2000; i++) {
        const { values } = mechanism.noise(vector, 1);
        for (const value of values) expect(Math.abs(value)).toBeLessThanOrEqual(mechanism.reach!);
      }
    });

    it("with a state of its own goes on from it, and gives no round twice", async () => {
      const mechanism = await make(0.4, "replace", 1, 10);
      if (mechanism.exportState === undefined) return;
      mechanism.noise(vector, 1);
      mechanism.noise(vector, 3);
      const resumed = await make(0.4, "replace", 2, 10, mechanism.exportState());
      for (const round of [1, 2, 3]) {
        expect(() => resumed.noise(vector, round)).toThrow(expect.objectContaining({ code: "REPLAYED" }));
      }
      expect(resumed.noise(vector, 4).values.every(Number.isFinite)).toBe(true);
    });

    it("refuses a vector of another length, and noise that is not a number", async () => {
      const mechanism = await make();
      expect(() => mechanism.noise(new Float64Array(dimension + 1), 1)).toThrow(RangeError);
      await expect(make(Number.NaN)).rejects.toThrow();
      await expect(make(-1)).rejects.toThrow();
    });
  });
}
