/**
 * Federated collaborative filtering: each device solves its own factors exactly and contributes its share of the gradient
 * of the item factors; the server steps with Adam. May import math, random, registry.
 *
 * Objective: sum over rated (1 - s)^2 + a0 * sum over all s^2 + l2 * [sum_u (n_u + a0 M) |p_u|^2 + sum_i (n_i + a0 N) |q_i|^2],
 * with s = p_u . q_i. A device adds its own share of the item penalty, l2 ([i rated] + a0) |q_i|^2, so that the sum over
 * the cohort is the exact gradient and no item counts are needed.
 *
 * Source: Ammad-ud-din et al. 2019, https://arxiv.org/abs/1901.09888; objective of Rendle et al. 2022, https://arxiv.org/abs/2110.14037
 */
import * as v from "valibot";
import { createDescent, drawFactors } from "./descent.ts";
import { writeItemGradient } from "./implicit-gradient.ts";
import { type ImplicitShared, openImplicit, scoreItems, solveUser } from "./implicit-solve.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { nonNegative, type OptimizerSection, optimizer as optimizerSection, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor } from "./range.ts";

/** Options of FCF. */
export interface FcfOptions {
  readonly kind: "fcf";
  readonly rank: number;
  readonly l2: number;
  /** Weight a0 of every (user, item) pair as an unrated one. */
  readonly unratedWeight: number;
  /** Standard deviation of the initial item factors. */
  readonly initialStddev: number;
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
    initialStddev: positive(0.1),
    optimizer: optimizerSection({ kind: "adam" }),
  }),
  rounds: 50,
  // Greatest entry seen over 12 rounds on real ratings: 3.5 (rank 4, films), 1.1 (wines).
  range: () => rangeFor(8, 19),
  create: (options, shape) => createFcf(options, shape),
};

function createFcf(options: FcfOptions, shape: ModelShape): Model<ImplicitShared> {
  const { rank, l2, unratedWeight } = options;
  const { items } = shape;
  const problem = { items, rank, l2, unratedWeight };
  const size = items * rank;
  const itemFactors = [{ name: "itemFactors", shape: [items, rank] }];
  const descent = createDescent(options.optimizer, size, itemFactors);

  return {
    kind: "fcf",
    objective: "ranking",
    parameters: {
      shared: itemFactors,
      contribution: [{ name: "itemGradient", shape: [items, rank] }],
      state: descent.state,
    },
    initialize: (rng) => descent.start(drawFactors(rng, items, rank, 0, options.initialStddev)),
    open: (values, held) => openImplicit(problem, values, held),
    createPrivate: () => new PrivatePart(new Float64Array(rank)),
    fit: (shared, _initial, ratings) => new PrivatePart(solveUser(problem, shared, ratings)),
    contribute(shared, _initial, ratings, _rng, out) {
      const own = solveUser(problem, shared, ratings);
      writeItemGradient(problem, shared.itemFactors, own, ratings.items, out);
      return { weight: 1, private: new PrivatePart(own) };
    },
    advance: descent.advance,
    score: (shared, own, out, chosenItems) => scoreItems(shared.itemFactors, own.values, rank, out, chosenItems),
  };
}
