/** Both ALS models under noise: what leaves a device is bounded, what comes of noised sums is too, and without noise nothing is new. */
import { describe, expect, it } from "vitest";
import { addInto } from "../../shared/math/linear.ts";
import { ratingsOf, type UserRatings } from "../../shared/math/ratings.ts";
import { als } from "../../shared/models/als.ts";
import { implicitAls } from "../../shared/models/implicit-als.ts";
import { type ItemFeatures, type Model, type ModelDefinition, type ModelState, sizeOf, tensorOf } from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { drawRatings } from "../support/ratings.ts";

const items = 25;
const users = 80;
const rank = 2;
const order = rank + 1;

function build(definition: ModelDefinition, options: object = {}, itemFeatures?: ItemFeatures): Model {
  const { options: resolved } = resolveSection([definition], { kind: definition.kind, rank, ...options }, "model");
  const shape = { items, cohort: users, ratingRange: [1, 5] as const, globalMean: 3 };
  return definition.create(resolved, itemFeatures === undefined ? shape : { ...shape, itemFeatures });
}

function contribute(model: Model, shared: Float64Array, person: UserRatings): Float64Array {
  const out = new Float64Array(sizeOf(model.parameters.contribution));
  model.contribute(model.open(shared), model.createPrivate(person, createRng(1)), person, createRng(1), out);
  return out;
}

function sumOf(model: Model, state: ModelState): Float64Array {
  const ratings = drawRatings({ users, items, perUser: 8, feedback: model.objective === "rating" ? "explicit" : "implicit", seed: 4 });
  const sum = new Float64Array(sizeOf(model.parameters.contribution));
  for (let user = 0; user < users; user++) addInto(sum, contribute(model, state.shared, ratingsOf(ratings, user)));
  return sum;
}

const models = [als, implicitAls] as const;
const settings = [{}, { noised: {} }] as const;
const cases = models.flatMap((definition) =>
  settings.map((options) => [definition.kind, JSON.stringify(options), definition, options] as const),
);

