/** Nonnegative / binary factorization against a solver that holds all ratings and tries every code; its loss, its codes, its refusals. */
import { describe, expect, it } from "vitest";
import { type RatingMatrix, ratingsOf, type UserRatings } from "../../shared/math/ratings.ts";
import type { Model } from "../../shared/models/model.ts";
import { nbmf } from "../../shared/models/nbmf.ts";
import { PrivatePart } from "../../shared/models/private-part.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const [users, items, l2, biasL2, mean] = [50, 15, 4, 2, 3.4];
const ratings = drawRatings({ users, items, perUser: 7, feedback: "explicit", seed: 2 });

function build(changes: Readonly<Record<string, unknown>>, count = items): Model<Float64Array> {
  const { options } = resolveSection([nbmf], { kind: "nbmf", rank: 3, l2, biasL2, noiseVariance: 0, ...changes }, "model");
  return nbmf.create(options, { items: count, cohort: users, ratingRange: [1, 5], globalMean: mean }) as Model<Float64Array>;
}

/** A code with its best bias, and half of what it costs, from the model's equation. */
function judge(side: Float64Array, { items: rated, values }: UserRatings, code: readonly number[]) {
  const order = code.length + 1;
  const rest = Array.from(rated, (item, index) => {
    const own = code.reduce((sum, bit, f) => sum + side[item * order + f]! * (bit - 0.5), 0);
    return values[index]! - mean - side[item * order + order - 1]! - own;
  });
  const bias = rest.reduce((sum, value) => sum + value, 0) / (rest.length + biasL2);
  return { code, bias, energy: (rest.reduce((sum, value) => sum + (value - bias) ** 2, 0) + biasL2 * bias ** 2) / 2 };
}

