/** Numbers of sets as logarithms. */
import { expect, it } from "vitest";
import { log2Choose } from "../../shared/math/combinations.ts";

it("log2Choose counts sets, also more than doubles hold", () => {
  expect(log2Choose(4, 2)).toBeCloseTo(Math.log2(6), 12);
  expect(2 ** log2Choose(52, 5)).toBeCloseTo(2_598_960, 4);
  expect([log2Choose(9, 0), log2Choose(9, 9), log2Choose(0, 0)]).toEqual([0, 0, 0]);
  expect(log2Choose(1682, 106)).toBeCloseTo(log2Choose(1682, 1576), 9);
  // Pascal: C(n, k) = C(n - 1, k - 1) + C(n - 1, k), in logarithms since C(1100, 550) is beyond doubles.
  const [all, left, right] = [log2Choose(1100, 550), log2Choose(1099, 549), log2Choose(1099, 550)];
  expect(Math.log2(2 ** (left - all) + 2 ** (right - all))).toBeCloseTo(0, 9);
  expect(() => log2Choose(3, 4)).toThrow(RangeError);
  expect(() => log2Choose(3, -1)).toThrow(RangeError);
});
