/** Lists of unlike items, and people of several tastes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diversify } from "../../../client/diversify.ts";
import { fitInterests, groupItems } from "../../../client/interests.ts";
import { recommendItems } from "../../../client/recommend.ts";
import type { UserRatings } from "../../../shared/math/ratings.ts";
import { fcf } from "../../../shared/models/fcf.ts";
import type { ItemVectors, Model } from "../../../shared/models/model.ts";
import { PrivatePart } from "../../../shared/models/private-part.ts";
import { createRng } from "../../../shared/random.ts";
import { parseConfig } from "../../../shared/registry.ts";

/** Items 0 to 2 point one way, 3 and 4 another, 5 nowhere; a bias stands behind each. */
const vectors: ItemVectors = {
  values: Float64Array.of(1, 0, 9, 2, 0, 9, 3, 0.1, 9, 0, 1, 9, 0.1, 1, 9, 0, 0, 9),
  length: 2,
  stride: 3,
};
const scores = Float64Array.of(1, 0.9, 0.8, 0.5, 0.4, 0);
const ranked = Int32Array.of(0, 1, 2, 3, 4, 5);

describe("diversify", () => {
  it("at 0 keeps the order, and between takes what is unlike the more the higher the knob", () => {
    expect([...diversify(ranked, scores, vectors, 3, 0)]).toEqual([0, 1, 2]);
    // Second place: .9 x .9 - .1 x 1 = .71 for item 1 beside .9 x .5 = .45 for item 3.
    expect([...diversify(ranked, scores, vectors, 3, 0.1)]).toEqual([0, 1, 2]);
    // .6 x .9 - .4 = .14 beside .6 x .5 = .3; then item 1 again before 4, whose cosine with 3 is .995.
    expect([...diversify(ranked, scores, vectors, 3, 0.4)]).toEqual([0, 3, 1]);
    // Zeros are like nothing.
    expect([...diversify(ranked, scores, vectors, 3, 1)].slice(0, 2)).toEqual([0, 3]);
    expect([...diversify(ranked, scores, vectors, 3, 1)]).toEqual([0, 3, 5]);
  });

  it("gives all there is, nothing of nothing, and refuses a knob out of range", () => {
    expect([...diversify(ranked, scores, vectors, 9, 0.5)].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...diversify(new Int32Array(0), scores, vectors, 3, 0.5)]).toEqual([]);
    expect([...diversify(ranked, new Float64Array(6), vectors, 2, 0.2)]).toEqual([0, 3]);
    for (const bad of [-0.1, 1.1, Number.NaN]) expect(() => diversify(ranked, scores, vectors, 2, bad)).toThrow(RangeError);
  });

  it("takes candidates, each once, the best of them first, whatever scores and vectors are", () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, number, number), { minLength: 1, maxLength: 30 }),
        fc.nat(40),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rows, count, knob) => {
          const all = Float64Array.from(rows, ([score]) => score);
          const candidates = Int32Array.from([...rows.keys()].sort((a, b) => all[b]! - all[a]! || a - b));
          const table = { values: Float64Array.from(rows.flatMap(([, x, y]) => [x, y])), length: 2, stride: 2 };
          const list = diversify(candidates, all, table, count, knob);
          expect(list.length).toBe(Math.min(count, rows.length));
          expect(new Set(list).size).toBe(list.length);
          if (list.length > 0) expect(list[0]).toBe(candidates[0]);
          expect([...list].every((item) => candidates.includes(item))).toBe(true);
        },
      ),
    );
  });
});

describe("interests", () => {
  const groups = (items: number[], count: number): number[] => [
    ...groupItems(vectors, Int32Array.from(items), count, createRng(1, "interests")),
  ];

  it("group items that point one way, whatever their length", () => {
    const [a, b, c, d, e] = groups([0, 1, 2, 3, 4], 2);
    expect([b, c, e]).toEqual([a, a, d]);
    expect(a).not.toBe(d);
    expect(groups([0, 0, 5, 5], 3)).toHaveLength(4);
  });

  /** Two catalogues in one: who likes the first four likes nothing of the others, but one person likes both. */
  const model = fcf.create(parseConfig(fcf.options, { kind: "fcf", rank: 2 }, "model"), { items: 8, cohort: 2 });
  const shared = Float64Array.of(1, 0, 1, 0.1, 0.9, 0, 1, 0, 0, 1, 0.1, 1, 0, 0.9, 0, 1);
  const opened = model.open(shared);
  const ratings: UserRatings = { items: Int32Array.of(0, 1, 2, 4, 5, 6), values: new Float64Array(6).fill(1) };
  const own = model.fit(opened, model.createPrivate(ratings, createRng(1)), ratings, createRng(2));

  it("are fitted each to its own ratings, and lift an item by the one that likes it most", () => {
    const parts = fitInterests(model, opened, ratings, 2);
    expect(parts).toHaveLength(2);
    const both = recommendItems(model, opened, own, ratings, 8, { interests: 2 });
    expect(both.map(({ item }) => item).sort()).toEqual([3, 7]);
    const each = parts.map((part) => {
      const out = new Float64Array(8);
      model.score(opened, part, out);
      return out;
    });
    const usual = new Float64Array(8);
    model.score(opened, own, usual);
    for (const { item, score } of both) expect(score).toBe((usual[item]! + Math.max(each[0]![item]!, each[1]![item]!)) / 2);
    // One of them likes item 3 and not item 7, the other the reverse.
    expect(Math.sign(each[0]![3]! - each[0]![7]!)).toBe(-Math.sign(each[1]![3]! - each[1]![7]!));
  });

  it("are the same every time, and few ratings are one taste", () => {
    expect(fitInterests(model, opened, ratings, 2)).toEqual(fitInterests(model, opened, ratings, 2));
    const few: UserRatings = { items: Int32Array.of(0, 4), values: Float64Array.of(1, 1) };
    expect(fitInterests(model, opened, few, 5)).toEqual([]);
    const plain = recommendItems(model, opened, own, few, 8);
    expect(recommendItems(model, opened, own, few, 8, { interests: 5 })).toEqual(plain);
  });

  it("leave recommendations as they are when they are one, and diversity when it is none", () => {
    const plain = recommendItems(model, opened, own, ratings, 8, { includeRated: true });
    expect(recommendItems(model, opened, own, ratings, 8, { includeRated: true, interests: 1, diversity: 0 })).toEqual(plain);
    const unlike = recommendItems(model, opened, own, ratings, 8, { includeRated: true, diversity: 0.9, count: 2 });
    expect(unlike[0]).toEqual(plain[0]);
    expect(unlike[1]!.item < 4).not.toBe(unlike[0]!.item < 4);
  });

  it("and diversity are refused for a model whose items have no vectors, by a coded error", () => {
    const bare = { kind: "bare", score: (_s: unknown, _o: unknown, out: Float64Array) => out.fill(1) } as unknown as Model;
    const part = new PrivatePart(new Float64Array(1));
    for (const options of [{ diversity: 0.3 }, { interests: 2 }]) {
      expect(() => recommendItems(bare, undefined, part, ratings, 8, options)).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining('"bare"') as string }) as Error,
      );
    }
    const trained = { ...model, isJudgedAsTrained: true };
    expect(() => recommendItems(trained, opened, own, ratings, 8, { interests: 2 })).toThrow(/fitted anew/);
    for (const options of [{ interests: 0 }, { interests: 1.5 }, { diversity: 2 }]) {
      expect(() => recommendItems(model, opened, own, ratings, 8, options)).toThrow(RangeError);
    }
  });
});
