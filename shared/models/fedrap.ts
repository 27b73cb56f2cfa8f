/**
 * FedRAP: an item table that the server averages and a personal one that stays on the device add up to what a person sees in an item.
 * As published by options (`simulations/scenarios/fedrap-paper.yaml`); by default here without the personal table.
 * May import errors, math, random, registry.
 *
 * Score: w.(D_j + C_j) + b, with w, b and D private; training in fedrap-step.ts. Contribution: the difference of the device's C.
 *
 * A personal row for each item is trained only on items that its person met, so it tells nothing of the others: it scores well where
 * training knows which items are held out, and below popularity where it does not. What can carry over from item to item is tied: by
 * `personal: features` each public feature of items is worth something of its own to a person. A tied row enters the score through its
 * product with w alone, so the device keeps that product, g: z = w.C_j + b + g.f_j.
 *
 * The paper's L1 penalty is to make C sparse; a subgradient never does. By `sparsity: prox` the server soft-thresholds the average.
 *
 * Source: Li et al. 2024, https://arxiv.org/abs/2301.09109
 */
import * as v from "valibot";
import { CofactorError } from "../errors.ts";
import { dot } from "../math/linear.ts";
import { drawFactors } from "./descent.ts";
import { createPartCodec } from "./fedrap-part.ts";
import { createDescend, type Moved, type Pace, tableLimit } from "./fedrap-step.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { drawSamples } from "./negatives.ts";
import { count, nonNegative, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor } from "./range.ts";

/** Options of FedRAP. */
export interface FedrapOptions {
  readonly kind: "fedrap";
  readonly rank: number;
  /** What is personal beside w and b: nothing, what public features are worth, or a row for every item, as published. */
  readonly personal: "none" | "features" | "items";
  /** Step of w and b. */
  readonly learningRate: number;
  /** Step of the tables, times the number of items: the published 200 on 1682 items is .1189. */
  readonly itemLearningRate: number;
  /** Steps of what is personal, D or g, as a multiple of `itemLearningRate` or `learningRate`. */
  readonly personalRate: number;
  /** Steps shrink by this after each batch, and begin each round anew; as published .95. */
  readonly batchDecay: number;
  /** Steps shrink by this with each round that the device takes part in; as published .97. */
  readonly roundDecay: number;
  /** Most passes over a round's samples. */
  readonly localEpochs: number;
  /** Training ends for a round when the mean loss so far changes by less than this share of itself; 0 for never. */
  readonly tolerance: number;
  readonly batchSize: number;
  /** Negatives drawn for each positive in a round. */
  readonly negatives: number;
  /** Weight decay, of every entry. */
  readonly l2: number;
  /** The paper's lambda. */
  readonly personalWeight: number;
  /** "similarity", as published: lambda |D - C|^2 is subtracted from the loss, which has no bound; "norm": lambda |D|^2 is added. */
  readonly personalPenalty: "similarity" | "norm";
  /** The paper's mu; by `sparsity: prox` what entries of C lose in a round, in units of C. */
  readonly l1: number;
  /** "subgradient", as in the public code: on the device, never sparse; "prox": by the server, on the average. */
  readonly sparsity: "subgradient" | "prox";
  /** lambda and mu in round t: "constant", as the public code has it, or times tanh(t / 10), as in the paper, t from 0. */
  readonly curriculum: "constant" | "tanh";
  /** Passes with which a device that took part in no round fits its own part to the published table. */
  readonly fitEpochs: number;
  readonly initialStddev: number;
  /** Of D; as published 1, the same draw on every device. */
  readonly initialPersonalStddev: number;
}

/** The definition of FedRAP. */
export const fedrap: ModelDefinition<FedrapOptions> = {
  kind: "fedrap",
  summary: "Implicit feedback; private score function, averaged item tables, additive personal table or feature tastes by option.",
  source: "Li et al. 2024, https://arxiv.org/abs/2301.09109",
  options: v.strictObject({
    kind: v.literal("fedrap"),
    rank: rankOption(32),
    personal: v.optional(v.picklist(["none", "features", "items"]), "none"),
    learningRate: positive(0.1),
    itemLearningRate: positive(8),
    personalRate: nonNegative(1),
    batchDecay: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(1)), 1),
    roundDecay: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(1)), 1),
    localEpochs: count(1),
    tolerance: nonNegative(0),
    batchSize: count(256),
    negatives: count(4),
    l2: nonNegative(0),
    personalWeight: nonNegative(0),
    personalPenalty: v.optional(v.picklist(["similarity", "norm"]), "norm"),
    l1: nonNegative(0),
    sparsity: v.optional(v.picklist(["subgradient", "prox"]), "prox"),
    curriculum: v.optional(v.picklist(["constant", "tanh"]), "constant"),
    fitEpochs: count(30),
    initialStddev: positive(1),
    initialPersonalStddev: nonNegative(0),
  }),
  rounds: 100,
  // Entries of tables are cut at the limit.
  range: () => rangeFor(2 * tableLimit, 23),
  create: (options, shape) => createFedrap(options, shape),
};

