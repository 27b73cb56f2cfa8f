/** The suite that every rule passes. Imports vitest and the seam. */
import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/random.ts";
import type { GroupSum, Rule } from "../../shared/rules/rule.ts";

/** Runs the suite. */
export function describeRule(rule: Rule): void {
  const groups = Array.from({ length: 5 }, (_, group) => drawGroup(group));

  describe(`rule ${rule.kind}`, () => {
    it("gives a single group's sum back", () => {
      const { values, count } = rule.step([groups[0]!]);
      expect(count).toBe(groups[0]!.count);
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(groups[0]!.values[i]!, 12);
    });

    it("gives one finite sum of the same length for many groups, and writes to none", () => {
      const before = groups.map(({ values }) => values.slice());
      const { values, count } = rule.step(groups);
      expect(values).toHaveLength(groups[0]!.values.length);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(count).toBeGreaterThanOrEqual(1);
      expect(groups.map((group) => group.values)).toEqual(before);
    });

    it("gives the same for the same groups", () => {
      expect(rule.step(groups)).toEqual(rule.step(groups));
    });

    it("gives k times a group's sum for k equal groups", () => {
      const equal = [groups[1]!, groups[1]!, groups[1]!];
      const { values, count } = rule.step(equal);
      for (const [i, value] of values.entries()) expect(value / count).toBeCloseTo(groups[1]!.values[i]! / groups[1]!.count, 9);
    });
  });
}

function drawGroup(group: number): GroupSum {
  const rng = createRng(9, "rule", group);
  return { values: Float64Array.from({ length: 31 }, () => rng.normal()), count: 2 + group };
}
