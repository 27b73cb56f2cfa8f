/** Metrics worked by hand, ties included. */
// Worked by hand from the definitions (Jarvelin and Kekalainen 2002); the arithmetic stands beside each figure.
import { describe, expect, it } from "vitest";
import { hitRateAt, mae, ndcgAt, type Rank, rankAmong, rankAmongAll, recallAt, rmse } from "../../shared/math/metrics.ts";

const near = (value: number) => expect.closeTo(value, 14);
const scores = Float64Array.of(0.9, 0.5, 0.7, 0.5, 0.1, 0.5, Number.NaN);

describe("errors of ratings", () => {
  it("rmse of (1, 4, 3) against (2, 2, 3) is the root of 5/3, mae is 1", () => {
    expect(rmse(Float64Array.of(1, 4, 3), Float64Array.of(2, 2, 3))).toBe(Math.sqrt(5 / 3));
    expect(mae(Float64Array.of(1, 4, 3), Float64Array.of(2, 2, 3))).toBe(1);
  });

  it("are NaN for no ratings or a NaN, and refuse different lengths", () => {
    expect(rmse(new Float64Array(0), new Float64Array(0))).toBeNaN();
    expect(mae(Float64Array.of(Number.NaN), Float64Array.of(1))).toBeNaN();
    expect(() => rmse(new Float64Array(1), new Float64Array(2))).toThrow(RangeError);
  });
});

describe("ranks", () => {
  it("count who is above and who is tied", () => {
    expect(rankAmongAll(scores, Int32Array.of(0))).toEqual([{ above: 0, tied: 1 }]);
    expect(rankAmongAll(scores, Int32Array.of(3))).toEqual([{ above: 2, tied: 3 }]);
    expect(rankAmongAll(scores, Int32Array.of(4))).toEqual([{ above: 5, tied: 1 }]);
  });

  it("leave excluded items out of account, but never a target", () => {
    const excluded = Uint8Array.of(1, 1, 0, 1, 0, 0, 0);
    expect(rankAmongAll(scores, Int32Array.of(3), excluded)).toEqual([{ above: 1, tied: 2 }]);
  });

  it("of several held-out items see each other as candidates", () => {
    expect(rankAmongAll(scores, Int32Array.of(4, 1, 5, 0))).toEqual([
      { above: 5, tied: 1 },
      { above: 2, tied: 3 },
      { above: 2, tied: 3 },
      { above: 0, tied: 1 },
    ]);
  });

  it("among drawn candidates count those alone", () => {
    expect(rankAmong(scores, Int32Array.of(1), Int32Array.of(2, 5, 4, 6))).toEqual([{ above: 1, tied: 2 }]);
  });

  it("of a NaN score are a miss, and a NaN elsewhere stands above nothing", () => {
    expect(rankAmongAll(scores, Int32Array.of(6))).toEqual([{ above: Number.POSITIVE_INFINITY, tied: 1 }]);
    expect(rankAmongAll(scores, Int32Array.of(6, 0))).toEqual([
      { above: Number.POSITIVE_INFINITY, tied: 1 },
      { above: 0, tied: 1 },
    ]);
    for (const metric of [hitRateAt, ndcgAt, recallAt]) expect(metric(100, rankAmongAll(scores, Int32Array.of(6)))).toBe(0);
  });

  it("treat infinite scores as the extremes", () => {
    const extreme = Float64Array.of(Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY);
    expect(rankAmongAll(extreme, Int32Array.of(0, 2))).toEqual([
      { above: 2, tied: 1 },
      { above: 0, tied: 1 },
    ]);
  });
});

describe("one held-out item", () => {
  const at = (above: number, tied = 1): Rank[] => [{ above, tied }];

  it("at rank 3 without ties: hit 1 from k = 3 on, gain 1 / log2(4) = 1/2", () => {
    expect([1, 2, 3, 10].map((k) => hitRateAt(k, at(2)))).toEqual([0, 0, 1, 1]);
    expect(ndcgAt(10, at(2))).toBe(0.5);
    expect(ndcgAt(2, at(2))).toBe(0);
  });

  it("tied with 3 others behind 8: two of four places are in the first ten", () => {
    // ranks 9 to 12, each with probability 1/4: hit 2/4; gain (1/log2(10) + 1/log2(11)) / 4
    expect(hitRateAt(10, at(8, 4))).toEqual(near(0.5));
    expect(recallAt(10, at(8, 4))).toEqual(near(0.5));
    expect(ndcgAt(10, at(8, 4))).toEqual(near((1 / Math.log2(10) + 1 / Math.log2(11)) / 4));
  });

  it("of a model that scores everything alike is found as often as by chance", () => {
    const flat = new Float64Array(100);
    const ranks = rankAmongAll(flat, Int32Array.of(17));
    expect(hitRateAt(10, ranks)).toEqual(near(0.1));
    // mean of the ten discounts over 100 places: 4.543559338088345 / 100
    expect(ndcgAt(10, ranks)).toEqual(near(0.04543559338088345));
  });
});

describe("several held-out items", () => {
  it("at ranks 1, 3 and 12: recall 2/3; gain (1 + 1/2) over (1 + 1/log2(3) + 1/2)", () => {
    const ranks: Rank[] = [0, 2, 11].map((above) => ({ above, tied: 1 }));
    expect(recallAt(10, ranks)).toEqual(near(2 / 3));
    expect(hitRateAt(10, ranks)).toBe(1);
    expect(ndcgAt(10, ranks)).toEqual(near(1.5 / (1.5 + 1 / Math.log2(3))));
    // At k = 1 the greatest gain possible is one item's.
    expect(ndcgAt(1, ranks)).toBe(1);
    expect(recallAt(1, ranks)).toEqual(near(1 / 3));
  });

  it("two among four tied with two places left: at least one with probability 1 - 2/4 x 1/3 = 5/6", () => {
    const ranks: Rank[] = [
      { above: 8, tied: 4 },
      { above: 8, tied: 4 },
      { above: 40, tied: 1 },
    ];
    expect(hitRateAt(10, ranks)).toEqual(near(5 / 6));
    expect(recallAt(10, ranks)).toEqual(near(1 / 3));
  });

  it("three among four tied with two places left: certainly one", () => {
    expect(
      hitRateAt(
        10,
        Array.from({ length: 3 }, () => ({ above: 8, tied: 4 })),
      ),
    ).toBe(1);
  });

  it("none gives 0, and k below 1 is refused", () => {
    for (const metric of [hitRateAt, ndcgAt, recallAt]) {
      expect(metric(10, [])).toBe(0);
      expect(() => metric(0, [])).toThrow(RangeError);
    }
  });
});
