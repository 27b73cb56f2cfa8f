/**
 * FedRAP's training on a device: batches of plain descent on the person's own part, the device's copy of the shared table and, where
 * there is one, the personal table. May import math.
 *
 * Loss of a batch of n samples over tables of rank k, every sum over the batch's samples with repetition:
 *   1/n sum logistic(z, y) - lambda/(n k) sum |D_j - C_j|^2 + mu/(n k) sum |C_j|_1,   z = w.(D_j + C_j) + b + g.f_j.
 * All gradients are taken where the batch began; weight decay is on every row of both tables, kept as one factor for each.
 *
 * Source: Li et al. 2024, https://arxiv.org/abs/2301.09109, and the settings of its public code, https://github.com/mtics/FedRAP
 */
import { dot } from "../math/linear.ts";
import type { Rng } from "../random.ts";
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

/** A descent over samples: rows differ from what they were by steps and by decay. */
export type Descend = (moved: Moved, samples: Samples, rng: Rng, pace: Pace) => void;

/** The rows of a batch, each once: a row's samples share its gradient. */
interface Batch {
  readonly rows: Int32Array;
  readonly times: Int32Array;
  readonly labels: Uint8Array;
  /** Distinct rows, and samples. */
  distinct: number;
  samples: number;
}

/** Entries of tables stay within it, whatever the settings: the published penalty alone knows no bound. */
export const tableLimit: number = 2 ** 14;

/** A descent for tables of `items` rows. It keeps scratch memory and no state. */
export function createDescend(settings: StepSettings, items: number, features: number): Descend {
  const { rank, batchSize, batchDecay, l2, tolerance } = settings;
  const isApart = settings.personalPenalty === "similarity";
  const slope = new Float64Array(rank + 1 + features);
  const capacity = Math.min(items, batchSize);
  const batch: Batch = {
    rows: new Int32Array(capacity),
    times: new Int32Array(capacity),
    labels: new Uint8Array(capacity),
    distinct: 0,
    samples: 0,
  };
  // A row's place in the batch, from 1.
  const placeOf = new Int32Array(items);

  return ({ own, table, personal, features: featureRows }, samples, rng, pace) => {
    const total = samples.items.length;
    const order = Int32Array.from({ length: total }, (_, sample) => sample);
    let decay = 1;
    let tableScale = 1;
    let personalScale = 1;
    let lossSum = 0;
    let lossCount = 0;
    let lastLoss = Number.NaN;
    for (let epoch = 0; epoch < pace.epochs && total > 0; epoch++) {
      if (total > batchSize) shuffle(order, rng);
      for (let from = 0; from < total; from += batchSize) {
        // One batch alone is the same in every epoch.
        if (total > batchSize || epoch === 0) gather(batch, samples, order.subarray(from, from + batchSize), placeOf);
        const n = batch.samples;
        const tableRate = pace.tableRate * decay;
        const personalRate = pace.personalRate * decay;
        const nextTable = tableScale * (1 - tableRate * l2);
        const nextPersonal = personalScale * (1 - personalRate * l2);
        const tableStep = tableRate / nextTable;
        const personalStep = personalRate / nextPersonal;
        let loss = 0;
        slope.fill(0);
        for (let at = 0; at < batch.distinct; at++) {
          const row = batch.rows[at]!;
          const label = batch.labels[at]!;
          const times = batch.times[at]!;
          const start = row * rank;
          let logit = own[rank]! + tableScale * dot(own, 0, table, start, rank);
          if (personal !== undefined) logit += personalScale * dotSingle(own, personal, start, rank);
          if (features > 0) logit += dot(own, rank + 1, featureRows, row * features, features);
          const error = (times / n) * (1 / (1 + Math.exp(-logit)) - label);
          loss += (times / n) * (Math.max(logit, 0) - label * logit + Math.log1p(Math.exp(-Math.abs(logit))));
          slope[rank] = slope[rank]! + error;
          for (let f = 0; f < features; f++) slope[rank + 1 + f] = slope[rank + 1 + f]! + error * featureRows[row * features + f]!;
          const share = times / (n * rank);
          const sparsity = pace.l1 * share;
          let size = 0;
          if (personal === undefined) {
            for (let f = 0; f < rank; f++) {
              const common = table[start + f]!;
              slope[f] = slope[f]! + error * tableScale * common;
              size += Math.abs(common);
              const sign = common > 0 ? sparsity : common < 0 ? -sparsity : 0;
              table[start + f] = common - tableStep * (error * own[f]! + sign);
            }
          } else {
            const pull = 2 * pace.penalty * share;
            let gap = 0;
            for (let f = 0; f < rank; f++) {
              const stored = table[start + f]!;
              const mine = personal[start + f]!;
              const common = tableScale * stored;
              const unscaled = personalScale * mine;
              slope[f] = slope[f]! + error * (common + unscaled);
              size += Math.abs(stored);
              const apart = isApart ? unscaled - common : unscaled;
              gap += apart * apart;
              const push = error * own[f]!;
              const sign = stored > 0 ? sparsity : stored < 0 ? -sparsity : 0;
              table[start + f] = stored - tableStep * (push + sign + (isApart ? pull * apart : 0));
              personal[start + f] = mine - personalStep * (isApart ? push - pull * apart : push + pull * apart);
            }
            loss += (isApart ? -1 : 1) * pace.penalty * share * gap;
          }
          loss += sparsity * tableScale * size;
        }
        const ownRate = pace.ownRate * decay;
        for (let f = 0; f <= rank; f++) own[f] = own[f]! - ownRate * (slope[f]! + l2 * own[f]!);
        const featureRate = pace.featureRate * decay;
        for (let f = rank + 1; f < own.length; f++) own[f] = own[f]! - featureRate * (slope[f]! + (l2 + 2 * pace.penalty) * own[f]!);
        tableScale = nextTable;
        personalScale = nextPersonal;
        decay *= batchDecay;
        lossSum += loss * n;
        lossCount += n;
      }
      const meanLoss = lossSum / lossCount;
      if (Math.abs(meanLoss - lastLoss) < tolerance * Math.abs(lastLoss)) break;
      lastLoss = meanLoss;
    }
    settle(table, tableScale);
    if (personal !== undefined) settle(personal, personalScale);
  };
}

/** Inner product of w with a row of single precision. */
function dotSingle(own: Float64Array, rows: Float32Array, at: number, length: number): number {
  let total = 0;
  for (let f = 0; f < length; f++) total += own[f]! * rows[at + f]!;
  return total;
}

/** The samples that `order` names as distinct rows. */
function gather(batch: Batch, { items, chosen }: Samples, order: Int32Array, placeOf: Int32Array): void {
  const { rows, times, labels } = batch;
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
    placeOf[item] = ++distinct;
  }
  for (let at = 0; at < distinct; at++) placeOf[rows[at]!] = 0;
  batch.distinct = distinct;
  batch.samples = order.length;
}

/** Puts the factor that decay has left into the rows, and cuts what has no bound. */
function settle(rows: Float64Array | Float32Array, scale: number): void {
  for (let at = 0; at < rows.length; at++) {
    const value = scale * rows[at]!;
    rows[at] = value > tableLimit ? tableLimit : value < -tableLimit ? -tableLimit : Number.isNaN(value) ? 0 : value;
  }
}
