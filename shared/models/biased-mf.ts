/**
 * Matrix factorization with biases for explicit ratings by local gradient descent: a device moves its own part and contributes
 * the gradient of the item side (or, after several local steps, the sum of the gradients on its path); the server's optimizer
 * steps along the sum. May import math, random, registry.
 *
 * Loss: sum over ratings 1/2 (r - mean - b_u - b_i - p.q)^2 + l2/2 (|p|^2 + |q|^2 + b_u^2 + b_i^2).
 *
 * Source: Koren, Bell and Volinsky 2009, https://doi.org/10.1109/MC.2009.263; server optimizers on client updates: Reddi et al.
 * 2021, https://arxiv.org/abs/2003.00295
 */
import * as v from "valibot";
import type { UserRatings } from "../math/ratings.ts";
import type { Rng } from "../random.ts";
import { biasedItemSide, createDescent, drawFactors } from "./descent.ts";
import { explainBiased } from "./explain.ts";
import { type ExplicitProblem, predict, predictItems, solveUserWithBias, systemOf } from "./explicit-solve.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { count, type OptimizerSection, optimizer as optimizerSection, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor, ratingSpan } from "./range.ts";
import { type StartSection, startFactors, startOptions } from "./start.ts";

/** Options of biased matrix factorization. */
export interface BiasedMfOptions {
  readonly kind: "biased-mf";
  readonly rank: number;
  readonly l2: number;
  /** Step of the device's own part, and of its copy of the item rows between local steps. */
  readonly learningRate: number;
  /** Passes over the device's ratings in a round. */
  readonly localEpochs: number;
  /** "full": one step a pass along the whole gradient; "single": a step a rating. */
  readonly batch: "full" | "single";
  readonly initialStddev: number;
  /** How the item factors begin. */
  readonly start: StartSection;
  readonly optimizer: OptimizerSection;
}

/** The definition of biased matrix factorization. */
export const biasedMf: ModelDefinition<BiasedMfOptions> = {
  kind: "biased-mf",
  summary: "Explicit ratings; local gradient descent, summed item gradients, server optimizer.",
  source: "Koren, Bell and Volinsky 2009, https://doi.org/10.1109/MC.2009.263",
  options: v.strictObject({
    kind: v.literal("biased-mf"),
    rank: rankOption(16),
    l2: positive(0.13),
    learningRate: positive(0.01),
    localEpochs: count(1),
    batch: v.optional(v.picklist(["full", "single"]), "single"),
    initialStddev: positive(0.1),
    ...startOptions,
    optimizer: optimizerSection({ kind: "adam", learningRate: 0.05 }),
  }),
  rounds: 80,
  // Greatest entry seen on ratings of 1 to 5: 3.7 after one pass, 17.3 after five.
  range: ({ localEpochs }, shape) => rangeFor(2 * ratingSpan(shape) * localEpochs, 20),
  create: (options, shape) => createBiasedMf(options, shape),
};

function createBiasedMf(options: BiasedMfOptions, shape: ModelShape): Model<Float64Array> {
  const { rank, l2 } = options;
  const { items } = shape;
  const order = rank + 1;
  const size = items * order;
  const tensors = [biasedItemSide(items, rank)];
  const descent = createDescent(options.optimizer, size, tensors);
  const problem: ExplicitProblem = { items, rank, l2, isWeighted: true, globalMean: shape.globalMean ?? 0, ratingRange: shape.ratingRange };

  return {
    kind: "biased-mf",
    objective: "rating",
    parameters: {
      shared: tensors,
      contribution: [{ name: "itemGradient", shape: [items, order] }],
      state: descent.state,
    },
    initialize: (rng) => descent.start(startFactors(options.start, shape, { rank, extra: 1, stddev: options.initialStddev }, rng)),
    open: (itemSide) => itemSide,
    createPrivate: (_ratings, rng) => new PrivatePart(drawFactors(rng, 1, rank, 1, options.initialStddev)),
    fit: (itemSide, _initial, ratings) => new PrivatePart(solveUserWithBias(problem, itemSide, ratings)),
    contribute(itemSide, initial, ratings, rng, out) {
      out.fill(0, 0, size);
      const own = initial.values.slice();
      for (let epoch = 0; epoch < options.localEpochs; epoch++) {
        if (options.batch === "full") fullStep(problem, options.learningRate, itemSide, own, ratings, out);
        else singleSteps(problem, options.learningRate, itemSide, own, ratings, rng, out);
      }
      return { weight: 1, private: new PrivatePart(own) };
    },
    advance: descent.advance,
    itemVectors: (values) => ({ values, length: rank, stride: order }),
    score: (itemSide, own, out, chosenItems) => predictItems(problem, itemSide, own.values, out, chosenItems),
    explain: (itemSide, ratings, item, out) => explainBiased(systemOf(problem, ratings), itemSide, ratings, item, out),
  };
}

