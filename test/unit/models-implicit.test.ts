import { describe, expect, it } from "vitest";
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import { bpr } from "../../shared/models/bpr.ts";
import { fcf } from "../../shared/models/fcf.ts";
import { implicitAls } from "../../shared/models/implicit-als.ts";
import { type Model, type ModelDefinition, sizeOf, tensorOf } from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const rank = 3;
const l2 = 0.02;
const a0 = 0.4;
const choices = drawRatings({ users: 30, items: 12, perUser: 4, feedback: "implicit", seed: 2 });
const shape = { items: 12, cohort: 30 };

function build(definition: ModelDefinition, options: object): Model {
  const section = resolveSection([definition], { kind: definition.kind, ...options }, "model");
  return definition.create(section.options, shape);
}

describe("FCF", () => {
  const model = build(fcf, { rank, l2, unratedWeight: a0 });
  const { shared } = model.initialize(createRng(1));

  it("contributes shares whose sum is the slope of the whole objective, everyone's factors at their best", () => {
    const sum = new Float64Array(shared.length);
    const out = new Float64Array(shared.length);
    for (let user = 0; user < choices.users; user++) {
      model.contribute(
        model.open(shared),
        model.createPrivate(ratingsOf(choices, user), createRng(2)),
        ratingsOf(choices, user),
        createRng(3),
        out,
      );
      for (let at = 0; at < sum.length; at++) sum[at] = sum[at]! + out[at]!;
    }
    const step = 1e-5;
    for (let at = 0; at < shared.length; at++) {
      const ahead = shared.slice();
      const behind = shared.slice();
      ahead[at] = ahead[at]! + step;
      behind[at] = behind[at]! - step;
      expect(sum[at]).toBeCloseTo((objective(model, ahead) - objective(model, behind)) / (2 * step), 5);
    }
  });

  it("comes as close to the minimum as alternating least squares of the same objective", () => {
    const exact = federate(build(implicitAls, { rank, l2, unratedWeight: a0 }), choices, 200, createRng(1)).state.shared;
    const descended = federate(model, choices, 400, createRng(1)).state.shared;
    expect(objective(model, descended)).toBeLessThan(1.01 * objective(model, exact));
    expect(objective(model, exact)).toBeLessThan(0.9 * objective(model, shared));
  });

  it("serves a person exactly: no other factors do better for them", () => {
    const person = ratingsOf(choices, 4);
    const opened = model.open(shared);
    const part = model.fit(opened, model.createPrivate(person, createRng(2)), person, createRng(3));
    const best = personalObjective(shared, part.values, person.items);
    const rng = createRng(6);
    for (let trial = 0; trial < 50; trial++) {
      expect(
        personalObjective(
          shared,
          part.values.map((value) => value + 0.01 * rng.normal()),
          person.items,
        ),
      ).toBeGreaterThan(best);
    }
  });
});

describe("implicit ALS", () => {
  it("never lets a sweep raise its objective", () => {
    const model = build(implicitAls, { rank, l2, unratedWeight: a0 });
    let last = objective(model, model.initialize(createRng(1).fork("initialize")).shared);
    federate(model, choices, 8, createRng(1), (_round, { shared }) => {
      const now = objective(model, shared);
      expect(now).toBeLessThanOrEqual(last * (1 + 1e-12));
      last = now;
    });
  });

  it("counts each person's items once, and keeps an item's row when noise spoils its system", () => {
    const model = build(implicitAls, { rank, l2, unratedWeight: a0 });
    const start = model.initialize(createRng(1));
    const out = new Float64Array(sizeOf(model.parameters.contribution));
    const person = ratingsOf(choices, 4);
    model.contribute(model.open(start.shared), model.createPrivate(person, createRng(2)), person, createRng(3), out);
    const counts = tensorOf(out, model.parameters.contribution, "itemCount");
    expect([...counts].flatMap((count, item) => (count === 1 ? [item] : []))).toEqual([...person.items]);

    const spoiled = person.items[0]!;
    tensorOf(out, model.parameters.contribution, "itemGram")[spoiled * 6] = -1000;
    const next = model.advance(start, { values: out, count: 1 }).shared;
    expect(next.slice(spoiled * rank, (spoiled + 1) * rank)).toEqual(start.shared.slice(spoiled * rank, (spoiled + 1) * rank));
  });
});

describe("BPR", () => {
  it("draws negatives from all that a person has not chosen, and never what was chosen", () => {
    // Item biases alone tell: whatever is chosen is pulled up, whatever else is drawn is pushed down.
    const model = build(bpr, { rank: 1, l2: 0, localEpochs: 1, negatives: 50 });
    const { shared } = model.initialize(createRng(1));
    const person = ratingsOf(choices, 4);
    const out = new Float64Array(shared.length);
    model.contribute(model.open(shared), model.createPrivate(person, createRng(2)), person, createRng(3), out);
    const chosen = new Set(person.items);
    for (let item = 0; item < choices.items; item++) {
      if (chosen.has(item)) expect(out[2 * item + 1]).toBeLessThan(0);
      else expect(out[2 * item + 1]).toBeGreaterThan(0);
    }
  });

  it("has nothing to learn from a person who chose everything", () => {
    const model = build(bpr, {});
    const { shared } = model.initialize(createRng(1));
    const person = { items: Int32Array.from({ length: 12 }, (_, item) => item), values: new Float64Array(12).fill(1) };
    const out = new Float64Array(shared.length).fill(1);
    model.contribute(model.open(shared), model.createPrivate(person, createRng(2)), person, createRng(3), out);
    expect(out.every((value) => value === 0)).toBe(true);
  });
});

/** The objective of fcf.ts for item factors, each person's factors being the best ones. */
function objective(model: Model, itemFactors: Float64Array): number {
  const opened = model.open(itemFactors);
  const counts = new Float64Array(choices.items);
  for (const item of choices.itemIndex) counts[item] = counts[item]! + 1;
  let total = 0;
  for (let user = 0; user < choices.users; user++) {
    const person = ratingsOf(choices as RatingMatrix, user);
    const part = model.fit(opened, model.createPrivate(person, createRng(2)), person, createRng(3));
    total += personalObjective(itemFactors, part.values, person.items);
  }
  for (let item = 0; item < choices.items; item++) {
    for (let f = 0; f < rank; f++) total += l2 * (counts[item]! + a0 * choices.users) * itemFactors[item * rank + f]! ** 2;
  }
  return total;
}

/** One person's terms, without those of the item penalty. */
function personalObjective(itemFactors: Float64Array, own: Float64Array, chosen: Int32Array): number {
  const isChosen = new Set(chosen);
  let total = 0;
  for (let item = 0; item * rank < itemFactors.length; item++) {
    let score = 0;
    for (let f = 0; f < rank; f++) score += own[f]! * itemFactors[item * rank + f]!;
    total += a0 * score ** 2 + (isChosen.has(item) ? (1 - score) ** 2 : 0);
  }
  for (const value of own) total += l2 * (chosen.length + (a0 * itemFactors.length) / rank) * value ** 2;
  return total;
}
