/**
 * Matrix factorization with biases for explicit ratings, its people marginalized: a device computes the exact posterior of its own
 * factors and contributes the gradient of the expected loss of the item side; the server's optimizer steps along the sum.
 * Optionally the prior mean of a person follows from which items they rated (SVD++), also known to the device alone.
 * May import math, random, registry.
 *
 * Model, with z = (p_u, b_u): r = mean + b_i + z.(q_i, 1) + noise of variance s2; z ~ N(m_u, s2 / l2); m_u = 0, or with implicit
 * feedback n_u^-1/2 sum over rated y_j for the factors. Posterior: A = sum (q,1)(q,1)' + l2 I, mean z = m + A^-1 sum (q,1) rest,
 * covariance s2 A^-1. Loss: sum over ratings 1/2 E(error^2) + l2/2 |z - m|^2, and itemL2 / 2 (|q_i|^2 + b_i^2 + |y_i|^2) an item.
 * Its gradient, people at their posterior, is that of the evidence (expectation-maximization's): overfitting people cost nothing.
 *
 * Source: Salakhutdinov and Mnih 2007, https://papers.nips.cc/paper/3208-probabilistic-matrix-factorization; marginalized people:
 * Lawrence and Urtasun 2009, https://doi.org/10.1145/1553374.1553452; implicit feedback: Koren 2008,
 * https://doi.org/10.1145/1401890.1401944; gradients of people on devices: Chai et al. 2019, https://arxiv.org/abs/1906.05108
 */
import * as v from "valibot";
import { addDiagonal, addOuter, addScaled, packedSize, solveInPlace } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import { biasedItemSide, createDescent, drawFactors } from "./descent.ts";
import { type ExplicitProblem, predictItems } from "./explicit-solve.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { nonNegative, type OptimizerSection, optimizer as optimizerSection, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor, ratingSpan } from "./range.ts";

/** Options of federated matrix factorization. */
export interface FedMfOptions {
  readonly kind: "fed-mf";
  readonly rank: number;
  /** Noise variance over the prior variance of a person's factors. */
  readonly l2: number;
  /** Noise variance over the prior variance of an item's factors (and implicit factors); the server adds this penalty. */
  readonly itemL2: number;
  /** Noise variance over the prior variance of biases, people's and items'. */
  readonly biasL2: number;
  /** Noise variance, in squared rating units; 0 takes each person at one point. */
  readonly noiseVariance: number;
  /** Whether which items a person rated says something of their factors, beside how. */
  readonly implicitFeedback: boolean;
  readonly initialStddev: number;
  readonly optimizer: OptimizerSection;
}

/** The definition of federated matrix factorization. */
export const fedMf: ModelDefinition<FedMfOptions> = {
  kind: "fed-mf",
  summary: "Explicit ratings; exact posterior of the device's own factors, summed item gradients, server optimizer.",
  source: "Lawrence and Urtasun 2009, https://doi.org/10.1145/1553374.1553452",
  options: v.strictObject({
    kind: v.literal("fed-mf"),
    rank: rankOption(16),
    l2: positive(15),
    itemL2: nonNegative(15),
    biasL2: positive(4),
    noiseVariance: nonNegative(0.75),
    implicitFeedback: v.optional(v.boolean(), false),
    initialStddev: positive(0.1),
    optimizer: optimizerSection({ kind: "adam", learningRate: 0.03 }),
  }),
  rounds: 100,
  range: (_options, shape) => rangeFor(4 * ratingSpan(shape), 22),
  create: (options, shape) => createFedMf(options, shape),
};

/** What the device's solve works in: one for a model, so that a round allocates nothing by the rating. */
interface Workspace {
  readonly normal: Float64Array;
  readonly feature: Float64Array;
  readonly rest: Float64Array;
}

