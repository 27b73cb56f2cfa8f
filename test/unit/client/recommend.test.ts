/** The choice of items on the device. */
import { describe, expect, it } from "vitest";
import { recommendItems } from "../../../client/recommend.ts";
import type { Model } from "../../../shared/models/model.ts";
import { PrivatePart } from "../../../shared/models/private-part.ts";

const part = new PrivatePart(new Float64Array(1));
const ratings = { items: Int32Array.of(1), values: Float64Array.of(5) };

/** A model whose scores are given. */
function scoring(scores: readonly number[]): Model {
  return { score: (_shared: unknown, _own: unknown, out: Float64Array) => out.set(scores) } as unknown as Model;
}

describe("recommendItems", () => {
  const choose = (scores: readonly number[], options: Parameters<typeof recommendItems>[5] = {}): number[] =>
    recommendItems(scoring(scores), undefined, part, ratings, scores.length, options).map(({ item }) => item);

  it("gives the highest first, equal ones in the order of the catalogue", () => {
    expect(choose([1, 9, 3, 2, 3])).toEqual([2, 4, 3, 0]);
    expect(choose([0, 0, 0, 0, 0])).toEqual([0, 2, 3, 4]);
  });

  it("leaves out rated and excluded items, and gives ten by default", () => {
    expect(choose([1, 9, 3, 2], { includeRated: true, count: 2 })).toEqual([1, 2]);
    expect(choose([1, 9, 3, 2], { exclude: new Set([2]) })).toEqual([3, 0]);
    expect(choose(Array.from({ length: 40 }, (_, item) => item))).toHaveLength(10);
    expect(choose([1, 2], { count: 0 })).toEqual([]);
  });

  it("never gives an item whose score is no number", () => {
    expect(choose([Number.NaN, 1, Number.POSITIVE_INFINITY, 2])).toEqual([3]);
  });

  it("refuses a count and an exclusion that cannot be meant", () => {
    expect(() => choose([1, 2], { count: -1 })).toThrow(RangeError);
    expect(() => choose([1, 2], { count: Number.NaN })).toThrow(RangeError);
    expect(() => choose([1, 2], { exclude: [2] })).toThrow(RangeError);
  });
});
