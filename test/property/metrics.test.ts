/** Ranked metrics agree with a plain sort, ties by expectation. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hitRateAt, ndcgAt, rankAmong, rankAmongAll, recallAt } from "../../shared/math/metrics.ts";

/** Every order of the indices 0 .. n - 1. */
function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((shorter) =>
    Array.from({ length: n }, (_, at) => [...shorter.slice(0, at), n - 1, ...shorter.slice(at)]),
  );
}

/** The metrics by their definition, averaged over every order in which ties may fall. */
function byEnumeration(scores: Float64Array, targets: readonly number[], k: number): number[] {
  const orders = permutations(scores.length).filter((order) =>
    order.every((item, at) => at === 0 || scores[order[at - 1]!]! >= scores[item]!),
  );
  const sums = [0, 0, 0];
  for (const order of orders) {
    const found = targets.map((target) => order.indexOf(target) + 1).filter((rank) => rank <= k);
    const ideal = targets.slice(0, k).reduce((sum, _, at) => sum + 1 / Math.log2(2 + at), 0);
    sums[0]! += found.length > 0 ? 1 : 0;
    sums[1]! += found.reduce((sum, rank) => sum + 1 / Math.log2(1 + rank), 0) / ideal;
    sums[2]! += found.length / targets.length;
  }
  return sums.map((sum) => sum / orders.length);
}

describe("ranked metrics", () => {
  it("equal their mean over every order of the tied items", () => {
    const instances = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2, maxLength: 6 }).chain((scores) =>
      fc.record({
        scores: fc.constant(Float64Array.from(scores)),
        targets: fc.subarray([...scores.keys()], { minLength: 1 }),
        k: fc.integer({ min: 1, max: scores.length }),
      }),
    );
    fc.assert(
      fc.property(instances, ({ scores, targets, k }) => {
        const ranks = rankAmongAll(scores, Int32Array.from(targets));
        const expected = byEnumeration(scores, targets, k);
        for (const [at, metric] of [hitRateAt, ndcgAt, recallAt].entries()) expect(metric(k, ranks)).toBeCloseTo(expected[at]!, 12);
      }),
    );
  });

  it("are the same whether candidates are listed or others are excluded", () => {
    const instances = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.constantFrom("target", "other", "excluded")), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(instances, (items) => {
        const scores = Float64Array.from(items, ([score]) => score);
        const indices = (role: string) => Int32Array.from(items.keys()).filter((item) => items[item]![1] === role);
        const excluded = Uint8Array.from(items, ([, role]) => (role === "excluded" ? 1 : 0));
        const targets = indices("target");
        expect(rankAmong(scores, targets, indices("other"))).toEqual(rankAmongAll(scores, targets, excluded));
      }),
    );
  });
});
