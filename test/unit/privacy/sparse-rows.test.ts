/** Noise on the rows that enough people touched: what one person can move, what is published, what it costs. */
import { describe, expect, it } from "vitest";
import {
  falseSelection,
  noiseSparseRows,
  rowContributions,
  type SparseRowsPlan,
  sparseEvents,
  sparseMultipliers,
} from "../../../shared/privacy/mechanisms/sparse-rows.ts";
import { openAccountant } from "../../../shared/privacy/spent.ts";
import { createRng, simulationRng } from "../../../shared/random.ts";
import { seededBytes } from "../../support/seeded-bytes.ts";

const plan: SparseRowsPlan = {
  shape: { size: 12, rows: 4, widths: [2, 1] },
  clipNorm: 1,
  mapClipNorm: 1,
  threshold: 1.5,
  noiseMultiplier: 0,
  selectionShare: 0.1,
  neighboring: "zero-out",
};
// Two tensors of four rows: [4 x 2] and then [4 x 1].
const sum = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 30, 40);
const map = Float64Array.of(2, 1.4, 1.5, 0);

describe("what one person adds to the rows' numbers", () => {
  it("is the same in each touched row, in either tensor, within the bound", () => {
    const values = new Float64Array(12);
    values[2] = 0.3;
    values[11] = -0.1;
    const numbers = rowContributions(values, plan);
    expect([numbers[0], numbers[2]]).toEqual([0, 0]);
    expect(numbers[1]).toBe(numbers[3]);
    expect(numbers[1]).toBeCloseTo(Math.SQRT1_2, 12);
  });

  it.each([0, 0.5, 1, 1.9, 3])("has an L2 norm of at most %d, and never more than 1 in a row", (mapClipNorm) => {
    for (let touched = 0; touched <= 4; touched++) {
      const values = new Float64Array(12).map((_, i) => (i < 8 && Math.floor(i / 2) < touched ? 0.1 : 0));
      const numbers = rowContributions(values, { ...plan, mapClipNorm });
      expect(Math.hypot(...numbers)).toBeLessThanOrEqual(mapClipNorm);
      expect(Math.max(...numbers)).toBeLessThanOrEqual(1);
      expect(numbers.filter((number) => number > 0)).toHaveLength(mapClipNorm === 0 ? 0 : touched);
    }
  });

  it("is nothing of values that are none, like what the clip leaves of them", () => {
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect([
        ...rowContributions(
          sum.map((value, i) => (i === 3 ? bad : value)),
          plan,
        ),
      ]).toEqual([0, 0, 0, 0]);
    }
    expect(() => rowContributions(new Float64Array(3), plan)).toThrow(RangeError);
  });
});

