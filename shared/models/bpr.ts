/**
 * Bayesian personalized ranking: a device learns that what its user chose ranks above what was not chosen, and contributes the
 * summed gradient of the item side; the server's optimizer steps along the sum. May import math, random, registry.
 *
 * Score: p.q + b_i. Negatives are drawn from everything that the device's ratings do not hold.
 *
 * Source: Rendle et al. 2009, https://arxiv.org/abs/1205.2618
 */
import * as v from "valibot";
import { dot } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import type { Rng } from "../random.ts";
import { biasedItemSide, createDescent, drawFactors } from "./descent.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { drawNegative, hasNegatives } from "./negatives.ts";
import { count, nonNegative, type OptimizerSection, optimizer as optimizerSection, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor } from "./range.ts";
import { type StartSection, startFactors, startOptions } from "./start.ts";

/** Options of BPR. */
export interface BprOptions {
  readonly kind: "bpr";
  readonly rank: number;
  readonly l2: number;
  readonly learningRate: number;
  /** Passes over the device's positives in a round. */
  readonly localEpochs: number;
  /** Negatives drawn for each positive in a pass. */
  readonly negatives: number;
  /** Passes with which a cold user's own part is fitted to fixed items. */
  readonly fitEpochs: number;
  readonly initialStddev: number;
  /** How the item factors begin. */
  readonly start: StartSection;
  readonly optimizer: OptimizerSection;
}

/** The definition of BPR. */
export const bpr: ModelDefinition<BprOptions> = {
  kind: "bpr",
  summary: "Implicit feedback; pairwise ranking by local descent, summed item gradients, server optimizer.",
  source: "Rendle et al. 2009, https://arxiv.org/abs/1205.2618",
  options: v.strictObject({
    kind: v.literal("bpr"),
    rank: rankOption(16),
    l2: nonNegative(0.01),
    learningRate: positive(0.05),
    localEpochs: count(3),
    negatives: count(3),
    fitEpochs: count(20),
    initialStddev: positive(0.1),
    ...startOptions,
    optimizer: optimizerSection({ kind: "adam", learningRate: 0.1 }),
  }),
  rounds: 60,
  // Greatest entry seen on real choices: 14 with 3 passes of 3 negatives; 21 with 10 passes.
  range: ({ negatives, localEpochs }) => rangeFor(2 * negatives * localEpochs, 20),
  create: (options, shape) => createBpr(options, shape),
};

function createBpr(options: BprOptions, shape: ModelShape): Model<Float64Array> {
  const { rank } = options;
  const { items } = shape;
  const order = rank + 1;
  const size = items * order;
  const tensors = [biasedItemSide(items, rank)];
  const descent = createDescent(options.optimizer, size, tensors);

  return {
    kind: "bpr",
    objective: "ranking",
    parameters: {
      shared: tensors,
      contribution: [{ name: "itemGradient", shape: [items, order] }],
      state: descent.state,
    },
    initialize: (rng) => descent.start(startFactors(options.start, shape, { rank, extra: 1, stddev: options.initialStddev }, rng)),
    open: (itemSide) => itemSide,
    createPrivate: (_ratings, rng) => new PrivatePart(drawFactors(rng, 1, rank, 0, options.initialStddev)),
    fit(itemSide, initial, ratings, rng) {
      const own = initial.values.slice();
      for (let epoch = 0; epoch < options.fitEpochs; epoch++) descend(options, items, itemSide, own, ratings, rng, undefined);
      return new PrivatePart(own);
    },
    contribute(itemSide, initial, ratings, rng, out) {
      out.fill(0, 0, size);
      const own = initial.values.slice();
      for (let epoch = 0; epoch < options.localEpochs; epoch++) descend(options, items, itemSide, own, ratings, rng, out);
      return { weight: 1, private: new PrivatePart(own) };
    },
    advance: descent.advance,
    itemVectors: (values) => ({ values, length: rank, stride: order }),
    score(itemSide, own, out, chosenItems) {
      const length = chosenItems?.length ?? items;
      for (let index = 0; index < length; index++) {
        const at = (chosenItems?.[index] ?? index) * order;
        out[index] = dot(own.values, 0, itemSide, at, rank) + itemSide[at + rank]!;
      }
    },
  };
}

/** One pass over the positives. With `out` the item side moves too: the device's copy of a row is itemSide - rate * out. */
function descend(
  options: BprOptions,
  items: number,
  itemSide: Float64Array,
  own: Float64Array,
  ratings: UserRatings,
  rng: Rng,
  out: Float64Array | undefined,
): void {
  const { rank, l2, learningRate: rate } = options;
  const order = rank + 1;
  const chosen = ratings.items;
  if (chosen.length === 0 || !hasNegatives(ratings, items)) return;
  const liked = new Float64Array(order);
  const other = new Float64Array(order);
  const draws = chosen.length * options.negatives;
  for (let draw = 0; draw < draws; draw++) {
    const likedAt = chosen[rng.below(chosen.length)]! * order;
    const otherAt = drawNegative(rng, ratings, items) * order;
    for (let f = 0; f < order; f++) {
      liked[f] = itemSide[likedAt + f]! - (out === undefined ? 0 : rate * out[likedAt + f]!);
      other[f] = itemSide[otherAt + f]! - (out === undefined ? 0 : rate * out[otherAt + f]!);
    }
    const margin = dot(own, 0, liked, 0, rank) - dot(own, 0, other, 0, rank) + liked[rank]! - other[rank]!;
    const pull = 1 / (1 + Math.exp(margin));
    for (let f = 0; f < rank; f++) {
      const mine = own[f]!;
      own[f] = mine + rate * (pull * (liked[f]! - other[f]!) - l2 * mine);
      if (out === undefined) continue;
      out[likedAt + f] = out[likedAt + f]! - pull * mine + l2 * liked[f]!;
      out[otherAt + f] = out[otherAt + f]! + pull * mine + l2 * other[f]!;
    }
    if (out === undefined) continue;
    out[likedAt + rank] = out[likedAt + rank]! - pull + l2 * liked[rank]!;
    out[otherAt + rank] = out[otherAt + rank]! + pull + l2 * other[rank]!;
  }
}
