/**
 * FedRAP: an item table that the server averages and a personal one that stays on the device add up to what a person sees in an item.
 * As published by options (`simulations/scenarios/fedrap-paper.yaml`); by default here without the personal table.
 * May import errors, math, random, registry.
 *
 * Score: w.(D_j + C_j) + b, with w, b and D private; training in fedrap-step.ts. Contribution: the difference of the device's C.
 *
 * A personal row for each item is trained only on items that its person met, so it tells nothing of the others: it scores well where
 * training knows which items are held out, and worse than none where it does not. What can carry over from item to item is tied: by
 * `personal: features` each public feature of items is worth something of its own to a person. A tied row enters the score through its
 * product with w alone, so the device keeps that product, g: z = w.C_j + b + g.f_j.
 *
 * The paper's L1 penalty is to make C sparse; a subgradient never does. By `sparsity: prox` the server soft-thresholds the average.
 *
 * Source: Li et al. 2024, https://arxiv.org/abs/2301.09109
 */
import { CofactorError } from "../errors.ts";
import { dot } from "../math/linear.ts";
import { type FedrapOptions, fedrapOptions } from "./fedrap-options.ts";
import { createPartCodec } from "./fedrap-part.ts";
import { createDescend, type Moved, type Pace, tableLimit } from "./fedrap-step.ts";
import { knownFeatures } from "./item-features.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { drawSamples } from "./negatives.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor } from "./range.ts";
import { startFactors } from "./start.ts";

/** The definition of FedRAP. */
export const fedrap: ModelDefinition<FedrapOptions> = {
  kind: "fedrap",
  summary: "Implicit feedback; private score function, averaged item tables, additive personal table or feature tastes by option.",
  source: "Li et al. 2024, https://arxiv.org/abs/2301.09109",
  options: fedrapOptions,
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
      shared.set(startFactors(options.start, shape, { rank, stddev: options.initialStddev }, rng));
      if (features > 0) shared.set(knownFeatures(shape)!.values, size);
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
    itemVectors: (values) => ({ values, length: rank, stride: rank }),
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