/**
 * One step along the whole gradient. `out` sums item gradients: the device's copy of an item row is itemSide - rate * out,
 * so no copy is kept.
 *
 * The own part's curvature grows with the number of ratings: its step is rate / (1 + rate * bound of the curvature), which is
 * the rate for a few ratings and stays stable for thousands.
 */
function fullStep(
  problem: ExplicitProblem,
  rate: number,
  itemSide: Float64Array,
  own: Float64Array,
  ratings: UserRatings,
  out: Float64Array,
): void {
  const { rank, l2 } = problem;
  const order = rank + 1;
  const rated = ratings.items;
  const ownGradient = new Float64Array(order);
  let curvature = (1 + l2) * rated.length;
  for (let index = 0; index < rated.length; index++) {
    const at = rated[index]! * order;
    let prediction = problem.globalMean + own[rank]! + itemSide[at + rank]! - rate * out[at + rank]!;
    for (let f = 0; f < rank; f++) prediction += own[f]! * (itemSide[at + f]! - rate * out[at + f]!);
    const error = prediction - ratings.values[index]!;
    for (let f = 0; f < rank; f++) {
      const factor = itemSide[at + f]! - rate * out[at + f]!;
      curvature += factor * factor;
      ownGradient[f] = ownGradient[f]! + error * factor + l2 * own[f]!;
      out[at + f] = out[at + f]! + error * own[f]! + l2 * factor;
    }
    ownGradient[rank] = ownGradient[rank]! + error + l2 * own[rank]!;
    out[at + rank] = out[at + rank]! + error + l2 * (itemSide[at + rank]! - rate * out[at + rank]!);
  }
  const step = rate / (1 + rate * curvature);
  for (let f = 0; f < order; f++) own[f] = own[f]! - step * ownGradient[f]!;
}

/** A step a rating, in a random order. */
function singleSteps(
  problem: ExplicitProblem,
  rate: number,
  itemSide: Float64Array,
  own: Float64Array,
  ratings: UserRatings,
  rng: Rng,
  out: Float64Array,
): void {
  const { rank, l2 } = problem;
  const order = rank + 1;
  const rated = ratings.items;
  const visit = shuffled(rated.length, rng);
  const row = new Float64Array(order);
  for (let turn = 0; turn < visit.length; turn++) {
    const index = visit[turn]!;
    const at = rated[index]! * order;
    for (let f = 0; f < order; f++) row[f] = itemSide[at + f]! - rate * out[at + f]!;
    const error = predict(problem, row, own, 0) - ratings.values[index]!;
    for (let f = 0; f < rank; f++) {
      const mine = own[f]!;
      own[f] = mine - rate * (error * row[f]! + l2 * mine);
      out[at + f] = out[at + f]! + error * mine + l2 * row[f]!;
    }
    own[rank] = own[rank]! - rate * (error + l2 * own[rank]!);
    out[at + rank] = out[at + rank]! + error + l2 * row[rank]!;
  }
}

/** 0 .. count - 1 in a random order (Fisher and Yates). */
function shuffled(length: number, rng: Rng): Int32Array {
  const order = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const j = rng.below(i + 1);
    order[i] = order[j]!;
    order[j] = i;
  }
  return order;
}
