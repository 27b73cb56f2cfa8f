/** The guards say which argument is wrong and what was expected. */
import { describe, expect, it } from "vitest";
import { finite, inRange, integer, lengthOf } from "../../shared/check.ts";

describe("guards", () => {
  it("return a good value", () => {
    expect(finite(1.5, "x")).toBe(1.5);
    expect(inRange(2, 2, 3, "x")).toBe(2);
    expect(integer(3, 0, 3, "x")).toBe(3);
    expect(lengthOf([1, 2], 2, "x")).toEqual([1, 2]);
  });

  it("name the label and the expectation of a bad one", () => {
    expect(() => finite(Number.NaN, "clipNorm")).toThrow(/"clipNorm" expected a finite number, got NaN/);
    expect(() => finite("1" as unknown as number, "x")).toThrow(TypeError);
    expect(() => inRange(4, 2, 3, "x")).toThrow(/\[2, 3\], got 4/);
    expect(() => integer(1.5, 0, 3, "rank")).toThrow(/"rank" expected an integer/);
    expect(() => lengthOf([1], 2, "delta")).toThrow(/"delta" expected 2 values, got 1/);
  });
});
