/** The suite that every division of groups' values passes. Imports vitest and the seam. */
import { describe, expect, it } from "vitest";
import { createRng, shuffled } from "../../shared/random.ts";
import type { Division, ValuedGroup } from "../../shared/rewards/division.ts";

const people = 24;
const size = 4;

/** Groups drawn anew in each round, each worth what `worthOf` says of its members. */
export function drawnGroups(rounds: number, worthOf: (members: Int32Array, round: number) => number, seed = 1): ValuedGroup[] {
  const rng = createRng(seed, "groups");
  return Array.from({ length: rounds }, (_, round) => {
    const order = shuffled(people, rng);
    return Array.from({ length: people / size }, (_, group) => {
      const members = order.slice(group * size, (group + 1) * size);
      return { round, members, value: worthOf(members, round) };
    });
  }).flat();
}

/** Runs the suite. */
export function describeDivision(name: string, division: Division): void {
  const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);
  const noisy = (): ValuedGroup[] => {
    const rng = createRng(9, "noise");
    return drawnGroups(20, (_, round) => 1 / (round + 1) + 0.3 * rng.normal());
  };

  describe(`reward division ${name}`, () => {
    it("shares out the groups' values, no more and no less, and gives who was in no group nothing", () => {
      const groups = noisy();
      const values = division.divide(groups, people + 1);
      expect(values).toHaveLength(people + 1);
      expect(total(values)).toBeCloseTo(total(groups.map(({ value }) => value)), 9);
      expect(values[people]).toBe(0);
    });

    it("gives people who were in the same groups the same", () => {
      const groups = noisy().map((group) => ({
        ...group,
        members: group.members.includes(0) ? Int32Array.of(...group.members, people) : group.members,
      }));
      const values = division.divide(groups, people + 1);
      expect(values[people]).toBeCloseTo(values[0]!, 10);
    });

    it("gives the same in whatever order people are numbered, and for the same groups again", () => {
      const groups = noisy();
      const values = division.divide(groups, people);
      expect(division.divide(groups, people)).toEqual(values);
      const turned = groups.map((group) => ({ ...group, members: group.members.map((person) => people - 1 - person) }));
      for (const [person, value] of division.divide(turned, people).entries()) expect(value).toBeCloseTo(values[people - 1 - person]!, 8);
    });

    it("gives finite values for no groups, one group, groups worth nothing, and rounds that lose", () => {
      expect([...division.divide([], 2)]).toEqual([0, 0]);
      const one = [{ round: 1, members: Int32Array.of(0, 1), value: 3 }];
      expect([...division.divide(one, 2)]).toEqual([1.5, 1.5]);
      expect(
        [
          ...division.divide(
            drawnGroups(3, () => 0),
            people,
          ),
        ].every((value) => value === 0),
      ).toBe(true);
      const values = division.divide(
        drawnGroups(9, (_, round) => (round % 2 === 0 ? 1 : -1)),
        people,
      );
      expect(values.every(Number.isFinite)).toBe(true);
    });

    it("is scaled with the values", () => {
      const groups = noisy();
      const values = division.divide(groups, people);
      const doubled = division.divide(
        groups.map((group) => ({ ...group, value: 2 * group.value })),
        people,
      );
      for (const [person, value] of doubled.entries()) expect(value).toBeCloseTo(2 * values[person]!, 8);
    });

    const worth = (person: number): number => (person < 4 ? 0 : person / people);
    const nullOf = (values: Float64Array): number => total(values.subarray(0, 4)) / 4;
    const restOf = (values: Float64Array): number => total(values.subarray(4)) / (people - 4);
    const additive = (rounds: number): ValuedGroup[] =>
      drawnGroups(rounds, (members, round) => total(Array.from(members, worth)) / (1 + round / 10));

    if (division.findsNull)
      it("gives who adds nothing nearly nothing once rounds tell everyone apart", () => {
        const values = division.divide(additive(60), people);
        expect(Math.abs(nullOf(values))).toBeLessThan(0.05 * restOf(values));
      });

    if (!division.findsNull)
      it("is not told to find out who adds nothing: it does not", () => {
        const values = division.divide(additive(60), people);
        expect(nullOf(values)).toBeGreaterThan(0.3 * restOf(values));
      });
  });
}
