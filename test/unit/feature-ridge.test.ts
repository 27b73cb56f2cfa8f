/** The feature ridge: the person's regression, the bound on what leaves the device, and what the server makes of noised sums. */
import { EigenvalueDecomposition, Matrix, solve } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { addInto } from "../../shared/math/linear.ts";
import { rmse } from "../../shared/math/metrics.ts";
import type { UserRatings } from "../../shared/math/ratings.ts";
import { featureRidge } from "../../shared/models/feature-ridge.ts";
import { type ItemFeatures, type Model, type ModelState, sizeOf, tensorOf } from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";

const items = 80;
const count = 3;
const order = count + 3;
const draw = createRng(5);
const itemFeatures: ItemFeatures = { count, values: Float64Array.from({ length: items * count }, () => draw.below(2)) };
const biases = Float64Array.from({ length: items }, (_, item) => 3.2 + 0.5 * feature(item, 0) + 0.5 * draw.normal());
const tasteOf = Array.from({ length: 400 }, () => Array.from({ length: count + 1 }, () => 0.5 * draw.normal()));
const people = tasteOf.map((_, user) => drawPerson(user));
const held = tasteOf.map((_, user) => drawPerson(user));

function feature(item: number, f: number): number {
  return itemFeatures.values[item * count + f]!;
}

/** Some items, popular ones more often, rated by the model that is to be learned. */
function drawPerson(user: number): UserRatings {
  const rated = new Set(Array.from({ length: 4 + draw.below(24) }, () => Math.floor(items * draw.float() ** 2)));
  const own = [...rated].sort((a, b) => a - b);
  const [bias, ...taste] = tasteOf[user]!;
  const values = own.map((item) => {
    const liked = taste.reduce((sum, value, f) => sum + value * feature(item, f), bias!);
    return Math.min(5, Math.max(1, Math.round(biases[item]! + liked + 0.5 * draw.normal())));
  });
  return { items: Int32Array.from(own), values: Float64Array.from(values) };
}

function build(options: object = {}, hasFeatures = true): Model {
  const { definition, options: resolved } = resolveSection([featureRidge], { kind: "feature-ridge", ...options }, "model");
  const shape = { items, cohort: people.length, ratingRange: [1, 5] as const };
  return definition.create(resolved, hasFeatures ? { ...shape, itemFeatures } : shape);
}

function contribute(model: Model, state: ModelState, person: UserRatings): Float64Array {
  const out = new Float64Array(sizeOf(model.parameters.contribution));
  model.contribute(model.open(state.shared), model.createPrivate(person, createRng(1)), person, createRng(1), out);
  return out;
}

/** Rounds with everyone; noise of `stddev` on the sums, of which the server is told `told`. */
function train(
  model: Model,
  rounds: number,
  { stddev, told = stddev, seed = 1 }: { stddev: number; told?: number; seed?: number } = { stddev: 0 },
): ModelState {
  const rng = createRng(seed, "noise");
  let state = model.initialize(createRng(1));
  for (let round = 0; round < rounds; round++) {
    const values = new Float64Array(sizeOf(model.parameters.contribution));
    for (const person of people) addInto(values, contribute(model, state, person));
    for (let at = 0; at < values.length; at++) values[at] = values[at]! + stddev * rng.normal();
    state = model.advance(state, { values, count: people.length, noiseStddev: told });
  }
  return state;
}

function heldOutRmse(model: Model, state: ModelState): number {
  const open = model.open(state.shared);
  const predicted = people.flatMap((person, user) => {
    const out = new Float64Array(held[user]!.items.length);
    model.score(open, model.fit(open, model.createPrivate(person, createRng(1)), person, createRng(1)), out, held[user]!.items);
    return [...out];
  });
  return rmse(Float64Array.from(predicted), Float64Array.from(held.flatMap(({ values }) => [...values])));
}

const squareOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
const tensor = (model: Model, spec: "shared" | "contribution", values: Float64Array, name: string): Float64Array =>
  tensorOf(values, model.parameters[spec], name);

