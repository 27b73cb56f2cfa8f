/** Reconstruction: what is learned from a query comes from a solve that has not seen it; nothing is kept between rounds. */
import { describe, expect, it } from "vitest";
import { dot } from "../../shared/math/linear.ts";
import { ratingsOf, type UserRatings } from "../../shared/math/ratings.ts";
import { drawFactors } from "../../shared/models/descent.ts";
import { fcf } from "../../shared/models/fcf.ts";
import { fedRecon } from "../../shared/models/fed-recon.ts";
import type { Model } from "../../shared/models/model.ts";
import { PrivatePart } from "../../shared/models/private-part.ts";
import { createRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const [items, rank, l2, a0] = [16, 3, 0.02, 0.4];
const people = drawRatings({ users: 25, items, perUser: 6, feedback: "implicit", seed: 6 });
const person = ratingsOf(people, 3);
const shared = drawFactors(createRng(7), items, rank, 0, 0.7);
const rows = (values: Float64Array, item: number): number[] => [...values.subarray(item * rank, (item + 1) * rank)];

function build(options: object): Model {
  const section = parseConfig(fedRecon.options, { kind: "fed-recon", rank, l2, unratedWeight: a0, ...options }, "model");
  return fedRecon.create(section, { items, cohort: 25 });
}

function fcfWith(options: object): Model {
  return fcf.create(parseConfig(fcf.options, { kind: "fcf", rank, l2, unratedWeight: a0, ...options }, "model"), { items, cohort: 25 });
}

function contribute(model: Model, own: UserRatings, seed = 3): { out: Float64Array; own: Float64Array } {
  const out = new Float64Array(items * rank).fill(Number.NaN);
  const given = model.contribute(model.open(shared), model.createPrivate(own, createRng(2)), own, createRng(seed), out);
  return { out, own: given.private.values };
}

/** The slope of (1 - s)^2 + a0 s^2 + l2 (1 + a0) |q|^2 along the row of `item`, for fixed factors. */
function querySlope(own: Float64Array, item: number): number[] {
  const score = dot(own, 0, shared, item * rank, rank);
  return rows(shared, item).map((q, f) => (2 * (score - 1) + 2 * a0 * score) * own[f]! + 2 * l2 * (1 + a0) * q);
}

it("is fcf, bit for bit, where support and query are all choices", () => {
  const options = { rank: 4, l2: 0.01, unratedWeight: 0.3 };
  expect(federate(build({ ...options, query: "all" }), people, 5, createRng(1))).toEqual(
    federate(fcfWith(options), people, 5, createRng(1)),
  );
});

it.each(["each", "random", "all"])("keeps nothing between rounds: whatever part comes in, the same goes out (%s)", (query) => {
  const model = build({ query });
  const out = new Float64Array(items * rank);
  const other = new PrivatePart(Float64Array.of(3, -2, 1));
  const { private: part } = model.contribute(model.open(shared), other, person, createRng(3), out);
  const expected = contribute(model, person);
  expect(out).toEqual(expected.out);
  expect(part.values).toEqual(expected.own);
});

it("each: learns of every choice from the solve without it, and of unrated items from the solve with all", () => {
  const { out } = contribute(build({ query: "each" }), person);
  const whole = contribute(fcfWith({}), person);
  for (let item = 0; item < items; item++) {
    if (!person.items.includes(item)) {
      expect(rows(out, item)).toEqual(rows(whole.out, item));
      continue;
    }
    const others = { items: person.items.filter((one) => one !== item), values: person.values.subarray(1) };
    // The penalty stays that of all choices.
    const scaled = (l2 * (person.items.length + a0 * items)) / (others.items.length + a0 * items);
    const { own } = contribute(fcfWith({ l2: scaled }), others);
    const expected = querySlope(own, item);
    for (const [f, value] of rows(out, item).entries()) expect(value).toBeCloseTo(expected[f]!, 11);
  }
});

describe("random", () => {
  const model = build({ query: "random", queryShare: 0.4 });
  const queries = (seed: number): number[] =>
    [...person.items].filter((item) => rows(contribute(model, person, seed).out, item).some((value) => value !== 0));

  it("leaves the rows of the support alone, and draws another support in every round", () => {
    const total = person.items.length;
    const drawn = [1, 2, 3, 4, 5, 6].map((seed) => queries(seed));
    for (const query of drawn) expect(query).toHaveLength(Math.round(0.4 * total));
    expect(new Set(drawn.map(String)).size).toBeGreaterThan(3);
    expect(queries(1)).toEqual(drawn[0]);
  });

  it("learns of the query from a solve on the support that has the size of one on all", () => {
    const { out, own } = contribute(model, person, 1);
    const query = queries(1);
    const support = person.items.filter((item) => !query.includes(item));
    const share = support.length / person.items.length;
    const fitted = build({ unratedWeight: share * a0, query: "all" });
    const expectedOwn = contribute(fitted, { items: support, values: new Float64Array(support.length).fill(1) }).own;
    for (let f = 0; f < rank; f++) expect(own[f]).toBeCloseTo(expectedOwn[f]!, 11);
    for (const item of query) {
      const expected = querySlope(own, item).map((slope) => (slope * person.items.length) / query.length);
      for (const [f, value] of rows(out, item).entries()) expect(value).toBeCloseTo(expected[f]!, 11);
    }
  });

  it("learns from one choice alone as fcf does", () => {
    const one = { items: person.items.subarray(0, 1), values: person.values.subarray(0, 1) };
    expect(contribute(model, one)).toEqual(contribute(fcfWith({}), one));
  });
});

it("solves by descent from zero what the exact solve solves, given the steps", () => {
  const exact = contribute(build({ query: "all" }), person).own;
  const after = (localSteps: number): number => {
    const { own } = contribute(build({ query: "all", solver: "descent", localSteps }), person);
    return Math.hypot(...own.map((value, f) => value - exact[f]!)) / Math.hypot(...exact);
  };
  const [few, more, many] = [after(2), after(20), after(3000)];
  expect(many).toBeLessThan(1e-9);
  expect(more).toBeLessThan(few);
  expect(few).toBeLessThan(1);
});
