/** Federated matrix factorization: its gradient against the evidence, written down independently. */
import { CholeskyDecomposition, determinant, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { ratingsOf, type UserRatings } from "../../shared/math/ratings.ts";
import { fedMf } from "../../shared/models/fed-mf.ts";
import { type Model, tensorOf } from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { drawRatings } from "../support/ratings.ts";

const rank = 2;
const order = rank + 1;
const items = 9;
const mean = 3;
const [l2, biasL2, noiseVariance] = [1.5, 0.7, 0.6];
const ratings = drawRatings({ users: 20, items, perUser: 4, feedback: "explicit", seed: 3 });

function build(options: object): Model {
  const section = resolveSection([fedMf], { kind: "fed-mf", rank, l2, biasL2, noiseVariance, initialStddev: 0.5, ...options }, "model");
  return section.definition.create(section.options, { items, cohort: 20, globalMean: mean });
}

/** The noise variance times a person's negative log evidence, up to a constant: ratings are normal with this mean and covariance. */
function evidenceLoss(model: Model, shared: Float64Array, { items: rated, values }: UserRatings): number {
  const side = tensorOf(shared, model.parameters.shared, "itemSide");
  const hasImplicit = model.parameters.shared.length > 1;
  const implicit = hasImplicit ? tensorOf(shared, model.parameters.shared, "implicitFactors") : new Float64Array(items * rank);
  const priorMean = Array.from({ length: rank }, (_, f) =>
    rated.reduce((sum, item) => sum + implicit[item * rank + f]! / Math.sqrt(rated.length), 0),
  );
  const row = (item: number): number[] => Array.from({ length: rank }, (_, f) => side[item * order + f]!);
  const product = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
  const rest = Array.from(rated, (item, at) => values[at]! - mean - side[item * order + rank]! - product(row(item), priorMean));
  const covariance = new Matrix(
    Array.from(rated, (one, i) =>
      Array.from(rated, (other, j) => noiseVariance * ((i === j ? 1 : 0) + product(row(one), row(other)) / l2 + 1 / biasL2)),
    ),
  );
  const column = Matrix.columnVector(rest);
  const quadratic = column.transpose().mmul(new CholeskyDecomposition(covariance).solve(column)).get(0, 0);
  return 0.5 * noiseVariance * (quadratic + Math.log(determinant(covariance)));
}

describe.each([false, true])("federated matrix factorization, implicit feedback %s", (implicitFeedback) => {
  const model = build({ implicitFeedback });
  const person = ratingsOf(ratings, 5);
  const rng = createRng(4);
  const shared = model.initialize(createRng(1)).shared.map((value) => value + 0.3 * rng.normal());
  const contributed = (own: UserRatings, from = model): Float64Array => {
    const out = new Float64Array(shared.length);
    from.contribute(from.open(shared), from.createPrivate(own, createRng(2)), own, createRng(3), out);
    return out;
  };

  it("contributes the slope of the evidence, the person integrated out", () => {
    expect(person.items.length).toBeGreaterThan(3);
    const out = contributed(person);
    const step = 1e-5;
    for (let at = 0; at < shared.length; at++) {
      const ahead = shared.slice();
      const behind = shared.slice();
      ahead[at] = ahead[at]! + step;
      behind[at] = behind[at]! - step;
      expect(out[at]).toBeCloseTo((evidenceLoss(model, ahead, person) - evidenceLoss(model, behind, person)) / (2 * step), 6);
    }
  });

  it("penalizes items on the server, factors and biases each by its own weight", () => {
    const [itemL2, implicitL2] = [7, 11];
    const plain = build({ implicitFeedback, itemL2, implicitL2, optimizer: { kind: "sgd", learningRate: 0.01 } });
    const state = { shared, state: new Float64Array(0), round: 0 };
    const next = plain.advance(state, { values: new Float64Array(shared.length), count: 1 }).shared;
    for (let at = 0; at < shared.length; at++) {
      const weight = at >= items * order ? implicitL2 : at % order === rank ? biasL2 : itemL2;
      expect(next[at]).toBeCloseTo(shared[at]! * (1 - 0.01 * weight), 12);
    }
  });

  it("lets a person known at one point, noise variance 0, push by the plain error", () => {
    const point = build({ implicitFeedback, noiseVariance: 0 });
    const out = contributed(person, point);
    const opened = point.open(shared);
    const own = point.fit(opened, point.createPrivate(person, createRng(2)), person, createRng(3)).values;
    for (const item of person.items) {
      for (let f = 0; f < rank; f++) expect(out[item * order + f]).toBeCloseTo(out[item * order + rank]! * own[f]!, 12);
    }
  });
});

it("solves a person by hand: one rating of 5 over a mean of 3, factor 2, both precisions 1", () => {
  const model = fedMf.create(
    { ...resolveSection([fedMf], { kind: "fed-mf", rank: 1, l2: 1, biasL2: 1 }, "model").options },
    { items: 1, cohort: 1, globalMean: 3 },
  );
  const person = { items: Int32Array.of(0), values: Float64Array.of(5) };
  const shared = Float64Array.of(2, 0);
  // A = [[5, 2], [2, 2]], right side 2 (2, 1): p = 2/3, b = 1/3; prediction 3 + 4/3 + 1/3.
  const own = model.fit(model.open(shared), model.createPrivate(person, createRng(1)), person, createRng(1));
  expect(own.values[0]).toBeCloseTo(2 / 3, 12);
  expect(own.values[1]).toBeCloseTo(1 / 3, 12);
  const scores = new Float64Array(1);
  model.score(model.open(shared), own, scores);
  expect(scores[0]).toBeCloseTo(14 / 3, 12);
});