describe("what is published", () => {
  it("without noise is the rows at or above the threshold, as they are, and zeros elsewhere", () => {
    const before = [sum.slice(), map.slice()];
    const { rows, values } = noiseSparseRows(sum, map, plan, seededBytes(1));
    expect([...rows]).toEqual([0, 2]);
    expect([...values]).toEqual([1, 2, 0, 0, 5, 6, 0, 0, 10, 0, 30, 0]);
    expect([sum, map]).toEqual(before);
  });

  it("may be nothing", () => {
    const { rows, values } = noiseSparseRows(sum, map, { ...plan, threshold: 9 }, seededBytes(1));
    expect([rows.length, values.every((value) => Object.is(value, 0))]).toEqual([0, true]);
  });

  it("with noise has noise on every value of a published row, touched or not, and on no other", () => {
    const noisy = { ...plan, noiseMultiplier: 0.2, threshold: 0.2 };
    const untouched = sum.map((value, i) => (Math.floor(i / 2) === 3 || i === 11 ? 0 : value));
    let publishedUntouched = 0;
    for (let seed = 0; seed < 40; seed++) {
      const { rows, values } = noiseSparseRows(untouched, map, noisy, seededBytes(2, seed));
      const published = new Set(rows);
      if (published.has(3)) publishedUntouched += 1;
      for (const [i, value] of values.entries()) {
        if (published.has(i < 8 ? Math.floor(i / 2) : i - 8)) expect(value).not.toBe(untouched[i]);
        else expect(Object.is(value, 0)).toBe(true);
      }
    }
    expect(publishedUntouched).toBeGreaterThan(2);
    expect(publishedUntouched).toBeLessThan(38);
  });

  it("selects by the map alone: other sums select the same rows from the same noise", () => {
    const noisy = { ...plan, noiseMultiplier: 2 };
    const some = noiseSparseRows(sum, map, noisy, seededBytes(3)).rows;
    expect(noiseSparseRows(new Float64Array(12), map, noisy, seededBytes(3)).rows).toEqual(some);
  });

  it("counts a sum or a map that is not finite as zeros, without a word", () => {
    const noisy = { ...plan, noiseMultiplier: 1, threshold: -9 };
    const broken = sum.map((value, i) => (i === 0 ? Number.NaN : value));
    const empty = noiseSparseRows(new Float64Array(12), map, noisy, seededBytes(4));
    expect(noiseSparseRows(broken, map, noisy, seededBytes(4))).toEqual(empty);
    const brokenMap = map.map((value, i) => (i === 0 ? Number.POSITIVE_INFINITY : value));
    expect(noiseSparseRows(sum, brokenMap, noisy, seededBytes(5)).rows).toEqual(
      noiseSparseRows(sum, new Float64Array(4), noisy, seededBytes(5)).rows,
    );
  });

  it("can be a simulation's", () => {
    const run = () => noiseSparseRows(sum, map, { ...plan, noiseMultiplier: 1 }, simulationRng(createRng(6)));
    expect(run()).toEqual(run());
  });

  it("refuses other shapes, shares and thresholds", () => {
    const refused = (wrong: Partial<SparseRowsPlan>) => () => noiseSparseRows(sum, map, { ...plan, ...wrong }, seededBytes(7));
    expect(() => noiseSparseRows(sum.subarray(1), map, plan, seededBytes(7))).toThrow(RangeError);
    expect(() => noiseSparseRows(sum, map.subarray(1), plan, seededBytes(7))).toThrow(RangeError);
    for (const share of [0, 1, Number.NaN]) expect(refused({ selectionShare: share })).toThrow(RangeError);
    expect(refused({ threshold: Number.NaN })).toThrow(RangeError);
    expect(refused({ noiseMultiplier: -1 })).toThrow(RangeError);
    expect(refused({ shape: { size: 12 } })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});

describe("what it costs", () => {
  it.each([0.05, 0.1, 0.5, 0.9])("is what the total multiplier costs, with a share of %d for the selection", (selectionShare) => {
    const noisy = { ...plan, noiseMultiplier: 1.7, selectionShare };
    const { selection, values } = sparseMultipliers(noisy);
    expect(1 / selection ** 2 / (1 / 1.7 ** 2)).toBeCloseTo(selectionShare, 12);
    const { events } = noiseSparseRows(sum, map, noisy, seededBytes(8));
    expect(events).toEqual(sparseEvents(noisy));
    expect(events.map((event) => event.noiseMultiplier)).toEqual([selection, values]);
    const both = events.reduce((accountant, event) => accountant.compose(event), openAccountant({ kind: "exact" }, "zero-out"));
    const one = openAccountant({ kind: "exact" }, "zero-out").compose({ ...events[0], noiseMultiplier: 1.7 });
    expect(both.epsilon(1e-5)).toBeCloseTo(one.epsilon(1e-5), 9);
  });

  it("tells how often an untouched row is published", () => {
    const noisy = { ...plan, noiseMultiplier: Math.sqrt(0.1) };
    expect(falseSelection({ ...noisy, threshold: 0 })).toBe(0.5);
    expect(falseSelection({ ...noisy, threshold: 2 })).toBeCloseTo(0.0227501, 6);
    expect(falseSelection({ ...noisy, threshold: 2, neighboring: "replace" })).toBeCloseTo(0.1586553, 6);
    expect([falseSelection(plan), falseSelection({ ...plan, threshold: 0 })]).toEqual([0, 1]);
  });
});
