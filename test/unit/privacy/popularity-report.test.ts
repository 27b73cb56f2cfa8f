/** Reports by popularity: one person's bound, plain sums without noise, quotients only where noise leaves any. */
import { describe, expect, it } from "vitest";
import { noiseReport, type PopularityReportPlan, quotientByGroup, reportContribution } from "../../../shared/privacy/popularity-report.ts";
import { createRng } from "../../../shared/random.ts";
import { seededBytes } from "../../support/seeded-bytes.ts";

const plan: PopularityReportPlan = {
  groups: 5,
  statistics: [
    { name: "squaredError", unit: 2 },
    { name: "ratings", unit: 1 },
  ],
  clipNorm: 3,
  noiseMultiplier: 0,
  neighboring: "add-remove",
};
const groupOf = Uint8Array.from({ length: 20 }, (_, item) => item % 5);
const norm = (values: Float64Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

describe("a person's sums", () => {
  it("go by group and unit, and stay as they are when they are small", () => {
    const sums = reportContribution(
      [
        { item: 0, values: [0.5, 1] },
        { item: 5, values: [1.5, 1] },
        { item: 8, values: [1, 1] },
        { item: 99, values: [7, 1] },
      ],
      groupOf,
      plan,
    );
    expect([...sums]).toEqual([1, 2, 0, 0, 0, 0, 0.5, 1, 0, 0]);
  });

  it("never exceed the bound, whatever was measured, and so move the sum by no more than the sensitivity", () => {
    const rng = createRng(1);
    for (let user = 0; user < 200; user++) {
      const observations = Array.from({ length: rng.below(60) }, () => ({
        item: rng.below(20),
        values: [10 ** (4 * rng.float() - 2), 1],
      }));
      expect(norm(reportContribution(observations, groupOf, plan))).toBeLessThanOrEqual(3);
    }
  });

  it("are zeros when a value is none, and nothing observed is zeros", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(norm(reportContribution([{ item: 1, values: [bad, 1] }], groupOf, plan))).toBe(0);
    }
    expect(norm(reportContribution([], groupOf, plan))).toBe(0);
    expect(() => reportContribution([{ item: 1, values: [1] }], groupOf, plan)).toThrow(RangeError);
  });
});

describe("a report", () => {
  const people = [
    reportContribution([{ item: 1, values: [1, 1] }], groupOf, plan),
    reportContribution(
      [
        { item: 6, values: [0.5, 1] },
        { item: 4, values: [2, 1] },
      ],
      groupOf,
      plan,
    ),
  ];
  const sum = people[0]!.map((value, at) => value + people[1]![at]!);

  it("without noise is the plain sums in their own measure", () => {
    const report = noiseReport(sum, plan, seededBytes(1));
    expect([...report.sums]).toEqual([0, 0, 1.5, 2, 0, 0, 0, 0, 2, 1]);
    expect(report.event.noiseMultiplier).toBe(0);
    const quotients = quotientByGroup(report, plan, { numerator: "squaredError", denominator: "ratings" });
    expect(quotients).toEqual([undefined, 0.75, undefined, undefined, 2]);
  });

  it("states its noise by statistic, and twice as much where people may be replaced", () => {
    for (const [neighboring, factor] of [
      ["add-remove", 1],
      ["zero-out", 1],
      ["replace", 2],
    ] as const) {
      const report = noiseReport(sum, { ...plan, neighboring, noiseMultiplier: 1.5 }, seededBytes(2));
      expect(report.noiseStddevs[1]! / (1.5 * 3 * factor)).toBeCloseTo(1, 9);
      expect(report.noiseStddevs[0]).toBe(2 * report.noiseStddevs[1]!);
      expect(report.event).toEqual({ kind: "gaussian", neighboring, noiseMultiplier: 1.5 });
      expect(report.sums.every((value, at) => value !== sum[at])).toBe(true);
    }
  });

  it("tells no quotient that is mostly noise", () => {
    const noisy = noiseReport(sum, { ...plan, noiseMultiplier: 50 }, seededBytes(3));
    const names = { numerator: "squaredError", denominator: "ratings" };
    const sure = quotientByGroup(noisy, plan, names).filter((value) => value !== undefined);
    expect(sure.length).toBeLessThan(3);
    expect(quotientByGroup(noisy, plan, { ...names, least: 1e9 })).toEqual(Array(5).fill(undefined));
    expect(() => quotientByGroup(noisy, plan, { ...names, denominator: "people" })).toThrow(RangeError);
  });

  it("refuses sums and plans of another shape", () => {
    expect(() => noiseReport(new Float64Array(3), plan, seededBytes(4))).toThrow(RangeError);
    for (const wrong of [{ groups: 0 }, { statistics: [] }, { clipNorm: -1 }, { statistics: [{ name: "x", unit: 0 }] }]) {
      expect(() => noiseReport(sum, { ...plan, ...wrong }, seededBytes(4))).toThrow(RangeError);
    }
    expect(() => noiseReport(sum, { ...plan, noiseMultiplier: Number.NaN }, seededBytes(4))).toThrow();
  });
});
