/** The best items, with the order of equals pinned. */
import { describe, expect, it } from "vitest";
import { topItems } from "../../shared/math/top.ts";

describe("top items", () => {
  it("gives the best first, the lower index first among equals", () => {
    expect([...topItems(Float64Array.of(1, 3, 2, 3, 0), 3)]).toEqual([1, 3, 2]);
    expect([...topItems(Float64Array.of(5, 5, 5, 5), 2)]).toEqual([0, 1]);
  });

  it("gives all when fewer are there, and none when none is asked for", () => {
    expect([...topItems(Float64Array.of(1, 2), 5)]).toEqual([1, 0]);
    expect([...topItems(Float64Array.of(1, 2), 0)]).toEqual([]);
    expect([...topItems(new Float64Array(0), 3)]).toEqual([]);
  });

  it("leaves out what is excluded and what is not a number, and takes infinities as they come", () => {
    const scores = Float64Array.of(9, Number.NaN, Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY);
    expect([...topItems(scores, 5)]).toEqual([4, 0, 3, 2]);
    expect([...topItems(scores, 5, Int32Array.of(0, 3))]).toEqual([4, 2]);
  });

  it("refuses a count that is no whole number", () => {
    expect(() => topItems(Float64Array.of(1), -1)).toThrow(RangeError);
    expect(() => topItems(Float64Array.of(1), 1.5)).toThrow(RangeError);
  });
});