function createFedMf(options: FedMfOptions, shape: ModelShape): Model<Float64Array> {
  const { rank, l2, itemL2, biasL2, noiseVariance, implicitFeedback } = options;
  const { items } = shape;
  const order = rank + 1;
  const packed = packedSize(order);
  const sideSize = items * order;
  const size = sideSize + (implicitFeedback ? items * rank : 0);
  const descent = createDescent(options.optimizer, size);
  const globalMean = shape.globalMean ?? 0;
  const problem: ExplicitProblem = { items, rank, l2, isWeighted: false, globalMean, ratingRange: shape.ratingRange };
  const space: Workspace = { normal: new Float64Array(packed), feature: new Float64Array(order).fill(1), rest: new Float64Array(order) };
  const spread = new Float64Array(order);
  const implicitSpec = implicitFeedback ? [{ name: "implicitFactors", shape: [items, rank] }] : [];

  /** The prior mean of a person. */
  function priorOf(shared: Float64Array, { items: rated }: UserRatings): Float64Array {
    const prior = new Float64Array(order);
    if (!implicitFeedback || rated.length === 0) return prior;
    const scale = 1 / Math.sqrt(rated.length);
    for (let index = 0; index < rated.length; index++) addScaled(prior, 0, scale, shared, sideSize + rated[index]! * rank, rank);
    return prior;
  }

  /** The posterior mean; afterwards `space.normal` holds the Cholesky factor of A. */
  function solve(shared: Float64Array, ratings: UserRatings, prior: Float64Array): Float64Array {
    const { normal, feature, rest } = space;
    const rated = ratings.items;
    normal.fill(0);
    rest.fill(0);
    for (let index = 0; index < rated.length; index++) {
      const at = rated[index]! * order;
      let error = ratings.values[index]! - globalMean - shared[at + rank]! - prior[rank]!;
      for (let f = 0; f < rank; f++) {
        const factor = shared[at + f]!;
        feature[f] = factor;
        error -= factor * prior[f]!;
      }
      addOuter(normal, 0, 1, feature, 0, order);
      addScaled(rest, 0, error, feature, 0, order);
    }
    addDiagonal(normal, 0, rank, l2);
    normal[packed - 1] = normal[packed - 1]! + biasL2;
    const own = prior.slice();
    // Positive definite but for rounding at an l2 near zero: then nothing personal is known.
    if (solveInPlace(normal, 0, rest, 0, order)) addScaled(own, 0, 1, rest, 0, order);
    return own;
  }

  return {
    kind: "fed-mf",
    objective: "rating",
    parameters: {
      shared: [biasedItemSide(items, rank), ...implicitSpec],
      contribution: [{ name: "itemGradient", shape: [items, order] }, ...implicitSpec.map((spec) => ({ ...spec, name: "implicitGradient" }))],
      state: descent.state,
    },
    initialize(rng) {
      const shared = new Float64Array(size);
      shared.set(drawFactors(rng, items, rank, 1, options.initialStddev));
      return descent.start(shared);
    },
    open: (shared) => shared,
    createPrivate: () => new PrivatePart(new Float64Array(order)),
    fit: (shared, _initial, ratings) => new PrivatePart(solve(shared, ratings, priorOf(shared, ratings))),
    contribute(shared, _initial, ratings, _rng, out) {
      out.fill(0, 0, size);
      const rated = ratings.items;
      const prior = priorOf(shared, ratings);
      const own = solve(shared, ratings, prior);
      const covariance = invertFactor(space.normal, order);
      for (let index = 0; index < rated.length; index++) {
        const at = rated[index]! * order;
        let error = globalMean + own[rank]! + shared[at + rank]! - ratings.values[index]!;
        for (let f = 0; f < rank; f++) error += own[f]! * shared[at + f]!;
        multiplyRow(covariance, order, shared, at, spread);
        for (let f = 0; f < rank; f++) out[at + f] = error * own[f]! + noiseVariance * spread[f]!;
        out[at + rank] = error;
      }
      if (implicitFeedback && rated.length > 0) {
        const scale = -l2 / Math.sqrt(rated.length);
        for (let f = 0; f < rank; f++) spread[f] = scale * (own[f]! - prior[f]!);
        for (let index = 0; index < rated.length; index++) out.set(spread.subarray(0, rank), sideSize + rated[index]! * rank);
      }
      return { weight: 1, private: new PrivatePart(own) };
    },
    advance(current, aggregate) {
      const values = aggregate.values.slice();
      addScaled(values, 0, itemL2, current.shared, 0, size);
      // The last of an item's row is its bias, with a penalty of its own.
      for (let at = rank; at < sideSize; at += order) values[at] = values[at]! + (biasL2 - itemL2) * current.shared[at]!;
      return descent.advance(current, { values, count: aggregate.count });
    },
    score: (shared, own, out, chosen) => predictItems(problem, shared, own.values, out, chosen),
  };
}

/** The full inverse of A from its packed lower Cholesky factor: [order x order]. */
function invertFactor(factor: Float64Array, order: number): Float64Array {
  const inverse = new Float64Array(order * order);
  for (let column = 0; column < order; column++) {
    // L y = e, then L' x = y, in the column's own place (a row of the symmetric inverse).
    const at = column * order;
    for (let i = column; i < order; i++) {
      let rest = i === column ? 1 : 0;
      const row = packedSize(i);
      for (let j = column; j < i; j++) rest -= factor[row + j]! * inverse[at + j]!;
      inverse[at + i] = rest / factor[row + i]!;
    }
    for (let i = order - 1; i >= 0; i--) {
      let rest = inverse[at + i]!;
      for (let j = i + 1; j < order; j++) rest -= factor[packedSize(j) + i]! * inverse[at + j]!;
      inverse[at + i] = rest / factor[packedSize(i) + i]!;
    }
  }
  return inverse;
}

/** out = S (q, 1) for the row at `at`, whose last entry is a bias and counts as 1; S [order x order]. */
function multiplyRow(matrix: Float64Array, order: number, side: Float64Array, at: number, out: Float64Array): void {
  const last = order - 1;
  for (let i = 0; i < order; i++) {
    let total = matrix[i * order + last]!;
    for (let j = 0; j < last; j++) total += matrix[i * order + j]! * side[at + j]!;
    out[i] = total;
  }
}
