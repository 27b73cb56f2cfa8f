/**
 * PFedRec: a personal score function over a shared item table, both trained on the device by plain descent; the server averages the
 * tables. As published, a device then scores with the table that it has just trained; by default here, with the shared one.
 * May import math, random, registry.
 *
 * Score: w.e_j + b, w and b private. Per batch of n samples, logistic loss (mean; with a prior that of unlabelled.ts): a step of w and b, the errors anew, a step of the
 * table rows with the learning rate times `itemLearningRate` times the catalogue's size. Contribution: the table's difference.
 *
 * The personal table holds a free row for each item that the person met, so it learns nothing about the others. It scores worse than
 * the shared one unless training knows which items are held out: then it only has to remember which were never pushed down.
 *
 * Source: Zhang et al. 2023, https://arxiv.org/abs/2301.08143
 */
import * as v from "valibot";
import { addScaled, dot } from "../math/linear.ts";
import type { Rng } from "../random.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { drawSamples, type Samples, shuffle } from "./negatives.ts";
import { count, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor } from "./range.ts";
import { type StartSection, startFactors, startOptions } from "./start.ts";
import { classPrior, softplus, unlabelledTerm } from "./unlabelled.ts";

/** Options of PFedRec. */
export interface PfedrecOptions {
  readonly kind: "pfedrec";
  readonly rank: number;
  /** Step of the score function. */
  readonly learningRate: number;
  /** Step of the table: times `learningRate` times the number of items. */
  readonly itemLearningRate: number;
  /** Negatives drawn for each positive in a round. */
  readonly negatives: number;
  /** The share of unrated items that a person would choose: above 0 drawn samples are unlabelled, not negative. */
  readonly classPrior: number;
  readonly batchSize: number;
  /** Passes with which a score function is fitted to the published table. */
  readonly fitEpochs: number;
  /** What scores: "shared", the published table; "personal", the device's own after a pass of training, as published. */
  readonly table: "shared" | "personal";
  /** How the item factors begin. */
  readonly start: StartSection;
}

/** The definition of PFedRec. */
export const pfedrec: ModelDefinition<PfedrecOptions> = {
  kind: "pfedrec",
  summary: "Implicit feedback; private score function, averaged item tables; the personal table of the paper by option.",
  source: "Zhang et al. 2023, https://arxiv.org/abs/2301.08143",
  options: v.strictObject({
    kind: v.literal("pfedrec"),
    rank: rankOption(32),
    learningRate: positive(0.1),
    itemLearningRate: positive(80),
    negatives: count(4),
    classPrior,
    batchSize: count(256),
    fitEpochs: count(30),
    table: v.optional(v.picklist(["shared", "personal"]), "shared"),
    ...startOptions,
  }),
  rounds: 100,
  // Greatest entry seen on films: 1100. Losses are means over a batch, so that a short last batch takes long steps.
  range: ({ learningRate, itemLearningRate }, { items }) => rangeFor((learningRate * itemLearningRate * items) / 4, 23),
  create: (options, shape) => createPfedrec(options, shape),
};

