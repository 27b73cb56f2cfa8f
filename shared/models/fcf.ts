/**
 * Federated collaborative filtering: each device solves its own factors exactly and contributes its share of the gradient
 * of the item factors; the server steps with Adam. May import math, random, registry.
 *
 * Objective: sum over rated (1 - s)^2 + sum over all a_i s^2 + l2 * [sum_u (n_u + a0 M) |p_u|^2 + sum_i (n_i + a_i N) |q_i|^2],
 * with s = p_u . q_i and a_i = a0, or by popularity. A device adds its own share of the item penalty, l2 ([i rated] + a_i) |q_i|^2, so that the sum over
 * the cohort is the exact gradient and no item counts are needed.
 *
 * Source: Ammad-ud-din et al. 2019, https://arxiv.org/abs/1901.09888; objective of Rendle et al. 2022, https://arxiv.org/abs/2110.14037
 */
import * as v from "valibot";
import { createDescent } from "./descent.ts";
import { explainImplicit } from "./explain.ts";
import { writeItemGradient } from "./implicit-gradient.ts";
import { type ImplicitShared, openImplicit, scoreItems, solveUser } from "./implicit-solve.ts";
import { type Model, type ModelDefinition, type ModelShape, sizeOf } from "./model.ts";
import { nonNegative, type OptimizerSection, optimizer as optimizerSection, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor } from "./range.ts";
import { type StartSection, startFactors, startOptions } from "./start.ts";
import { createUnratedWeights, type UnratedOptions } from "./unrated-weights.ts";

/** Options of FCF. */
export interface FcfOptions extends UnratedOptions {
  readonly kind: "fcf";
  readonly rank: number;
  readonly l2: number;
  /** Standard deviation of the initial item factors. */
  readonly initialStddev: number;
  /** How the item factors begin. */
  readonly start: StartSection;
  readonly optimizer: OptimizerSection;
}

/** The definition of FCF. */
export const fcf: ModelDefinition<FcfOptions> = {
  kind: "fcf",
  summary: "Implicit feedback; exact local solve, summed item gradient of items x rank values, server Adam.",
  source: "Ammad-ud-din et al. 2019, https://arxiv.org/abs/1901.09888",
  options: v.strictObject({
    kind: v.literal("fcf"),
    rank: rankOption(8),
    l2: positive(0.01),
    unratedWeight: nonNegative(0.3),
    unratedPower: nonNegative(0),
    initialStddev: positive(0.1),
    ...startOptions,
    optimizer: optimizerSection({ kind: "adam" }),
  }),
  rounds: 50,
  // Greatest entry seen over 12 rounds on real ratings: 3.5 (rank 4, films), 1.1 (wines).
  range: () => rangeFor(8, 19),
  create: (options, shape) => createFcf(options, shape),
};

/** Opened item factors with what an unrated item weighs. */
interface FcfShared extends ImplicitShared {
  /** [items]. */
  readonly itemWeights: Float64Array;
}

function createFcf(options: FcfOptions, shape: ModelShape): Model<FcfShared> {
  const { rank, l2, unratedWeight } = options;
  const weights = createUnratedWeights(options, shape);
  const { items } = shape;
  const problem = { items, rank, l2, unratedWeight };
  const size = items * rank;
  const itemFactors = { name: "itemFactors", shape: [items, rank] };
  const descent = createDescent(options.optimizer, size, [itemFactors]);
  const stateSize = sizeOf(descent.state);

  return {
    kind: "fcf",
    objective: "ranking",
    parameters: {
      shared: [itemFactors, ...weights.shared],
      contribution: [
        { name: "itemGradient", shape: [items, rank] },
        ...(weights.isWeighted ? [{ name: "itemCount", shape: [items] }] : []),
      ],
      state: [...descent.state, ...weights.state],
    },
    initialize(rng) {
      const begun = descent.start(startFactors(options.start, shape, { rank, stddev: options.initialStddev }, rng));
      const shared = new Float64Array(size + weights.initial.length);
      shared.set(begun.shared);
      shared.set(weights.initial, size);
      return { ...begun, shared, state: new Float64Array(stateSize + sizeOf(weights.state)) };
    },
    open(shared, held) {
      const itemWeights = weights.read(shared);
      return { ...openImplicit(problem, shared.subarray(0, size), { itemWeights, held }), itemWeights };
    },
    createPrivate: () => new PrivatePart(new Float64Array(rank)),
    fit: (shared, _initial, ratings) => new PrivatePart(solveUser(problem, shared, ratings)),
    contribute(shared, _initial, ratings, _rng, out) {
      const own = solveUser(problem, shared, ratings);
      writeItemGradient({ ...problem, itemWeights: shared.itemWeights }, shared.itemFactors, own, ratings.items, out);
      out.fill(0, size);
      if (weights.isWeighted) for (const item of ratings.items) out[size + item] = 1;
      return { weight: 1, private: new PrivatePart(own) };
    },
    advance(current, { values, count }) {
      const factors = { ...current, shared: current.shared.subarray(0, size), state: current.state.subarray(0, stateSize) };
      const next = descent.advance(factors, { values: values.subarray(0, size), count });
      const shared = current.shared.slice();
      const state = current.state.slice();
      shared.set(next.shared);
      state.set(next.state);
      weights.update(values.subarray(size), count, shared, state);
      return { ...next, shared, state };
    },
    itemVectors: ({ itemFactors }) => ({ values: itemFactors, length: rank, stride: rank }),
    score: (shared, own, out, chosenItems) => scoreItems(shared.itemFactors, own.values, rank, out, chosenItems),
    explain: (shared, ratings, item, out) => explainImplicit(problem, shared, ratings, item, out),
  };
}
