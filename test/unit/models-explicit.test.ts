import { describe, expect, it } from "vitest";
import { ratingsOf, type UserRatings } from "../../shared/math/ratings.ts";
import { als } from "../../shared/models/als.ts";
import { biasedMf } from "../../shared/models/biased-mf.ts";
import type { Model, ModelDefinition } from "../../shared/models/model.ts";
import { PrivatePart } from "../../shared/models/private-part.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const rank = 2;
const order = rank + 1;
const l2 = 0.3;
const mean = 3;
const ratings = drawRatings({ users: 40, items: 15, perUser: 6, feedback: "explicit", seed: 2 });

function build(definition: ModelDefinition, options: object, items = 15): Model {
  const section = resolveSection([definition], { kind: definition.kind, rank, l2, ...options }, "model");
  return definition.create(section.options, { items, cohort: 40, globalMean: mean });
}

/** Half the squared errors, and half of l2 times what each rating adds to the penalty of both sides. */
function halfLoss(itemSide: Float64Array, own: Float64Array, person: UserRatings): number {
  let total = 0;
  for (const [index, item] of person.items.entries()) {
    let prediction = mean + own[rank]! + itemSide[item * order + rank]!;
    for (let f = 0; f < rank; f++) prediction += own[f]! * itemSide[item * order + f]!;
    total += 0.5 * (person.values[index]! - prediction) ** 2;
    for (let f = 0; f < order; f++) total += 0.5 * l2 * (own[f]! ** 2 + itemSide[item * order + f]! ** 2);
  }
  return total;
}

describe("biased matrix factorization", () => {
  it("contributes the slope of its loss in a full-batch step", () => {
    const model = build(biasedMf, { batch: "full" });
    const { shared } = model.initialize(createRng(1));
    const person = ratingsOf(ratings, 3);
    const initial = model.createPrivate(person, createRng(2));
    const out = new Float64Array(shared.length);
    model.contribute(model.open(shared), initial, person, createRng(3), out);
    const step = 1e-5;
    for (let at = 0; at < shared.length; at++) {
      const ahead = shared.slice();
      const behind = shared.slice();
      ahead[at] = ahead[at]! + step;
      behind[at] = behind[at]! - step;
      expect(out[at]).toBeCloseTo((halfLoss(ahead, initial.values, person) - halfLoss(behind, initial.values, person)) / (2 * step), 6);
    }
  });

  it("lowers a person's loss in one step, from a handful of ratings to a thousand", () => {
    for (const count of [1, 10, 1000]) {
      for (const batch of ["full", "single"]) {
        const model = build(biasedMf, { batch }, 1000);
        const rng = createRng(count);
        const person = {
          items: Int32Array.from({ length: count }, (_, item) => item),
          values: Float64Array.from({ length: count }, () => 1 + 4 * rng.float()),
        };
        const { shared } = model.initialize(createRng(1));
        const initial = model.createPrivate(person, createRng(2));
        const next = model.contribute(model.open(shared), initial, person, createRng(3), new Float64Array(shared.length)).private;
        expect(halfLoss(shared, next.values, person)).toBeLessThan(halfLoss(shared, initial.values, person));
      }
    }
  });

  it("visits ratings in an order that the seed decides", () => {
    const model = build(biasedMf, { learningRate: 0.05 });
    const { shared } = model.initialize(createRng(1));
    const person = ratingsOf(ratings, 3);
    const contributed = (seed: number): Float64Array => {
      const out = new Float64Array(shared.length);
      model.contribute(model.open(shared), model.createPrivate(person, createRng(2)), person, createRng(seed), out);
      return out;
    };
    expect(contributed(3)).toEqual(contributed(3));
    expect(contributed(3)).not.toEqual(contributed(4));
  });
});

describe("ALS", () => {
  it.each(["count", "none"] as const)("never lets a sweep raise its objective (weighting %s)", (weighting) => {
    const model = build(als, { weighting });
    let last = Number.POSITIVE_INFINITY;
    federate(model, ratings, 8, createRng(1), (_round, { shared }) => {
      const now = objective(model, shared, weighting === "count");
      expect(now).toBeLessThanOrEqual(last * (1 + 1e-12));
      last = now;
    });
  });

  it("keeps the row of an item that nobody in the cohort rated, and of one whose system noise has spoiled", () => {
    const model = build(als, {});
    const start = model.initialize(createRng(1));
    const person: UserRatings = { items: Int32Array.of(4, 6), values: Float64Array.of(5, 2) };
    const out = new Float64Array(15 * 6 + 15 * order);
    model.contribute(model.open(start.shared), model.createPrivate(person, createRng(2)), person, createRng(3), out);
    out[6 * 6] = -50;
    const next = model.advance(start, { values: out, count: 1 }).shared;
    for (let item = 0; item < 15; item++) {
      const [before, after] = [start.shared, next].map((side) => [...side.slice(item * order, (item + 1) * order)]);
      if (item === 4) expect(after).not.toEqual(before);
      else expect(after).toEqual(before);
    }
  });

  it("clips predictions to the range of ratings, and not where none is known", () => {
    const own = new PrivatePart(Float64Array.of(0, 0, 9));
    const section = resolveSection([als], { kind: "als", rank }, "model");
    const scoreOf = (range: { ratingRange?: readonly [number, number] }): number => {
      const model = als.create(section.options, { items: 1, cohort: 1, ...range });
      const out = new Float64Array(1);
      model.score(model.open(new Float64Array(order)), own, out);
      return out[0]!;
    };
    expect([scoreOf({ ratingRange: [-1, 4] }), scoreOf({})]).toEqual([4, 9]);
  });
});

/** The objective of als.ts for an item side, each person's part being the best one. */
function objective(model: Model, itemSide: Float64Array, isWeighted: boolean): number {
  const opened = model.open(itemSide);
  const itemCounts = new Float64Array(15);
  let total = 0;
  for (let user = 0; user < ratings.users; user++) {
    const person = ratingsOf(ratings, user);
    if (person.items.length === 0) continue;
    const own = model.fit(opened, model.createPrivate(person, createRng(2)), person, createRng(3)).values;
    const penalty = isWeighted ? person.items.length : 1;
    for (const value of own) total += l2 * penalty * value ** 2;
    for (const [index, item] of person.items.entries()) {
      let prediction = mean + own[rank]! + itemSide[item * order + rank]!;
      for (let f = 0; f < rank; f++) prediction += own[f]! * itemSide[item * order + f]!;
      total += (person.values[index]! - prediction) ** 2;
      itemCounts[item] = itemCounts[item]! + 1;
    }
  }
  for (let item = 0; item < 15; item++) {
    const penalty = isWeighted ? itemCounts[item]! : Math.min(1, itemCounts[item]!);
    for (let f = 0; f < order; f++) total += l2 * penalty * itemSide[item * order + f]! ** 2;
  }
  return total;
}
