/** Sparse noise has the scales that it is accounted for, in both releases: 2/3 and 3/2 of them are refused. */
import { describe, expect, it } from "vitest";
import { falseSelection, noiseSparseRows, type SparseRowsPlan, sparseMultipliers } from "../../shared/privacy/mechanisms/sparse-rows.ts";
import { seededBytes } from "../support/seeded-bytes.ts";

const rows = 4000;
const plan: SparseRowsPlan = {
  shape: { size: 5 * rows, rows, widths: [4, 1] },
  clipNorm: 0.6,
  mapClipNorm: 2,
  threshold: 3,
  noiseMultiplier: 0.5,
  selectionShare: 0.2,
  neighboring: "replace",
};
const nothing = new Float64Array(5 * rows);
const wrong = [2 / 3, 3 / 2];

/** How far a number of hits is from what a probability predicts, in standard deviations. */
function deviation(hits: number, probability: number): number {
  return Math.abs(hits - rows * probability) / Math.sqrt(rows * probability * (1 - probability));
}

describe("sparse noise", () => {
  it("publishes untouched rows as often as it says, and not as 2/3 or 3/2 of its noise would", () => {
    const { length } = noiseSparseRows(nothing, new Float64Array(rows), plan, seededBytes(95)).rows;
    expect(deviation(length, falseSelection(plan))).toBeLessThan(4);
    for (const factor of wrong) {
      expect(deviation(length, falseSelection({ ...plan, noiseMultiplier: factor * plan.noiseMultiplier }))).toBeGreaterThan(8);
    }
  });

  it("publishes a touched row more often the more people touched it", () => {
    const share = (people: number): number =>
      noiseSparseRows(nothing, new Float64Array(rows).fill(people), plan, seededBytes(96)).rows.length / rows;
    expect(share(3)).toBeCloseTo(0.5, 1);
    expect(share(1)).toBeLessThan(share(2));
    expect(share(30)).toBe(1);
  });

  it("has noise of the stated scale on every published value, not 2/3 or 3/2 of it", () => {
    const { values } = noiseSparseRows(nothing, new Float64Array(rows).fill(100), plan, seededBytes(97));
    const stddev = sparseMultipliers(plan).values * 2 * plan.clipNorm;
    const score = (claimed: number): number =>
      (values.reduce((sum, value) => sum + (value / claimed) ** 2, 0) - values.length) / Math.sqrt(2 * values.length);
    expect(Math.abs(score(stddev))).toBeLessThan(4);
    for (const factor of wrong) expect(Math.abs(score(factor * stddev))).toBeGreaterThan(20);
    const sum = values.reduce((total, value) => total + value, 0);
    expect(Math.abs(sum) / (stddev * Math.sqrt(values.length))).toBeLessThan(4);
  });
});
