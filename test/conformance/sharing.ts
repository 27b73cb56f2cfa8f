/** What every sharing policy promises. Imports vitest, the seam. */
import { describe, expect, it } from "vitest";
import { addInto } from "../../shared/math/linear.ts";
import { type ParameterSpec, sizeOf } from "../../shared/models/model.ts";
import { createRng, simulationRng } from "../../shared/random.ts";
import type { Sharing, SharingShape } from "../../shared/sharing/sharing.ts";

const items = 23;
const contribution: ParameterSpec = [
  { name: "factors", shape: [items, 6] },
  { name: "bias", shape: [items] },
];

/** The row that an entry belongs to. */
function rowOf(at: number): number {
  return at < items * 6 ? Math.floor(at / 6) : at - items * 6;
}

/**
 * The suite for a policy.
 *
 * @param create makes it, with its default options where they do
 */
export function describeSharing(kind: string, create: (shape: SharingShape) => Sharing): void {
  const shape: SharingShape = { items, contribution, label: "films-1" };
  const whole = sizeOf(contribution);
  const draw = (seed: number): Float64Array => {
    const rng = createRng(seed, kind);
    const values = Float64Array.from({ length: whole }, () => rng.normal());
    // Whoever chooses rows by what is touched has a few touched ones.
    return create(shape).scattered === undefined ? values : values.map((value, at) => (rowOf(at) % 5 === seed % 5 ? value : 0));
  };
  const lasting = (device: number): Uint8Array => simulationRng(createRng(device, "lasting")).bytes(32);
  const sumSize = (sharing: Sharing): number => sharing.scattered?.sumSize ?? sharing.size;
  const sumOf = (sharing: Sharing, parts: readonly Float64Array[]): Float64Array => {
    const sum = new Float64Array(sumSize(sharing));
    for (const part of parts) {
      sharing.scattered?.check(part);
      if (sharing.scattered === undefined) addInto(sum, part);
      else sharing.scattered.addInto(sum, part);
    }
    return sum;
  };

  describe(`sharing ${kind}`, () => {
    it("says how much leaves, and never more than there is", () => {
      const sharing = create(shape);
      expect(sharing.kind).toBe(kind);
      expect(sizeOf(sharing.spec)).toBe(sharing.size);
      expect(sharing.size).toBeLessThanOrEqual(whole);
      expect(sharing.encode(draw(1), 1, lasting(1))).toHaveLength(sharing.size);
      expect(sharing.decode(new Float64Array(sumSize(sharing)), 1)).toEqual(new Float64Array(whole));
    });

    it("makes of a sum of parts what it makes of the sum, in every round", () => {
      const sharing = create(shape);
      for (const round of [1, 2, 9]) {
        const vectors = [1, 2, 3].map(draw);
        const parts = vectors.map((vector, device) => sharing.encode(vector, round, lasting(device)));
        const sum = vectors.reduce((left, right) => left.map((value, at) => value + right[at]!));
        const apart = sharing.decode(sumOf(sharing, parts), round);
        // Who chooses rows by what is touched leaves nothing out of these.
        const together = sharing.scattered === undefined ? sharing.decode(sharing.encode(sum, round), round) : sum;
        for (const [at, value] of apart.entries()) expect(value).toBeCloseTo(together[at]!, 10);
      }
    });

    it("is the same on every device of a run, writes to no argument, and has no memory of what it saw", () => {
      const vector = draw(4);
      const before = vector.slice();
      const [one, two] = [create(shape), create(shape)];
      one.encode(draw(5), 3, lasting(2));
      const part = one.encode(vector, 2, lasting(1));
      expect(part).toEqual(two.encode(vector, 2, lasting(1)));
      expect(vector).toEqual(before);
      const kept = part.slice();
      const sum = sumOf(one, [part]);
      const keptSum = sum.slice();
      expect(one.decode(sum, 2)).toEqual(two.decode(sum, 2));
      expect(part).toEqual(kept);
      expect(sum).toEqual(keptSum);
    });

    it("tells by its form nothing of who touched which item, or says how much", () => {
      const sharing = create(shape);
      const [none, few] = [new Float64Array(whole), new Float64Array(whole)];
      few[7] = 1;
      const part = sharing.encode(none, 1, lasting(1));
      expect(part).toHaveLength(sharing.encode(few, 1, lasting(1)).length);
      expect(part.subarray(sharing.scattered?.places ?? 0).every((value) => value === 0)).toBe(true);
      if (sharing.scattered === undefined) return;
      expect(sharing.scattered.revealedBits(0)).toBe(0);
      expect(sharing.scattered.revealedBits(1)).toBeCloseTo(Math.log2(items / sharing.scattered.places), 9);
    });

    it("states its gains", () => {
      const sharing = create(shape);
      let squares = 0;
      const draws = 400;
      for (let i = 0; i < draws; i++) {
        const rng = createRng(i, "noise");
        const noise = Float64Array.from({ length: sumSize(sharing) }, () => rng.normal());
        for (const value of sharing.decode(noise, i + 1)) squares += value * value;
      }
      expect(Math.sqrt(squares / draws / whole) / sharing.noiseGain).toBeCloseTo(1, 1);
      const ones = Float64Array.from({ length: whole }, (_, at) => (at % 2 === 0 ? 1 : -1));
      for (let round = 1; round < 30; round++) {
        const part = sharing.encode(ones, round, lasting(1)).subarray(sharing.scattered?.places ?? 0);
        for (const value of part) expect(Math.abs(value)).toBeLessThanOrEqual(sharing.entryGain + 1e-12);
      }
    });
  });
}