function createPfedrec(options: PfedrecOptions, shape: ModelShape): Model<Float64Array> {
  const { rank } = options;
  const { items } = shape;
  const size = items * rank;
  const train = createTrainer(options, items);
  // The table's difference while a personal table is made; rows that a person met are zeroed again after use.
  const difference = new Float64Array(size);

  return {
    kind: "pfedrec",
    objective: "ranking",
    parameters: {
      shared: [{ name: "itemTable", shape: [items, rank] }],
      contribution: [{ name: "itemDifference", shape: [items, rank] }],
      state: [],
    },
    initialize: (rng) => ({ shared: startFactors(options.start, shape, { rank, stddev: 1 }, rng), state: new Float64Array(0), round: 0 }),
    open: (table) => table,
    createPrivate(_ratings, rng) {
      const bound = 1 / Math.sqrt(rank);
      return new PrivatePart(Float64Array.from({ length: rank + 1 }, () => bound * (2 * rng.float() - 1)));
    },
    fit(table, initial, ratings, rng) {
      const own = initial.values.slice(0, rank + 1);
      const samples = drawSamples(ratings, items, options.negatives, rng);
      for (let epoch = 0; epoch < options.fitEpochs; epoch++) train(table, own, samples, rng, undefined);
      if (options.table === "shared") return new PrivatePart(own);
      train(table, own, samples, rng, difference);
      const met = Int32Array.from(new Set(samples.items)).sort();
      const part = new Float64Array(rank + 1 + met.length * (rank + 1));
      part.set(own);
      for (let index = 0, at = rank + 1; index < met.length; index++, at += rank + 1) {
        const row = met[index]! * rank;
        part[at] = met[index]!;
        for (let f = 0; f < rank; f++) part[at + 1 + f] = table[row + f]! + difference[row + f]!;
        difference.fill(0, row, row + rank);
      }
      return new PrivatePart(part);
    },
    contribute(table, initial, ratings, rng, out) {
      out.fill(0, 0, size);
      const own = initial.values.slice(0, rank + 1);
      train(table, own, drawSamples(ratings, items, options.negatives, rng), rng, out);
      return { weight: 1, private: new PrivatePart(own) };
    },
    advance(current, { values, count: contributors }) {
      const shared = current.shared.slice();
      addScaled(shared, 0, 1 / contributors, values, 0, size);
      return { shared, state: current.state, round: current.round + 1 };
    },
    itemVectors: (values) => ({ values, length: rank, stride: rank }),
    score(table, own, out, chosen) {
      const { values } = own;
      const length = chosen?.length ?? items;
      // Where each item's personal row begins, 0 for none.
      const personalAt = new Int32Array(values.length > rank + 1 ? items : 0);
      for (let at = rank + 1; at < values.length; at += rank + 1) personalAt[values[at]!] = at + 1;
      for (let index = 0; index < length; index++) {
        const item = chosen?.[index] ?? index;
        const at = personalAt[item] ?? 0;
        out[index] = values[rank]! + (at > 0 ? dot(values, 0, values, at, rank) : dot(values, 0, table, item * rank, rank));
      }
    },
  };
}

/**
 * One pass over samples in a random order: moves `own` [rank + 1] and, where `difference` is given, the device's rows table + difference.
 */
type Train = (table: Float64Array, own: Float64Array, samples: Samples, rng: Rng, difference: Float64Array | undefined) => void;

function createTrainer({ rank, learningRate, itemLearningRate, batchSize, classPrior: prior }: PfedrecOptions, catalogue: number): Train {
  const errors = new Float64Array(batchSize);
  const slope = new Float64Array(rank + 1);
  return (table, own, { items, chosen }, rng, difference) => {
    const order = Int32Array.from(items.keys());
    shuffle(order, rng);
    const ratio = (items.length - chosen) / Math.max(1, chosen);
    for (let from = 0; from < order.length; from += batchSize) {
      const length = Math.min(batchSize, order.length - from);
      const look = (): void => {
        let chosenLoss = 0;
        let drawnLoss = 0;
        for (let at = 0; at < length; at++) {
          const sample = order[from + at]!;
          const row = items[sample]! * rank;
          let logit = own[rank]! + dot(own, 0, table, row, rank);
          if (difference !== undefined) logit += dot(own, 0, difference, row, rank);
          errors[at] = 1 / (1 + Math.exp(-logit));
          if (prior === 0) continue;
          if (sample < chosen) chosenLoss += softplus(logit);
          else drawnLoss += softplus(logit);
        }
        const term = unlabelledTerm(prior, ratio, drawnLoss, chosenLoss);
        for (let at = 0; at < length; at++) {
          const probability = errors[at]!;
          errors[at] = order[from + at]! < chosen ? probability - 1 + term.chosen * probability : term.drawn * probability;
        }
      };
      look();
      slope.fill(0);
      for (let at = 0; at < length; at++) {
        const row = items[order[from + at]!]! * rank;
        addScaled(slope, 0, errors[at]!, table, row, rank);
        if (difference !== undefined) addScaled(slope, 0, errors[at]!, difference, row, rank);
        slope[rank] = slope[rank]! + errors[at]!;
      }
      addScaled(own, 0, -learningRate / length, slope, 0, rank + 1);
      if (difference === undefined) continue;
      look();
      const step = (-learningRate * itemLearningRate * catalogue) / length;
      for (let at = 0; at < length; at++) addScaled(difference, items[order[from + at]!]! * rank, step * errors[at]!, own, 0, rank);
    }
  };
}
