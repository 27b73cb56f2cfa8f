/** Every rule of the index passes the one suite, with its default options; what is peculiar to one is tested here. */
import { describe, expect, it } from "vitest";
import { resolveSection } from "../../shared/registry.ts";
import { rules } from "../../shared/rules/index.ts";
import type { GroupSum, Rule, RuleLayout } from "../../shared/rules/rule.ts";
import type { Section } from "../../shared/terms.ts";
import { describeRule, distanceFromTruth, group, honest, ruleLayout } from "./rule.ts";

function create(section: Section, layout: RuleLayout = ruleLayout): Rule {
  const { definition, options } = resolveSection(rules, section, "aggregation");
  return definition.create(options, layout);
}

for (const { kind } of rules) describeRule(create({ kind }));

/** Groups of one contribution of one row each. */
function singles(...rows: readonly (readonly number[])[]): GroupSum[] {
  return rows.map((row) => ({ values: Float64Array.from(row), count: 1 }));
}

const oneRow = (width: number): RuleLayout => [{ offset: 0, rows: 1, width }];

/** The mean that a rule makes, rounded for reading. */
function meanBy(section: Section, groups: readonly GroupSum[], layout = oneRow(groups[0]!.values.length), memory?: Float64Array): number[] {
  const { values, count } = create(section, layout).step(groups, memory);
  return [...values].map((value) => Math.round((value / count) * 1e6) / 1e6 + 0);
}

