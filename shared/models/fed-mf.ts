/**
 * Matrix factorization with biases for explicit ratings, its people marginalized: a device computes the exact posterior of its own
 * factors and contributes the gradient of the item side; the server's optimizer steps along the sum. Optionally the prior mean of
 * a person follows from which items they rated (as in SVD++), which stays on the device too. May import math, random, registry.
 *
 * Model: r = mean + b_u + b_i + p_u.q_i + noise of variance s2; p_u ~ N(m_u, s2 / l2), b_u ~ N(0, s2 / biasL2); m_u = 0, or with
 * implicit feedback n_u^-1/2 sum over rated y_j. Loss: s2 times the negative log evidence, people integrated out, plus half of
 * itemL2 |q_i|^2 + biasL2 b_i^2 + implicitL2 |y_i|^2 an item. Its gradient is that of the expected squared error under the posterior,
 * so that a person known from few ratings moves an item only as far as they are known; at s2 = 0 people count as known exactly.
 *
 * Source: Salakhutdinov and Mnih 2007, https://papers.nips.cc/paper/3208-probabilistic-matrix-factorization; people integrated out:
 * Lawrence and Urtasun 2009, https://doi.org/10.1145/1553374.1553452; implicit feedback: Koren 2008,
 * https://doi.org/10.1145/1401890.1401944; people on devices, item gradients summed: Chai et al. 2019, https://arxiv.org/abs/1906.05108
 */
import * as v from "valibot";
import { addScaled, dot } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import { biasedItemSide, createDescent } from "./descent.ts";
import { explainBiased, explainPrior } from "./explain.ts";
import { posteriorMean, posteriorOf } from "./explicit-posterior.ts";
import { predictItems } from "./explicit-solve.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { nonNegative, type OptimizerSection, optimizer as optimizerSection, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor, ratingSpan } from "./range.ts";
import { type StartSection, startFactors, startOptions } from "./start.ts";

/** Options of federated matrix factorization. */
export interface FedMfOptions {
  readonly kind: "fed-mf";
  readonly rank: number;
  /** Noise variance over the prior variance of a person's factors. */
  readonly l2: number;
  /** The same of an item's factors; the server adds the items' penalties. */
  readonly itemL2: number;
  /** The same of biases, people's and items'. */
  readonly biasL2: number;
  /** s2, in squared rating units; 0 takes each person at one point. */
  readonly noiseVariance: number;
  /** Whether which items a person rated says something of their factors, beside how. */
  readonly implicitFeedback: boolean;
  /** Noise variance over the prior variance of an item's implicit factors. */
  readonly implicitL2: number;
  readonly initialStddev: number;
  /** How the item factors begin. */
  readonly start: StartSection;
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
    l2: positive(10),
    itemL2: nonNegative(6),
    biasL2: positive(3),
    noiseVariance: nonNegative(0.75),
    implicitFeedback: v.optional(v.boolean(), false),
    implicitL2: nonNegative(100),
    initialStddev: positive(0.1),
    ...startOptions,
    optimizer: optimizerSection({ kind: "adam", learningRate: 0.05 }),
  }),
  rounds: 60,
  range: (_options, shape) => rangeFor(2 * ratingSpan(shape), 20),
  create: (options, shape) => createFedMf(options, shape),
};

function createFedMf(options: FedMfOptions, shape: ModelShape): Model<Float64Array> {
  const { rank, l2, itemL2, biasL2, noiseVariance, implicitFeedback, implicitL2 } = options;
  const { items } = shape;
  const order = rank + 1;
  const sideSize = items * order;
  const size = sideSize + (implicitFeedback ? items * rank : 0);
  const problem = { items, rank, l2, biasL2, isWeighted: false, globalMean: shape.globalMean ?? 0, ratingRange: shape.ratingRange };
  const implicitShape = [items, rank];
  const tensors = [biasedItemSide(items, rank), ...(implicitFeedback ? [{ name: "implicitFactors", shape: implicitShape }] : [])];
  const descent = createDescent(options.optimizer, size, tensors);

  /** The prior mean of a person: the shared vector's second tensor is the implicit factors y. */
  function priorOf(shared: Float64Array, { items: rated }: UserRatings): Float64Array {
    const prior = new Float64Array(order);
    if (!implicitFeedback || rated.length === 0) return prior;
    const scale = 1 / Math.sqrt(rated.length);
    for (let index = 0; index < rated.length; index++) addScaled(prior, 0, scale, shared, sideSize + rated[index]! * rank, rank);
    return prior;
  }

  return {
    kind: "fed-mf",
    objective: "rating",
    parameters: {
      shared: tensors,
      contribution: [
        { name: "itemGradient", shape: [items, order] },
        ...(implicitFeedback ? [{ name: "implicitGradient", shape: implicitShape }] : []),
      ],
      state: descent.state,
    },
    initialize(rng) {
      const shared = new Float64Array(size);
      shared.set(startFactors(options.start, shape, { rank, extra: 1, stddev: options.initialStddev }, rng));
      return descent.start(shared);
    },
    open: (shared) => shared,
    createPrivate: () => new PrivatePart(new Float64Array(order)),
    fit: (shared, _initial, ratings) => new PrivatePart(posteriorMean(problem, shared, ratings, priorOf(shared, ratings))),
    contribute(shared, _initial, ratings, _rng, out) {
      out.fill(0, 0, size);
      const rated = ratings.items;
      const prior = priorOf(shared, ratings);
      const { mean: own, relativeCovariance } = posteriorOf(problem, shared, ratings, prior);
      for (let index = 0; index < rated.length; index++) {
        const at = rated[index]! * order;
        const error = problem.globalMean + own[rank]! + shared[at + rank]! + dot(own, 0, shared, at, rank) - ratings.values[index]!;
        for (let f = 0, row = 0; f < rank; f++, row += order) {
          const spread = relativeCovariance[row + rank]! + dot(relativeCovariance, row, shared, at, rank);
          out[at + f] = error * own[f]! + noiseVariance * spread;
        }
        out[at + rank] = error;
      }
      // The same for every rated item: how far the person turned out to be from the prior mean.
      const pull = -l2 / Math.sqrt(Math.max(1, rated.length));
      for (let index = 0; implicitFeedback && index < rated.length; index++) {
        const at = sideSize + rated[index]! * rank;
        for (let f = 0; f < rank; f++) out[at + f] = pull * (own[f]! - prior[f]!);
      }
      return { weight: 1, private: new PrivatePart(own) };
    },
    advance(current, aggregate) {
      const values = aggregate.values.slice();
      addScaled(values, 0, itemL2, current.shared, 0, sideSize);
      addScaled(values, sideSize, implicitL2, current.shared, sideSize, size - sideSize);
      // The last of an item's row is its bias, with a penalty of its own.
      for (let at = rank; at < sideSize; at += order) values[at] = values[at]! + (biasL2 - itemL2) * current.shared[at]!;
      return descent.advance(current, { values, count: aggregate.count });
    },
    itemVectors: (values) => ({ values, length: rank, stride: order }),
    score: (shared, own, out, chosen) => predictItems(problem, shared, own.values, out, chosen),
    explain(shared, ratings, item, out) {
      const system = { ...problem, prior: priorOf(shared, ratings) };
      const left = explainBiased(system, shared, ratings, item, out);
      if (!implicitFeedback || ratings.items.length === 0) return left;
      return left - explainPrior(system, shared, sideSize, 1 / Math.sqrt(ratings.items.length), ratings, item, out);
    },
  };
}
