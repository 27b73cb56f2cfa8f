/**
 * Sums of contributions against solvers that hold all ratings: every factor after every sweep. The central solvers (ml-matrix,
 * item by item) share no code with the devices' half.
 */
import { describe, expect, it } from "vitest";
import type { RatingMatrix } from "../../shared/math/ratings.ts";
import { type AlsOptions, als } from "../../shared/models/als.ts";
import { type FcfOptions, fcf } from "../../shared/models/fcf.ts";
import { type ImplicitAlsOptions, implicitAls } from "../../shared/models/implicit-als.ts";
import type { ModelDefinition, ModelShape } from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { centralAls } from "../../simulations/baselines/central-als.ts";
import { centralFcf } from "../../simulations/baselines/central-fcf.ts";
import { centralImplicitAls } from "../../simulations/baselines/central-implicit-als.ts";
import { loadDataset } from "../../simulations/datasets/index.ts";
import { toImplicit } from "../../simulations/partition.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const films = drawRatings({ users: 943, items: 1682, perUser: 106, feedback: "explicit", seed: 100 });
const wines = (await loadDataset({ name: "wines" })).matrix;

const cases = [
  { name: "ML-100K's shape", matrix: films, section: { kind: "als", rank: 8 } },
  { name: "ML-100K's shape", matrix: films, section: { kind: "als", rank: 8, weighting: "none", l2: 3 } },
  { name: "ML-100K's shape", matrix: toImplicit(films), section: { kind: "implicit-als", rank: 8 } },
  { name: "the bundled wines", matrix: wines, section: { kind: "als" } },
  { name: "the bundled wines", matrix: toImplicit(wines), section: { kind: "implicit-als", rank: 8 } },
  { name: "the bundled wines", matrix: toImplicit(wines), section: { kind: "implicit-als", rank: 8, unratedPower: 0.5 } },
];

describe.each(cases)("$section.kind on $name", ({ matrix, section }) => {
  const shape: ModelShape = { items: matrix.items, cohort: matrix.users, ratingRange: [1, 5], globalMean: mean(matrix) };

  it("has equal item factors within 1e-9 after every sweep, and equal scores after the last", () => {
    const { definition, options } = resolveSection<ModelDefinition>([als, implicitAls], section, "model");
    const model = definition.create(options, shape);
    const rng = createRng(4);
    const federated: Float64Array[] = [];
    const { state, parts } = federate(model, matrix, 3, rng, (_round, { shared }) => federated.push(shared));
    const solver =
      section.kind === "als" ? centralAls(options as AlsOptions, shape, matrix) : centralImplicitAls(options as ImplicitAlsOptions, matrix);
    const central: Float64Array[] = [];
    let items = model.initialize(rng.fork("initialize")).shared;
    for (let sweep = 0; sweep < 3; sweep++) central.push((items = solver.sweep(items)));
    const scoresOf = solver.scorer(items);

    expect(central.length).toBe(3);
    for (const [sweep, shared] of federated.entries()) expect(greatestDifference(shared, central[sweep]!)).toBeLessThan(1e-9);
    expect(greatestDifference(federated[2]!, federated[1]!)).toBeGreaterThan(1e-6);

    const opened = model.open(state.shared);
    const scores = new Float64Array(matrix.items);
    for (const user of [0, 17, matrix.users - 1]) {
      const person = { items: row(matrix.itemIndex, matrix, user), values: row(matrix.values, matrix, user) };
      model.score(opened, model.fit(opened, parts[user]!, person, rng), scores);
      expect(greatestDifference(scores, scoresOf(user))).toBeLessThan(1e-8);
    }
  });
});

describe("fcf on the bundled wines", () => {
  it("sums to the central gradient within 1e-9, at the start and after steps", () => {
    const matrix = toImplicit(wines);
    const { definition, options } = resolveSection<ModelDefinition>([fcf], { kind: "fcf", rank: 6, l2: 0.02 }, "model");
    const model = definition.create(options, { items: matrix.items, cohort: matrix.users });
    const gradientAt = centralFcf(options as FcfOptions, matrix);
    const rng = createRng(4);
    const states = [model.initialize(rng.fork("initialize"))];
    federate(model, matrix, 2, rng, (_round, state) => states.push(state));
    expect(greatestDifference(states[2]!.shared, states[0]!.shared)).toBeGreaterThan(0.1);
    for (const { shared } of states) {
      const sum = new Float64Array(shared.length);
      const one = new Float64Array(shared.length);
      const opened = model.open(shared);
      for (let user = 0; user < matrix.users; user++) {
        const person = { items: row(matrix.itemIndex, matrix, user), values: row(matrix.values, matrix, user) };
        model.contribute(opened, model.createPrivate(person, rng), person, rng, one);
        for (let at = 0; at < sum.length; at++) sum[at]! += one[at]!;
      }
      expect(greatestDifference(sum, gradientAt(shared))).toBeLessThan(1e-9);
    }
  });
});

/** Greatest difference, relative to the larger of the two or, for entries near zero, to a thousandth of the greatest entry. */
function greatestDifference(left: Float64Array, right: Float64Array): number {
  expect(left.length).toBe(right.length);
  const floor = 1e-3 * left.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0);
  let worst = 0;
  for (let at = 0; at < left.length; at++) {
    const size = Math.max(Math.abs(left[at]!), Math.abs(right[at]!), floor);
    worst = Math.max(worst, size === 0 ? 0 : Math.abs(left[at]! - right[at]!) / size);
  }
  return worst;
}

function row<T extends Int32Array | Float64Array>(values: T, matrix: RatingMatrix, user: number): T {
  return values.slice(matrix.rowStart[user]!, matrix.rowStart[user + 1]!) as T;
}

function mean(matrix: RatingMatrix): number {
  return matrix.values.reduce((sum, value) => sum + value, 0) / matrix.values.length;
}
