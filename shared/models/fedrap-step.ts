/**
 * FedRAP's training on a device: batches of plain descent on the person's own part, the device's copy of the shared table and, where
 * there is one, the personal table. May import random.
 *
 * Loss of a batch of n samples over tables of rank k, every sum over the batch's samples with repetition:
 *   1/n sum logistic(z, y) - lambda/(n k) sum |D_j - C_j|^2 + mu/(n k) sum |C_j|_1,   z = w.(D_j + C_j) + b + g.f_j.
 * All gradients are taken where the batch began; weight decay is on every row of both tables, kept as one factor for each.
 *
 * Source: Li et al. 2024, https://arxiv.org/abs/2301.09109, and its public code, https://github.com/mtics/FedRAP
 */
import type { Rng } from "../random.ts";
import { type RowPass, seeBoth, seeCommon, stepBoth, stepCommon } from "./fedrap-rows.ts";
import { type Samples, shuffle } from "./negatives.ts";

/** What the descent can be set to: see FedrapOptions. */
export interface StepSettings {
  readonly rank: number;
  readonly batchSize: number;
  readonly batchDecay: number;
  readonly l2: number;
  readonly tolerance: number;
  readonly personalPenalty: "similarity" | "norm";
}

/** What a descent moves, in place. */
export interface Moved {
  /** [rank + 1 + features] w, b, g. */
  readonly own: Float64Array;
  /** [items x rank] C. */
  readonly table: Float64Array;
  /** [items x rank] D; none where the person has no table. */
  readonly personal: Float32Array | undefined;
  /** [items x features] f, only read. */
  readonly features: Float64Array;
}

/** How one descent goes. */
export interface Pace {
  readonly epochs: number;
  /** Steps of w and b, of g, of C (0 keeps it as it is) and of D. */
  readonly ownRate: number;
  readonly featureRate: number;
  readonly tableRate: number;
  readonly personalRate: number;
  /** lambda. */
  readonly penalty: number;
  /** mu, by its subgradient. */
  readonly l1: number;
}

/** A descent over samples. */
export type Descend = (moved: Moved, samples: Samples, rng: Rng, pace: Pace) => void;

/** Entries of tables and of the own part stay within it, whatever the settings: the published penalty alone knows no bound. */
export const tableLimit: number = 2 ** 14;

