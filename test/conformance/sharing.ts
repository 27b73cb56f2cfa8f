/** What every sharing policy promises. Imports vitest, the seam. */
import { describe, expect, it } from "vitest";
import { type ParameterSpec, sizeOf } from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import type { Sharing, SharingShape } from "../../shared/sharing/sharing.ts";

const items = 23;
const contribution: ParameterSpec = [
  { name: "factors", shape: [items, 6] },
  { name: "bias", shape: [items] },
];

/**
 * The suite for a policy.
 *
 * @param create makes it, with its default options
 */
export function describeSharing(kind: string, create: (shape: SharingShape) => Sharing): void {
  const shape: SharingShape = { items, contribution, label: "films-1" };
  const whole = sizeOf(contribution);
  const draw = (seed: number): Float64Array => {
    const rng = createRng(seed, kind);
    return Float64Array.from({ length: whole }, () => rng.normal());
  };

  describe(`sharing ${kind}`, () => {
    it("says how much leaves, and never more than there is", () => {
      const sharing = create(shape);
      expect(sharing.kind).toBe(kind);
      expect(sizeOf(sharing.spec)).toBe(sharing.size);
      expect(sharing.size).toBeLessThanOrEqual(whole);
      expect(sharing.encode(draw(1), 1)).toHaveLength(sharing.size);
      expect(sharing.decode(new Float64Array(sharing.size), 1)).toEqual(new Float64Array(whole));
    });

    it("makes of a sum of parts what it makes of the sum, in every round", () => {
      const sharing = create(shape);
      for (const round of [1, 2, 9]) {
        const vectors = [1, 2, 3].map(draw);
        const parts = vectors.map((vector) => sharing.encode(vector, round));
        const sum = (all: readonly Float64Array[]) => all.reduce((left, right) => left.map((value, at) => value + right[at]!));
        const apart = sharing.decode(sum(parts), round);
        const together = sharing.decode(sharing.encode(sum(vectors), round), round);
        for (const [at, value] of apart.entries()) expect(value).toBeCloseTo(together[at]!, 10);
      }
    });

    it("is the same on every device of a run, writes to no argument, and has no memory of what it saw", () => {
      const vector = draw(4);
      const before = vector.slice();
      const [one, two] = [create(shape), create(shape)];
      one.encode(draw(5), 3);
      const part = one.encode(vector, 2);
      expect(part).toEqual(two.encode(vector, 2));
      expect(vector).toEqual(before);
      const kept = part.slice();
      expect(one.decode(part, 2)).toEqual(two.decode(part, 2));
      expect(part).toEqual(kept);
    });

    it("tells by its form nothing of who touched which item", () => {
      const sharing = create(shape);
      const [none, few] = [new Float64Array(whole), new Float64Array(whole)];
      few[7] = 1;
      expect(sharing.encode(none, 1)).toHaveLength(sharing.encode(few, 1).length);
      expect(sharing.encode(none, 1).every((value) => value === 0)).toBe(true);
    });

    it("states its gains", () => {
      const sharing = create(shape);
      let squares = 0;
      const draws = 400;
      for (let i = 0; i < draws; i++) {
        const rng = createRng(i, "noise");
        const noise = Float64Array.from({ length: sharing.size }, () => rng.normal());
        for (const value of sharing.decode(noise, i + 1)) squares += value * value;
      }
      expect(Math.sqrt(squares / draws / whole) / sharing.noiseGain).toBeCloseTo(1, 1);
      const ones = Float64Array.from({ length: whole }, (_, at) => (at % 2 === 0 ? 1 : -1));
      for (let round = 1; round < 30; round++) {
        for (const value of sharing.encode(ones, round)) expect(Math.abs(value)).toBeLessThanOrEqual(sharing.entryGain + 1e-12);
      }
    });
  });
}