describe("rules by hand", () => {
  it("sums groups entry by entry and counts their members", () => {
    const groups = [
      { values: Float64Array.of(1, 2), count: 3 },
      { values: Float64Array.of(10, -2), count: 4 },
    ];
    expect(create({ kind: "sum" }).step(groups)).toEqual({ values: Float64Array.of(11, 0), count: 7 });
  });

  it("is carried off by one liar: the plain sum, which is why there are others", () => {
    const groups = [group(4, new Float64Array(60).fill(1e9)), ...Array.from({ length: 8 }, (_, at) => honest(at, 4))];
    const { values, count } = create({ kind: "sum" }).step(groups);
    expect(distanceFromTruth(values.map((value) => value / count))).toBeGreaterThan(1e6);
  });

  it("takes the middle of every entry: median, of an even number the mean of the middle two", () => {
    expect(meanBy({ kind: "median" }, singles([1, 9], [2, 0], [30, 4]))).toEqual([2, 4]);
    expect(meanBy({ kind: "median" }, singles([1, 9], [2, 0], [30, 4], [4, 6]))).toEqual([3, 5]);
  });

  it("sorts more groups than fit into one run: median and trimmed mean of 101", () => {
    const groups = singles(...Array.from({ length: 101 }, (_, i) => [(i * 37) % 101]));
    expect(meanBy({ kind: "median" }, groups)).toEqual([50]);
    expect(meanBy({ kind: "trimmed-mean", trim: 0.1 }, groups)).toEqual([50]);
  });

  it("leaves single devices' sparse contributions at zero: the median's known failure", () => {
    const groups = singles([5, 0, 0], [0, 5, 0], [0, 0, 5]);
    expect(meanBy({ kind: "median" }, groups)).toEqual([0, 0, 0]);
    expect(meanBy({ kind: "sum" }, groups).every((value) => value > 1)).toBe(true);
  });

  it("averages what is left by its contributions: trimmed mean", () => {
    const groups = [1, 2, 3, 4, 100].map((value, at) => ({ values: Float64Array.of(value * (at + 1)), count: at + 1 }));
    // Means 2, 3, 4 of 2, 3, 4 contributions are left.
    expect(meanBy({ kind: "trimmed-mean" }, groups)).toEqual([Math.round((29 / 9) * 1e6) / 1e6]);
  });

  it("picks the group in the midst, or all but as many as may be bad: Krum and Multi-Krum", () => {
    const groups = singles([0], [1], [1.1], [1.2], [50]);
    expect(meanBy({ kind: "krum" }, groups)).toEqual([1.1]);
    expect(meanBy({ kind: "multi-krum" }, groups)).toEqual([0.825]);
  });

  it("finds the point of least distances: geometric median of a triangle's corners and its center of mass elsewhere", () => {
    // Fermat's point of an isosceles triangle with a right angle at 0: (x, x) with x = (3 - sqrt 3) / 6.
    const x = Math.round(((3 - Math.sqrt(3)) / 6) * 1e4) / 1e4;
    const found = meanBy({ kind: "geometric-median", iterations: 500 }, singles([0, 0], [1, 0], [0, 1]));
    for (const value of found) expect(value).toBeCloseTo(x, 4);
  });

  it("moves from the last aggregate by no more than the radius: centered clipping", () => {
    const rule = create({ kind: "centered-clipping", radius: 1, iterations: 1 }, oneRow(1));
    const groups = singles([10], [10], [10]);
    const first = rule.step(groups);
    expect([...first.memory!]).toEqual([1]);
    expect([...rule.step(groups, first.memory).memory!]).toEqual([2]);
  });

  it("shortens what is long: norm bound, by a number or by the median of lengths", () => {
    expect(meanBy({ kind: "norm-bound", maxNorm: 5 }, singles([30, 40], [3, 0]))).toEqual([3, 2]);
    expect(meanBy({ kind: "norm-bound" }, singles([1], [2], [1_000]))).toEqual([1.666667]);
    expect(create({ kind: "norm-bound", maxNorm: 5 }).least).toBe(1);
  });

  it("keeps the shared subspace and the median length: flag", () => {
    const groups = singles([3, 0.1, 0], [3, -0.1, 0], [3, 0, 0], [0, 0, 900]);
    const [along, , away] = meanBy({ kind: "flag" }, groups);
    expect(along).toBeGreaterThan(2);
    // Four groups leave room for three dimensions: a lone stranger counts with its direction alone, a fourth of the mean.
    expect(Math.abs(away!)).toBeLessThan(0.8);
  });

  it("drops a row on which groups disagree and keeps others: agreement by rows, and as a whole", () => {
    const layout: RuleLayout = [{ offset: 0, rows: 2, width: 1 }];
    const groups = singles([1, 2], [1, -2], [1, 0]);
    expect(meanBy({ kind: "agreement" }, groups, layout)).toEqual([1, 0]);
    // As a whole the first two point apart (cosine -.6), and both lie near the third (cosine .45).
    expect(meanBy({ kind: "agreement", by: "whole" }, groups, layout)).toEqual([1, 0]);
    expect(meanBy({ kind: "agreement", by: "whole" }, singles([1, 0], [-1, 0.01], [1, 0.1]), layout)).toEqual([1, 0.05]);
  });

  it("drops who points against the others, and counts copies once: similarity", () => {
    // Two along (2, 1) and (2, -1), one the other way and long: cut to the median length, then dropped.
    const along = singles([2, 1], [2, -1], [2, 0], [-30, 0]);
    expect(meanBy({ kind: "similarity" }, along)).toEqual([2, 0]);
    // Four copies against six people who are nearly at right angles to each other: one voice, and against the others.
    const people = Array.from({ length: 6 }, (_, at) => Array.from({ length: 7 }, (_, i) => (i === at ? 3 : i === 6 ? 1.5 : 0)));
    const copies = Array.from({ length: 4 }, () => [-1, -1, -1, -1, -1, -1, -3]);
    expect(meanBy({ kind: "similarity" }, singles(...people, ...copies))).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.5]);
    // The plain mean of the same goes the other way.
    expect(meanBy({ kind: "sum" }, singles(...people, ...copies))[6]).toBeLessThan(0);
  });

  it("keeps who has nothing to say, and everyone where nobody points along with others: similarity", () => {
    expect(meanBy({ kind: "similarity" }, singles([2, 0], [2, 0], [2, 0], [0, 0]))).toEqual([1.5, 0]);
    expect(meanBy({ kind: "similarity" }, singles([2, 0], [0, 2], [0, 0]))).toEqual([0.666667, 0.666667]);
    expect(meanBy({ kind: "similarity" }, singles([2, 0], [-2, 0], [0, 0]))).toEqual([0, 0]);
  });

  it("states how many bad groups it takes, by hand", () => {
    const tolerated = (section: Section): number[] => [4, 8, 16].map((groups) => create(section).tolerates(groups));
    expect(tolerated({ kind: "sum" })).toEqual([0, 0, 0]);
    expect(tolerated({ kind: "agreement" })).toEqual([0, 0, 0]);
    expect(tolerated({ kind: "median" })).toEqual([1, 3, 7]);
    expect(tolerated({ kind: "trimmed-mean" })).toEqual([0, 1, 3]);
    expect(tolerated({ kind: "krum" })).toEqual([0, 1, 3]);
    expect(tolerated({ kind: "krum", bad: 0.4 })).toEqual([0, 2, 6]);
    expect(["median", "trimmed-mean", "krum", "flag"].map((kind) => create({ kind }).least)).toEqual([3, 5, 5, 3]);
  });
});
