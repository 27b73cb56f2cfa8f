/** The best items agree with a plain sort. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { topItems } from "../../shared/math/top.ts";

it("agrees with sorting everything by score, then index", () => {
  // Few distinct scores, so that ties are common.
  const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true }));
  fc.assert(
    fc.property(fc.array(score, { maxLength: 60 }), fc.nat(70), fc.uniqueArray(fc.nat(60), { maxLength: 20 }), (scores, count, out) => {
      const excluded = Int32Array.from(out).sort();
      const values = Float64Array.from(scores);
      const expected = scores
        .map((_, index) => index)
        .filter((index) => !out.includes(index))
        .sort((a, b) => (values[a] === values[b] ? a - b : values[a]! < values[b]! ? 1 : -1))
        .slice(0, count);
      expect([...topItems(values, count, excluded)]).toEqual(expected);
      expect([...values]).toEqual([...Float64Array.from(scores)]);
    }),
  );
});