describe.each(cases)("%s %s under noise", (_kind, _options, definition, options) => {
  const model = build(definition as ModelDefinition, options);
  const start = model.initialize(createRng(1));
  const sum = sumOf(model, start);

  it("keeps every row within what ratings can say, whatever the noise", () => {
    const rng = createRng(7);
    for (const stddev of [0.01, 1, 50, 1e6]) {
      let state = start;
      for (let round = 0; round < 4; round++) {
        const values = sum.map((value) => value + stddev * rng.normal());
        state = model.advance(state, { values, count: users, noiseStddev: stddev });
        for (const value of state.shared) expect(Math.abs(value)).toBeLessThanOrEqual(4);
        expect(state.state.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it("learns next to nothing from noise alone", () => {
    const rng = createRng(8);
    const noise = sum.map(() => 1e4 * rng.normal());
    const { shared } = model.advance(start, { values: noise, count: users, noiseStddev: 1e4 });
    // Without bounds nothing public says how large matrices can be.
    const most = "noised" in options ? 0.1 : 2;
    for (const value of shared) expect(Math.abs(value)).toBeLessThan(most);
  });

  it("is alike for no noise and next to none", () => {
    const none = model.advance(start, { values: sum, count: users, noiseStddev: 0 }).shared;
    const some = model.advance(start, { values: sum, count: users, noiseStddev: 1e-4 }).shared;
    if (definition === implicitAls || "noised" in options)
      for (const [at, value] of some.entries()) expect(value).toBeCloseTo(none[at]!, 3);
    // Without `noised` the step is the exact algorithm's, bit for bit, with whatever says that there is no noise.
    expect(model.advance(start, { values: sum, count: users }).shared).toEqual(none);
  });
});

describe("bounded contributions of als", () => {
  const noised = { residual: 1.5, factor: 0.5, gramScale: 0.2, countScale: 0.4 };
  const model = build(als, { l2: 1e-3, noised });
  const shared = Float64Array.from({ length: items * order }, (_, at) => (at % order === rank ? 0.5 : Math.sin(at)));
  const person = { items: Int32Array.of(1, 4, 9, 20), values: Float64Array.of(5, 1, 1000, 3) };
  const out = contribute(model, shared, person);

  it("hold no more than bounds say, whatever is rated how", () => {
    const grams = tensorOf(out, model.parameters.contribution, "itemGram");
    const targets = tensorOf(out, model.parameters.contribution, "itemTarget");
    for (const item of person.items) {
      const cells = grams.subarray(item * 6, item * 6 + 6);
      expect(cells[5]).toBe(0.4);
      const normSquare = cells.reduce((total, cell) => total + cell * cell, 0);
      expect(normSquare).toBeLessThanOrEqual(0.2 ** 2 * ((1 + 0.25) ** 2 - 1) + 0.4 ** 2 + 1e-12);
      expect(Math.abs(targets[item * order + rank]!)).toBeLessThanOrEqual(1.5);
      expect(Math.hypot(...targets.subarray(item * order, item * order + rank))).toBeLessThanOrEqual(1.5 * 0.5 + 1e-12);
    }
  });

  it("lie within the fixed-point range, and are zero for who rated nothing", () => {
    const { options } = resolveSection([als], { kind: "als", noised }, "model");
    const { maxAbs } = als.range(options, { items, cohort: 1, ratingRange: [1, 5] });
    expect(maxAbs).toBe(2);
    for (const value of out) expect(Math.abs(value)).toBeLessThanOrEqual(maxAbs);
    expect(contribute(model, shared, { items: new Int32Array(0), values: new Float64Array(0) }).every((value) => value === 0)).toBe(true);
  });
});

describe("bounded contributions of implicit-als", () => {
  it("have a norm that bounds say", () => {
    const model = build(implicitAls, { l2: 1e-6, noised: { factor: 0.3, gramScale: 0.5, countScale: 0.1 } });
    const shared = Float64Array.from({ length: items * rank }, (_, at) => 0.1 * Math.sin(at + 1));
    const out = contribute(model, shared, { items: Int32Array.of(0, 7, 12), values: Float64Array.of(1, 1, 1) });
    const square = out.reduce((sum, value) => sum + value * value, 0);
    expect(square).toBeCloseTo(4 * (0.5 * 0.09) ** 2 + 3 * (0.09 + 0.01), 12);
  });
});

describe("als with public features", () => {
  const rng = createRng(3);
  const itemFeatures = { count: 4, values: Float64Array.from({ length: items * 4 }, (_, at) => (at % 4 === 2 ? 3 : 1) * rng.normal()) };

  it("begins with their components, the widest first, when its sums will be noised, and with draws when not", () => {
    const factors = (options: object): number[] => {
      const { shared } = build(als, options, itemFeatures).initialize(createRng(1));
      return [0, 1].map((f) =>
        Math.sqrt(Array.from({ length: items }, (_, item) => shared[item * order + f]! ** 2 / items).reduce((a, b) => a + b)),
      );
    };
    const [first, second] = factors({ noised: { featureStddev: 0.7 } });
    expect(first).toBeCloseTo(0.7, 9);
    expect(second).toBeLessThan(0.4);
    for (const options of [{}, { noised: { featureStddev: 0 } }]) expect(factors(options)[0]).toBeLessThan(0.2);
  });

  it("keeps them where noise tells nothing, and says so when their values are missing", () => {
    const model = build(als, { noised: {} }, itemFeatures);
    const start = model.initialize(createRng(1));
    const values = new Float64Array(sizeOf(model.parameters.contribution));
    const { shared } = model.advance(start, { values, count: users, noiseStddev: 1e6 });
    for (const [at, value] of shared.entries()) if (at % order !== rank) expect(value).toBeCloseTo(start.shared[at]!, 3);
    const { options } = resolveSection([als], { kind: "als", noised: {} }, "model");
    const bare = als.create(options, { items, cohort: 1, itemFeatures: { count: 4 } });
    expect(() => bare.initialize(createRng(1))).toThrow(/itemFeatures/);
  });
});