/** A packed symmetric matrix as a whole one. */
function unpack(packed: Float64Array): Matrix {
  const cell = (i: number, j: number): number => packed[(Math.max(i, j) * (Math.max(i, j) + 1)) / 2 + Math.min(i, j)]!;
  return new Matrix(Array.from({ length: order }, (_, i) => Array.from({ length: order }, (_, j) => cell(i, j))));
}

/** A person's posterior over the prior, and its covariance, by ml-matrix. */
function posterior(model: Model, state: ModelState, { items: rated, values }: UserRatings, noiseVariance: number) {
  const rows = tensor(model, "shared", state.shared, "itemRows");
  const x = new Matrix(Array.from(rated, (item) => [...rows.subarray(item * order, (item + 1) * order)]));
  const mean = Matrix.columnVector([...tensor(model, "shared", state.shared, "tasteMean")]);
  const bias = tensor(model, "shared", state.shared, "itemBias");
  const rest = Matrix.columnVector(Array.from(rated, (item, at) => values[at]! - bias[item]!)).sub(x.mmul(mean));
  const prior = unpack(tensor(model, "shared", state.shared, "tasteCovariance"));
  const precision = x
    .transpose()
    .mmul(x)
    .div(noiseVariance)
    .add(solve(prior, Matrix.eye(order)));
  const covariance = solve(precision, Matrix.eye(order));
  return { shift: covariance.mmul(x.transpose()).mmul(rest).div(noiseVariance), covariance };
}

describe("a person's part of the feature ridge", () => {
  const model = build({ noiseVariance: 0.6 });
  const state = train(model, 2);

  it("is the posterior mean of a linear regression under the published prior", () => {
    const { shift } = posterior(model, state, people[7]!, 0.6);
    const mean = tensor(model, "shared", state.shared, "tasteMean");
    const own = model.fit(model.open(state.shared), model.createPrivate(people[7]!, createRng(1)), people[7]!, createRng(1));
    for (let f = 0; f < order; f++) expect(own.values[f]!).toBeCloseTo(mean[f]! + shift.get(f, 0), 9);
  });

  it("leaves the device as residuals and weights in the ratio 1 to countScale, for rated items alone", () => {
    const out = contribute(model, state, people[7]!);
    const residuals = tensor(model, "contribution", out, "itemResidual");
    const weights = tensor(model, "contribution", out, "itemWeight");
    const open = model.open(state.shared);
    const scores = new Float64Array(people[7]!.items.length);
    model.score(open, model.fit(open, model.createPrivate(people[7]!, createRng(1)), people[7]!, createRng(1)), scores, people[7]!.items);
    for (const [at, item] of people[7]!.items.entries()) {
      expect(weights[item]!).toBe(weights[people[7]!.items[0]!]);
      expect((0.5 * residuals[item]!) / weights[item]!).toBeCloseTo(people[7]!.values[at]! - scores[at]!, 10);
    }
    for (let item = 0; item < items; item++) if (!people[7]!.items.includes(item)) expect(residuals[item]! + weights[item]!).toBe(0);
  });
});

describe("the contribution of the feature ridge", () => {
  const everything = Int32Array.from({ length: items }, (_, item) => item);
  const hostile: UserRatings[] = [
    { items: everything, values: new Float64Array(items).fill(1e6) },
    { items: everything, values: Float64Array.from(everything, (item) => 1e4 * (-1) ** item) },
    { items: Int32Array.of(3), values: Float64Array.of(-1e9) },
    { items: everything, values: new Float64Array(items).fill(3) },
  ];

  it.each([{}, { momentShare: 0.9 }, { maxWeight: 1000, countScale: 3 }, { residualClip: 50, momentShare: 0.01 }])(
    "has a norm of at most 1 by construction, and its moments of at most their share: %j",
    (options) => {
      const model = build(options);
      const share = "momentShare" in options ? options.momentShare! : 0.25;
      for (const state of [model.initialize(createRng(1)), train(model, 2, { stddev: 3 })]) {
        for (const person of [...hostile, ...people.slice(0, 50)]) {
          const out = contribute(model, state, person);
          const moments = out.subarray(0, order + (order * (order + 1)) / 2);
          expect(squareOf(out)).toBeLessThanOrEqual(1 + 1e-12);
          expect(squareOf(moments)).toBeLessThanOrEqual(share ** 2 * (1 + 1e-12));
        }
      }
      expect(squareOf(contribute(model, model.initialize(createRng(1)), hostile[0]!))).toBeGreaterThan(0.9);
    },
  );
});

