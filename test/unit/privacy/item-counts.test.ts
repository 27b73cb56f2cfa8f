/** Noised item counts: what one person can move, what is kept of many items, and groups by popularity. */
import { describe, expect, it } from "vitest";
import {
  boundedItems,
  countItems,
  countSensitivity,
  type ItemCountPlan,
  itemIndicator,
  noiseItemCounts,
  popularityGroups,
} from "../../../shared/privacy/item-counts.ts";
import { openAccountant } from "../../../shared/privacy/spent.ts";
import { createRng, simulationRng } from "../../../shared/random.ts";
import { seededBytes } from "../../support/seeded-bytes.ts";

const plan: ItemCountPlan = { items: 40, maxItems: 6, noiseMultiplier: 2, neighboring: "zero-out" };

const distance = (a: Float64Array, b: Float64Array): number => Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));

describe("what a person counts for", () => {
  it("is all of few items, each once, and none that does not exist", () => {
    expect([...boundedItems([7, 3, 3, -1, 40, 2.5, 39], plan, createRng(1))]).toEqual([3, 7, 39]);
    expect([...boundedItems([], plan, createRng(1))]).toEqual([]);
    expect([...itemIndicator(Int32Array.of(1, 3), 4)]).toEqual([0, 1, 0, 1]);
  });

  it("is an even choice of many", () => {
    const counts = new Float64Array(10);
    for (let user = 0; user < 3000; user++) {
      const named = boundedItems(Array(10).keys(), { items: 10, maxItems: 4 }, createRng(2, user));
      expect(named).toHaveLength(4);
      for (const item of named) counts[item]! += 1;
    }
    for (const count of counts) expect(Math.abs(count - 1200)).toBeLessThan(4.5 * Math.sqrt(3000 * 0.4 * 0.6));
  });
});

describe("the sum", () => {
  const crowd = Array.from({ length: 30 }, (_, user) => boundedItems([user, user + 5, 1, 2], plan, createRng(3, user)));

  it("counts names", () => {
    const counts = countItems(crowd, plan);
    expect([counts[1], counts[2], counts[34]]).toEqual([30, 30, 1]);
    const summed = new Float64Array(40);
    for (const named of crowd) itemIndicator(named, 40).forEach((one, item) => (summed[item]! += one));
    expect(counts).toEqual(summed);
  });

  it("moves by at most the sensitivity, reached, under every relation and whatever a device sends", () => {
    const without = countItems(crowd, plan);
    const most = Int32Array.from({ length: 6 }, (_, i) => i);
    const other = most.map((item) => item + 10);
    const added = countItems([...crowd, most], plan);
    expect(distance(added, without)).toBe(countSensitivity(plan));
    expect(distance(added, countItems([...crowd, other], plan))).toBeCloseTo(countSensitivity({ ...plan, neighboring: "replace" }), 12);
    for (const bad of [Int32Array.from({ length: 7 }, (_, i) => i), Int32Array.of(1, 1), Int32Array.of(-1), Int32Array.of(40)]) {
      expect(countItems([...crowd, bad], plan)).toEqual(without);
    }
  });

  it("has a sensitivity of the root of the bound, never above that of all items", () => {
    expect(countSensitivity({ items: 100, maxItems: 9, neighboring: "add-remove" })).toBe(3);
    expect(countSensitivity({ items: 100, maxItems: 8, neighboring: "replace" })).toBe(4);
    expect(countSensitivity({ items: 4, maxItems: 9, neighboring: "replace" })).toBe(2);
    expect(() => countSensitivity({ items: 4, maxItems: 0, neighboring: "replace" })).toThrow(RangeError);
  });
});

describe("noised counts", () => {
  const counts = countItems([Int32Array.of(1, 2), Int32Array.of(2)], plan);

  it("are the counts themselves without noise, at infinite cost", () => {
    const { counts: plain, event } = noiseItemCounts(counts, { ...plan, noiseMultiplier: 0 }, seededBytes(4));
    expect(plain).toEqual(counts);
    expect(plain).not.toBe(counts);
    expect(openAccountant({ kind: "rdp" }, "zero-out").compose(event).epsilon(1e-5)).toBe(Number.POSITIVE_INFINITY);
  });

  it("are whole numbers with noise on all of them, of the event's multiplier", () => {
    const before = counts.slice();
    const { counts: noised, event, noiseStddev } = noiseItemCounts(counts, plan, seededBytes(5));
    expect(counts).toEqual(before);
    expect(noised.every(Number.isInteger)).toBe(true);
    expect(noised.filter((count, item) => count !== counts[item]).length).toBeGreaterThan(30);
    expect(event).toEqual({ kind: "discrete-gaussian", neighboring: "zero-out", noiseMultiplier: 2 });
    expect(noiseStddev).toBe(2 * Math.sqrt(6));
  });

  it("can be a simulation's, and refuse what is no count or no noise", () => {
    const simulated = () => noiseItemCounts(counts, plan, simulationRng(createRng(6))).counts;
    expect(simulated()).toEqual(simulated());
    expect(() => noiseItemCounts(new Float64Array(3), plan, seededBytes(7))).toThrow(RangeError);
    expect(() =>
      noiseItemCounts(
        counts.map(() => 0.5),
        plan,
        seededBytes(7),
      ),
    ).toThrow(RangeError);
    for (const noiseMultiplier of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => noiseItemCounts(counts, { ...plan, noiseMultiplier }, seededBytes(7))).toThrow(RangeError);
    }
  });
});

describe("groups by popularity", () => {
  it("hold a fifth of the items each, the rarest first, ties in their order", () => {
    const counts = Float64Array.of(9, -3, 4, 4, 0, 100, 7, 7, 7, 1);
    expect([...popularityGroups(counts)]).toEqual([4, 0, 1, 2, 0, 4, 2, 3, 3, 1]);
    expect([...popularityGroups(Float64Array.of(3, 1, 2), 5)]).toEqual([3, 0, 1]);
    expect([...popularityGroups(new Float64Array(0))]).toEqual([]);
  });

  it("refuse counts that have no order", () => {
    expect(() => popularityGroups(Float64Array.of(1, Number.NaN))).toThrow(RangeError);
    expect(() => popularityGroups(Float64Array.of(1), 0)).toThrow(RangeError);
  });
});