function createFedrap(options: FedrapOptions, shape: ModelShape): Model<Float64Array> {
  const { rank, personal, l1, personalWeight } = options;
  const { items } = shape;
  const itemRate = options.itemLearningRate * items;
  assertDecay(options, itemRate);
  const size = items * rank;
  const hasTable = personal === "items";
  const features = personal === "features" ? (shape.itemFeatures?.count ?? 0) : 0;
  const descend = createDescend(options, items, features);
  const parts = createPartCodec({ ...options, items, features, hasTable });
  const ramp = (round: number): number => (options.curriculum === "tanh" ? Math.tanh(round / 10) : 1);
  // The device's copy of the table in a round.
  const table = new Float64Array(size);

  const move = (shared: Float64Array, own: Float64Array, mine: Float32Array | undefined): Moved => {
    table.set(shared.subarray(0, size));
    return { own, table, personal: mine, features: shared.subarray(size) };
  };
  const paceOf = (rounds: number, epochs: number): Pace => {
    const decay = options.roundDecay ** rounds;
    return {
      epochs,
      ownRate: options.learningRate * decay,
      featureRate: options.learningRate * options.personalRate * decay,
      tableRate: itemRate * decay,
      personalRate: itemRate * options.personalRate * decay,
      penalty: personalWeight * ramp(rounds),
      l1: options.sparsity === "subgradient" ? l1 * ramp(rounds) : 0,
    };
  };

  return {
    kind: "fedrap",
    objective: "ranking",
    isJudgedAsTrained: hasTable,
    parameters: {
      shared: [
        { name: "itemTable", shape: [items, rank] },
        { name: "itemFeatures", shape: [items, features] },
      ],
      contribution: [{ name: "itemDifference", shape: [items, rank] }],
      state: [],
    },
    initialize(rng) {
      const shared = new Float64Array(size + items * features);
      shared.set(drawFactors(rng, items, rank, 0, options.initialStddev));
      if (features > 0) shared.set(featureValues(shape, items * features), size);
      return { shared, state: new Float64Array(0), round: 0 };
    },
    open: (shared) => shared,
    createPrivate: () => new PrivatePart(parts.initial.slice()),
    fit(shared, initial, ratings, rng) {
      // As published: a device that took part scores with what it has.
      if (hasTable && parts.view(initial).rounds > 0) return new PrivatePart(initial.values.slice());
      const { next, opened } = parts.open(initial);
      const samples = drawSamples(ratings, items, options.negatives, rng);
      descend(move(shared, opened.own, opened.personal), samples, rng, { ...paceOf(0, options.fitEpochs), tableRate: 0 });
      return next;
    },
    contribute(shared, initial, ratings, rng, out) {
      const { next, opened } = parts.open(initial);
      const samples = drawSamples(ratings, items, options.negatives, rng);
      descend(move(shared, opened.own, opened.personal), samples, rng, paceOf(opened.rounds, options.localEpochs));
      for (let at = 0; at < size; at++) out[at] = table[at]! - shared[at]!;
      next.values[0] = opened.rounds + 1;
      return { weight: 1, private: next };
    },
    advance(current, { values, count: contributors }) {
      const shared = current.shared.slice();
      const threshold = options.sparsity === "prox" ? l1 * ramp(current.round) : 0;
      for (let at = 0; at < size; at++) {
        const mean = shared[at]! + values[at]! / contributors;
        shared[at] = mean > threshold ? mean - threshold : mean < -threshold ? mean + threshold : 0;
      }
      return { shared, state: current.state, round: current.round + 1 };
    },
    score(shared, part, out, chosen) {
      const { own, personal: mine } = parts.view(part);
      const length = chosen?.length ?? items;
      for (let index = 0; index < length; index++) {
        const item = chosen?.[index] ?? index;
        const at = item * rank;
        let score = own[rank]! + dot(own, 0, shared, at, rank);
        if (mine !== undefined) for (let f = 0; f < rank; f++) score += own[f]! * mine[at + f]!;
        if (features > 0) score += dot(own, rank + 1, shared, size + item * features, features);
        out[index] = score;
      }
    },
  };
}

/** Decay that turns a row round, step by step, is no decay. @throws CofactorError CONFIG_INVALID */
function assertDecay({ l2, learningRate, personalRate }: FedrapOptions, itemRate: number): void {
  const greatest = Math.max(learningRate, itemRate) * Math.max(1, personalRate);
  if (l2 * greatest < 1) return;
  throw new CofactorError("CONFIG_INVALID", `"model.l2" expected less than ${1 / greatest}, 1 / the greatest step, got ${l2}`);
}

/** The values of the items' features. @throws CofactorError CONFIG_INVALID when whoever initializes has none */
function featureValues({ itemFeatures }: ModelShape, length: number): Float64Array {
  const values = itemFeatures?.values;
  if (values?.length === length) return values;
  throw new CofactorError("CONFIG_INVALID", `"itemFeatures" expected ${length} values, got ${values?.length ?? "none"}`);
}