/** Every code with its bias and how likely it is: the best alone at s2 = 0. */
function weigh(side: Float64Array, person: UserRatings, rank: number, s2: number) {
  const codes = Array.from({ length: 2 ** rank }, (_, number) => Array.from({ length: rank }, (_, f) => (number >> f) & 1));
  const judged = codes.map((code) => judge(side, person, code));
  const least = Math.min(...judged.map(({ energy }) => energy));
  // Of codes that differ by rounding alone the first.
  const best = judged.findIndex(({ energy }) => energy <= least + 1e-9);
  const weights = judged.map(({ energy }, at) => (s2 === 0 ? Number(at === best) : Math.exp((least - energy) / s2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const evidence = s2 === 0 ? 2 * least : 2 * least - 2 * s2 * Math.log(total);
  return { evidence, known: judged.map((one, at) => ({ ...one, weight: weights[at]! / total })).filter(({ weight }) => weight > 0) };
}

/** One round on all ratings in one place: coordinate by coordinate over the items, errors summed rating by rating. */
function centralRound(side: Float64Array, matrix: RatingMatrix, rank: number, s2: number, sweeps = 5): Float64Array {
  const order = rank + 1;
  const people = Array.from({ length: matrix.users }, (_, user) => {
    const person = ratingsOf(matrix, user);
    return { person, known: person.items.length === 0 ? [] : weigh(side, person, rank, s2).known };
  });
  const next = side.slice();
  for (let item = 0; item < matrix.items; item++) {
    const raters = people.flatMap(({ person, known }) => {
      const index = person.items.indexOf(item);
      return known.map((one) => ({ ...one, rating: person.values[index] })).filter(({ rating }) => rating !== undefined);
    });
    for (let turn = 0; turn < (raters.length === 0 ? 0 : sweeps * order); turn++) {
      const f = turn % order;
      let [top, bottom] = [0, f === rank ? biasL2 : l2];
      for (const { code, bias, weight, rating } of raters) {
        const z = [...code.map((bit) => bit - 0.5), 1];
        const others = z.reduce((sum, value, g) => (g === f ? sum : sum + value * next[item * order + g]!), 0);
        top += weight * z[f]! * (rating! - mean - bias - others);
        bottom += weight * z[f]! ** 2;
      }
      next[item * order + f] = f === rank ? top / bottom : Math.max(0, top / bottom);
    }
  }
  return next;
}

describe.each([0, 0.7])("nonnegative / binary factorization with noise variance %f", (noiseVariance) => {
  const rank = 3;
  const model = build({ noiseVariance });

  it("gives the item side of a central solver after every round", () => {
    let central = model.initialize(createRng(1).fork("initialize")).shared;
    const seen: Float64Array[] = [];
    federate(model, ratings, 4, createRng(1), (_round, { shared }) => seen.push(shared));
    expect(seen.length).toBe(4);
    for (const shared of seen) {
      central = centralRound(central, ratings, rank, noiseVariance);
      for (let at = 0; at < central.length; at++) expect(shared[at]).toBeCloseTo(central[at]!, 9);
    }
    expect(seen[3]!.some((value, at) => Math.abs(value - seen[0]![at]!) > 0.01)).toBe(true);
  });

  it("keeps factors nonnegative and never lets a round raise its loss", () => {
    let last = Number.POSITIVE_INFINITY;
    federate(model, ratings, 15, createRng(4), (_round, { shared }) => {
      let loss = 0;
      for (let user = 0; user < users; user++) loss += weigh(shared, ratingsOf(ratings, user), rank, noiseVariance).evidence;
      for (const [at, value] of shared.entries()) {
        const isBias = at % (rank + 1) === rank;
        expect(isBias || value >= 0).toBe(true);
        loss += (isBias ? biasL2 : l2) * value ** 2;
      }
      expect(loss).toBeLessThanOrEqual(last + 1e-9);
      last = loss;
    });
  });

  it("keeps of a person the mean code and the bias", () => {
    const shared = federate(model, ratings, 3, createRng(5)).state.shared;
    const person = ratingsOf(ratings, 3);
    const { known } = weigh(shared, person, rank, noiseVariance);
    const part = model.fit(shared, model.createPrivate(person, createRng(1)), person, createRng(1)).values;
    for (let f = 0; f < rank; f++)
      expect(part[f]).toBeCloseTo(
        known.reduce((sum, one) => sum + one.weight * one.code[f]!, 0),
        9,
      );
    expect(part[rank]).toBeCloseTo(
      known.reduce((sum, one) => sum + one.weight * one.bias, 0),
      9,
    );
    if (noiseVariance === 0) expect([...part.subarray(0, rank)].every((bit) => bit === 0 || bit === 1)).toBe(true);
  });
});

describe("nonnegative / binary factorization", () => {
  it("searches among more codes than can be looked at, from the code that stands, and ends where no flip helps", () => {
    const rank = 20;
    const model = build({ rank, l2: 0.5 }, 200);
    const person = ratingsOf(drawRatings({ users: 1, items: 200, perUser: 90, feedback: "explicit", seed: 6 }), 0);
    expect(person.items.length).toBeGreaterThan(25);
    const shared = model.initialize(createRng(2)).shared.map((value, at) => (at % (rank + 1) === rank ? 0 : 4 * value));
    const start = new PrivatePart(Float64Array.from({ length: rank + 1 }, (_, f) => f % 2));
    const energy = (part: PrivatePart) => judge(shared, person, [...part.values.subarray(0, rank)]).energy;
    const found = model.fit(shared, start, person, createRng(1));
    expect(energy(found)).toBeLessThan(energy(start));
    for (let f = 0; f < rank; f++) {
      const flipped = found.values.slice();
      flipped[f] = 1 - flipped[f]!;
      expect(energy(new PrivatePart(flipped))).toBeGreaterThan(energy(found));
    }
  });

  it("lets a real-valued code fit at least as well as any binary one, within [0, 1]", () => {
    const shared = federate(build({}), ratings, 3, createRng(5)).state.shared;
    for (const user of [0, 3, 9]) {
      const person = ratingsOf(ratings, user);
      const model = build({ code: "real" });
      const part = [...model.fit(shared, model.createPrivate(person, createRng(1)), person, createRng(1)).values.subarray(0, 3)];
      expect(part.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(judge(shared, person, part).energy).toBeLessThanOrEqual(weigh(shared, person, 3, 0).evidence / 2 + 1e-6);
    }
  });

  it("predicts mean and item bias for someone without ratings", () => {
    const model = build({});
    const shared = federate(model, ratings, 2, createRng(3)).state.shared;
    const nobody = { items: new Int32Array(0), values: new Float64Array(0) };
    const scores = new Float64Array(items);
    model.score(shared, model.fit(shared, model.createPrivate(nobody, createRng(1)), nobody, createRng(1)), scores);
    for (let item = 0; item < items; item++) expect(scores[item]).toBeCloseTo(Math.min(5, Math.max(1, mean + shared[item * 4 + 3]!)), 12);
  });

  it("refuses a noise variance where codes cannot all be weighed", () => {
    expect(() => build({ rank: 17, noiseVariance: 0.5 })).toThrow(/"noiseVariance" above 0 expected a binary code of at most 16 bits/);
    expect(() => build({ code: "real", noiseVariance: 0.5 })).toThrow(/got real, rank 3/);
  });
});
