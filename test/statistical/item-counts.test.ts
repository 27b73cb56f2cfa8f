/** Counts and reports have the noise they are accounted for: its scale is accepted, 2/3 and 3/2 of it are not. */
import { describe, expect, it } from "vitest";
import { type ItemCountPlan, noiseItemCounts, popularityGroups } from "../../shared/privacy/item-counts.ts";
import { noiseReport, type PopularityReportPlan } from "../../shared/privacy/popularity-report.ts";
import { seededBytes } from "../support/seeded-bytes.ts";

/** Chi-square of values in units of a standard deviation, in standard deviations from its mean. */
function score(values: Float64Array, stddev: number): number {
  const sum = values.reduce((total, value) => total + (value / stddev) ** 2, 0);
  return (sum - values.length) / Math.sqrt(2 * values.length);
}

describe("noise of counts", () => {
  it.each([
    ["zero-out", Math.sqrt(9)],
    ["replace", Math.sqrt(18)],
  ] as const)("under %s is the multiplier times %d", (neighboring, sensitivity) => {
    const plan: ItemCountPlan = { items: 20_000, maxItems: 9, noiseMultiplier: 1.3, neighboring };
    const { counts } = noiseItemCounts(new Float64Array(20_000), plan, seededBytes(81, neighboring));
    expect(Math.abs(score(counts, 1.3 * sensitivity))).toBeLessThan(4);
    for (const wrong of [2 / 3, 3 / 2]) expect(Math.abs(score(counts, 1.3 * sensitivity * wrong))).toBeGreaterThan(20);
  });

  it("leaves most items in their group when it is small beside the counts, and few when it is large", () => {
    const counts = Float64Array.from({ length: 1000 }, (_, item) => Math.round(20_000 / (1 + item)));
    const truth = popularityGroups(counts);
    const kept = (noiseMultiplier: number): number => {
      const plan: ItemCountPlan = { items: 1000, maxItems: 1, noiseMultiplier, neighboring: "add-remove" };
      const groups = popularityGroups(noiseItemCounts(counts, plan, seededBytes(82, noiseMultiplier)).counts);
      return groups.filter((group, item) => group === truth[item]).length / 1000;
    };
    expect(kept(0.5)).toBeGreaterThan(0.85);
    expect(kept(10_000)).toBeLessThan(0.3);
  });
});

it("noise of reports is the multiplier times the clip norm, in the units of each statistic", () => {
  const plan: PopularityReportPlan = {
    groups: 250,
    statistics: Array.from({ length: 20 }, (_, i) => ({ name: `s${i}`, unit: 1 + i })),
    clipNorm: 0.7,
    noiseMultiplier: 1.3,
    neighboring: "zero-out",
  };
  const report = noiseReport(new Float64Array(5000), plan, seededBytes(83));
  const inUnits = report.sums.map((value, at) => value / (1 + (at % 20)));
  expect(Math.abs(score(inUnits, 1.3 * 0.7))).toBeLessThan(4);
  for (const wrong of [2 / 3, 3 / 2]) expect(Math.abs(score(inUnits, 1.3 * 0.7 * wrong))).toBeGreaterThan(20);
});