/** A descent for tables of `items` rows. It keeps scratch memory and no state. */
export function createDescend(settings: StepSettings, items: number, features: number): Descend {
  const { rank, batchSize, batchDecay, l2, tolerance } = settings;
  const slope = new Float64Array(rank + 1 + features);
  const batch = createBatch(items, batchSize);
  const pass: RowPass = {
    rank,
    own: slope,
    seen: new Float64Array(rank),
    slope,
    tableScale: 1,
    personalScale: 1,
    tableStep: 0,
    personalStep: 0,
    penalty: 0,
    l1: 0,
    isApart: settings.personalPenalty === "similarity",
  };

  /** Gathers the gradient of the own part in `slope`, and steps the batch's rows; returns the loss. */
  const visit = ({ own, table, personal, features: values }: Moved): number => {
    const { rows, times, labels, distinct, samples } = batch;
    let loss = 0;
    for (let at = 0; at < distinct; at++) {
      const row = rows[at]!;
      const start = row * rank;
      const featuresAt = row * features;
      let logit = own[rank]! + (personal === undefined ? seeCommon(pass, table, start) : seeBoth(pass, table, personal, start));
      for (let f = 0; f < features; f++) logit += own[rank + 1 + f]! * values[featuresAt + f]!;
      const weight = times[at]! / samples;
      const label = labels[at]!;
      const small = Math.exp(-Math.abs(logit));
      const error = weight * ((logit >= 0 ? 1 : small) / (1 + small) - label);
      loss += weight * (Math.max(logit, 0) - label * logit + Math.log1p(small));
      slope[rank] = slope[rank]! + error;
      for (let f = 0; f < features; f++) slope[rank + 1 + f] = slope[rank + 1 + f]! + error * values[featuresAt + f]!;
      loss +=
        personal === undefined
          ? stepCommon(pass, table, start, error, times[at]!)
          : stepBoth(pass, table, personal, start, error, times[at]!);
    }
    return loss;
  };

  return (moved, samples, rng, pace) => {
    const { own, table, personal } = moved;
    const total = samples.items.length;
    const order = Int32Array.from({ length: total }, (_, sample) => sample);
    pass.own = own;
    pass.tableScale = 1;
    pass.personalScale = 1;
    let decay = 1;
    let lossSum = 0;
    let lossCount = 0;
    let lastLoss = Number.NaN;
    for (let epoch = 0; epoch < pace.epochs && total > 0; epoch++) {
      if (total > batchSize) shuffle(order, rng);
      for (let from = 0; from < total; from += batchSize) {
        // One batch alone is the same in every epoch.
        if (total > batchSize || epoch === 0) gather(batch, samples, order.subarray(from, from + batchSize));
        const tableScale = pass.tableScale * (1 - pace.tableRate * decay * l2);
        const personalScale = pass.personalScale * (1 - pace.personalRate * decay * l2);
        pass.tableStep = (pace.tableRate * decay) / tableScale;
        pass.personalStep = (pace.personalRate * decay) / personalScale;
        pass.penalty = pace.penalty / (batch.samples * rank);
        pass.l1 = pace.l1 / (batch.samples * rank);
        slope.fill(0);
        lossSum += visit(moved) * batch.samples;
        lossCount += batch.samples;
        const ownRate = pace.ownRate * decay;
        const featureRate = pace.featureRate * decay;
        for (let f = 0; f <= rank; f++) own[f] = own[f]! - ownRate * (slope[f]! + l2 * own[f]!);
        for (let f = rank + 1; f < own.length; f++) own[f] = own[f]! - featureRate * (slope[f]! + (l2 + 2 * pace.penalty) * own[f]!);
        pass.tableScale = tableScale;
        pass.personalScale = personalScale;
        decay *= batchDecay;
      }
      const loss = lossSum / lossCount;
      if (Math.abs(loss - lastLoss) < tolerance * Math.abs(lastLoss)) break;
      lastLoss = loss;
    }
    settle(own, 1);
    settle(table, pass.tableScale);
    if (personal !== undefined) settle(personal, pass.personalScale);
  };
}

/** The rows of a batch, each once: samples of a row share its gradient. */
interface Batch {
  readonly rows: Int32Array;
  readonly times: Int32Array;
  readonly labels: Uint8Array;
  /** [items] a row's place in the batch, from 1; zeros between uses. */
  readonly placeOf: Int32Array;
  /** How many rows, and samples. */
  distinct: number;
  samples: number;
}

function createBatch(items: number, batchSize: number): Batch {
  const most = Math.min(items, batchSize);
  const [rows, times, placeOf] = [new Int32Array(most), new Int32Array(most), new Int32Array(items)];
  return { rows, times, labels: new Uint8Array(most), placeOf, distinct: 0, samples: 0 };
}

/** The samples that `order` names as distinct rows. */
function gather(batch: Batch, { items, chosen }: Samples, order: Int32Array): void {
  const { rows, times, labels, placeOf } = batch;
  let distinct = 0;
  for (let at = 0; at < order.length; at++) {
    const sample = order[at]!;
    const item = items[sample]!;
    const place = placeOf[item]!;
    if (place > 0) {
      times[place - 1] = times[place - 1]! + 1;
      continue;
    }
    rows[distinct] = item;
    times[distinct] = 1;
    // A drawn negative is never a choice: a row has one label.
    labels[distinct] = sample < chosen ? 1 : 0;
    distinct += 1;
    placeOf[item] = distinct;
  }
  for (let at = 0; at < distinct; at++) placeOf[rows[at]!] = 0;
  batch.distinct = distinct;
  batch.samples = order.length;
}

/** Puts what decay has left into the rows, and cuts what has no bound. */
function settle(rows: Float64Array | Float32Array, scale: number): void {
  for (let at = 0; at < rows.length; at++) {
    const value = scale * rows[at]!;
    // What overflowed on the way is no number.
    rows[at] = Number.isNaN(value) ? 0 : Math.min(tableLimit, Math.max(-tableLimit, value));
  }
}