describe("the server's half of the feature ridge", () => {
  it("moves the prior to the mean over people of their posterior's moments: a step of expectation maximization", () => {
    const model = build({ noiseVariance: 0.6 });
    const before = train(model, 1);
    const after = train(model, 2);
    const posteriors = people.map((person) => posterior(model, before, person, 0.6));
    const mean = tensor(model, "shared", after.shared, "tasteMean");
    const moved = tensor(model, "shared", before.shared, "tasteMean").map(
      (value, f) => value + posteriors.reduce((sum, { shift }) => sum + shift.get(f, 0), 0) / people.length,
    );
    const second = posteriors.reduce(
      (sum, { shift, covariance }) => sum.add(shift.mmul(shift.transpose()).add(covariance).div(people.length)),
      Matrix.zeros(order, order),
    );
    const covariance = unpack(tensor(model, "shared", after.shared, "tasteCovariance"));
    for (let f = 0; f < order; f++) {
      // Few people are so far from the prior that their moments are cut.
      expect(Math.abs(mean[f]! - moved[f]!)).toBeLessThan(0.02);
      for (let g = 0; g < order; g++) expect(Math.abs(covariance.get(f, g) - second.get(f, g))).toBeLessThan(0.02);
    }
  });

  it("learns biases, and tastes from features: far better than it began, without features less", () => {
    const model = build();
    const start = heldOutRmse(model, model.initialize(createRng(1)));
    const learned = heldOutRmse(model, train(model, 4));
    const plain = build({}, false);
    const without = heldOutRmse(plain, train(plain, 4));
    expect(learned).toBeLessThan(0.8 * start);
    expect(learned).toBeLessThan(0.97 * without);
    expect(without).toBeLessThan(0.95 * start);
  });

  it("shrinks by how much noise there is: better than a server that takes noise for signal, or signal for noise", () => {
    const model = build();
    const mean = (told: number): number =>
      [1, 2, 3, 4].reduce((sum, seed) => sum + heldOutRmse(model, train(model, 4, { stddev: 5, told, seed })) / 4, 0);
    const right = mean(5);
    expect(right).toBeLessThan(mean(0) - 0.05);
    expect(right).toBeLessThan(mean(0.1));
    expect(right).toBeLessThan(mean(30));
  });

  it("falls back to what features say where all is noise", () => {
    const model = build();
    const state = train(model, 1, { stddev: 3, told: 1e4 });
    const bias = tensor(model, "shared", state.shared, "itemBias");
    const sameAs = (item: number) => (other: number) => [0, 1, 2].every((f) => feature(item, f) === feature(other, f));
    const alike = Array.from({ length: items }, (_, item) => item).filter(sameAs(0));
    expect(alike.length).toBeGreaterThan(3);
    const [least, greatest] = [Math.min(...alike.map((item) => bias[item]!)), Math.max(...alike.map((item) => bias[item]!))];
    expect(greatest - least).toBeLessThan(0.01);
  });

  it("keeps a covariance that is positive definite and a vector that is finite, whatever the noise", () => {
    const model = build();
    for (const stddev of [0.1, 10, 1e5]) {
      const state = train(model, 3, { stddev });
      expect(state.shared.every(Number.isFinite)).toBe(true);
      const { covariance } = model.open(state.shared) as { covariance: Float64Array };
      expect(Math.min(...new EigenvalueDecomposition(unpack(covariance), { assumeSymmetric: true }).realEigenvalues)).toBeGreaterThan(
        0.9e-4,
      );
    }
  });
});
