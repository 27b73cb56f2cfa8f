/** The suite that every rule passes. Imports vitest and the seam. */
import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/random.ts";
import type { GroupSum, Rule, RuleLayout } from "../../shared/rules/rule.ts";

/** Rows of two widths, as in a model with factors and biases. */
export const ruleLayout: RuleLayout = [
  { offset: 0, rows: 12, width: 4 },
  { offset: 48, rows: 12, width: 1 },
];
const size = 60;

/** What honest groups have in common, and by how much each differs from it in every entry. */
const truth = Float64Array.from({ length: size }, (_, i) => 1 + Math.sin(i));
const spread = 0.1;

/** How far from the truth a result may lie when there is nobody who lies, or no more than the rule tolerates: as a share of the truth's length. */
const tolerance = 0.6;

/** Runs the suite. */
export function describeRule(rule: Rule): void {
  const groups = Array.from({ length: 9 }, (_, group) => honest(group, 2 + group));

  describe(`rule ${rule.kind}`, () => {
    it("gives a single group's sum back", () => {
      const { values, count } = rule.step([groups[0]!]);
      expect(count).toBe(groups[0]!.count);
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(groups[0]!.values[i]!, 10);
    });

    it("gives one finite sum over all contributions for many groups, near what they have in common, and writes to none", () => {
      const before = groups.map(({ values }) => values.slice());
      const { values, count, memory } = rule.step(groups);
      expect(values).toHaveLength(size);
      expect(count).toBe(groups.reduce((total, group) => total + group.count, 0));
      expect(distanceFromTruth(meanOf({ values, count }))).toBeLessThan(tolerance);
      const kept = memory?.slice();
      rule.step(groups.slice(1), memory);
      expect(memory).toEqual(kept);
      expect(groups.map((group) => group.values)).toEqual(before);
    });

    it("gives the same for the same groups, and does not remember but by what it hands over", () => {
      const first = rule.step(groups);
      rule.step([group(3, new Float64Array(size).fill(7)), ...groups.slice(3)]);
      expect(rule.step(groups)).toEqual(first);
    });

    it("gives the same in whatever order the groups come", () => {
      const { values } = rule.step(groups);
      for (const [i, value] of rule.step([...groups].reverse()).values.entries()) expect(value / values[i]!).toBeCloseTo(1, 9);
    });

    it("gives k times a group's sum for k equal groups, whatever was before", () => {
      const { memory } = rule.step(groups);
      for (const known of [undefined, memory]) {
        const { values, count } = rule.step([groups[1]!, groups[1]!, groups[1]!, groups[1]!, groups[1]!], known);
        for (const [i, value] of values.entries()) expect(value / count).toBeCloseTo(groups[1]!.values[i]! / groups[1]!.count, 9);
      }
    });

    it("stays finite for zeros, for one row in common, and for numbers as large as they come", () => {
      const zeros = Array.from({ length: 6 }, () => group(2, new Float64Array(size)));
      expect(rule.step(zeros).values.every((value) => value === 0)).toBe(true);
      const sparse = zeros.map(({ values }, at) =>
        group(
          2,
          values.map((_, i) => (i < 4 ? at + i : 0)),
        ),
      );
      expect(rule.step(sparse).values.every(Number.isFinite)).toBe(true);
      // Beyond this the plain sum itself overflows; the squares do long before.
      const huge = zeros.map(({ values }, at) => group(1, at % 3 === 0 ? values.map(() => 1e300) : values));
      expect(rule.step(huge).values.every(Number.isFinite)).toBe(true);
    });

    it("says from how many groups on it means anything, and tolerates no majority", () => {
      expect(rule.least).toBeGreaterThanOrEqual(1);
      for (let groups = rule.least; groups < 40; groups++) {
        expect(Number.isInteger(rule.tolerates(groups))).toBe(true);
        expect(rule.tolerates(groups)).toBeGreaterThanOrEqual(0);
        expect(rule.tolerates(groups + 1)).toBeGreaterThanOrEqual(rule.tolerates(groups));
      }
    });

    it.each([5, 8, 11, 15])("is not carried off by as many bad ones of %i as it says it tolerates", (total) => {
      const bad = rule.tolerates(total);
      // Whoever tolerates all bounds each, and is judged by that alone.
      if (bad === 0 || bad === total) return;
      for (const lie of lies) {
        const cohort = Array.from({ length: total }, (_, at) => (at < bad ? group(4, truth.map(lie)) : honest(at, 4)));
        let memory: Float64Array | undefined;
        for (let round = 0; round < 3; round++) {
          const step = rule.step(cohort, memory);
          memory = step.memory;
          // No longer than a few times what the honest ones send, wherever it points.
          expect(distanceFromTruth(meanOf(step))).toBeLessThan(2.5);
        }
      }
    });
  });
}

/** What bad groups send together, entry by entry of the truth: the other way, far away, not a number's breadth from overflow. */
const lies: readonly ((value: number) => number)[] = [
  (value) => -value,
  (value) => -1_000 * value,
  () => 1e9,
  (value) => 1e150 * value,
  () => 0,
];

/** A sum of `count` contributions whose mean is given. */
export function group(count: number, mean: Float64Array): GroupSum {
  return { values: mean.map((value) => value * count), count };
}

/** An honest group: the truth and some spread. */
export function honest(at: number, count: number): GroupSum {
  const rng = createRng(9, "rule", at);
  return group(
    count,
    truth.map((value) => value + spread * rng.normal()),
  );
}

function meanOf({ values, count }: GroupSum): Float64Array {
  return values.map((value) => value / count);
}

/** Distance of a mean from the truth, in lengths of the truth; not a number counts as infinitely far. */
export function distanceFromTruth(mean: Float64Array): number {
  let squares = 0;
  let length = 0;
  for (const [i, value] of mean.entries()) {
    squares += (value - truth[i]!) ** 2;
    length += truth[i]! ** 2;
  }
  const distance = Math.sqrt(squares / length);
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
}
