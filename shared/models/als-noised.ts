/**
 * Explicit alternating least squares fit for noise: contributions of bounded entries, and item rows from noised sums. May import math.
 *
 * Bounded, a rated item's contribution is s z z' and e z, with z = (p, 1), the norm of p cut to `factor`, e what the model leaves of the
 * rating cut to +-`residual`, and s `gramScale`, or `countScale` for the entry that counts. Clips scale a person's contribution as a whole,
 * which weighs the person: both sides of the normal equations alike.
 *
 * A round's prior for a row: its factors have mean `memory` times those that stand (nothing in round 1 but public features) and a variance
 * that tends to `rowStddev` squared; its bias has what earlier rounds say, moved by a regression of all biases on log popularity
 * and on factors that began with public features.
 *
 * Source: Chien et al. 2021, https://arxiv.org/abs/2107.09802
 */
import * as v from "valibot";
import { addDiagonal, addOuter, addScaled, dot, multiplyPacked, packedSize, solveInPlace } from "../math/linear.ts";
import { type Aggregate, type ModelShape, type ModelState, type ParameterSpec, tensorOf } from "./model.ts";
import { boundNorm, estimateCounts, gramScales, meanGram, moveRow, shrinkGram } from "./noised-rows.ts";
import { nonNegative, positive } from "./options.ts";
import { ratingSpan } from "./range.ts";

/** How contributions are bounded and noised sums are read. Ratings and biases in rating units. */
export interface AlsNoisedOptions {
  /** Greatest residual. */
  readonly residual: number;
  /** Greatest norm of a person's factors in a contribution. */
  readonly factor: number;
  /** What z z' is multiplied with: how much of a contribution's norm it takes beside a residual of 1. */
  readonly gramScale: number;
  /** Likewise the 1 of a rating. */
  readonly countScale: number;
  /** Of a factor of an item of mean popularity, before anything is known. */
  readonly rowStddev: number;
  /** The variance of factors is divided by the relative popularity to this power. */
  readonly countExponent: number;
  /** Of an item's bias beside what popularity and public features say. */
  readonly biasStddev: number;
  /** Of a rating, given its prediction. */
  readonly ratingVariance: number;
  /** How much of a factor lasts to the next round: 0 begins every round anew. */
  readonly memory: number;
  /** Standard deviation of the public features' first component, where the items have features: factors begin with their components; 0 draws. */
  readonly featureStddev: number;
}

/** The options of `AlsNoisedOptions`. */
export const alsNoisedOptions: v.GenericSchema<unknown, AlsNoisedOptions> = v.strictObject({
  residual: positive(2),
  factor: positive(2),
  gramScale: positive(0.15),
  countScale: positive(0.4),
  rowStddev: positive(0.2),
  countExponent: nonNegative(0),
  biasStddev: positive(0.25),
  ratingVariance: positive(0.8),
  memory: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.9),
  featureStddev: nonNegative(0.5),
});

/** What the two halves depend on. */
export interface NoisedAls {
  readonly options: AlsNoisedOptions;
  readonly items: number;
  readonly rank: number;
  /** Whether contributions are bounded and scaled, and rounds remember: else they are those of the exact algorithm. */
  readonly isBounded: boolean;
  /** [packed] what the cells of z z' are multiplied with. */
  readonly scales: Float64Array;
  /** How far a rating can be from a prediction: no row may say more. */
  readonly span: number;
  /** So many factors begin with public features. */
  readonly publicFactors: number;
}

/** Both halves' setting. @param written none where contributions are those of the exact algorithm */
export function createNoisedAls(written: AlsNoisedOptions | undefined, rank: number, shape: ModelShape): NoisedAls {
  const { items } = shape;
  const order = rank + 1;
  const span = ratingSpan(shape);
  if (written === undefined) {
    const options = { ...v.parse(alsNoisedOptions, {}), gramScale: 1, countScale: 1, memory: 0 };
    return { options, items, rank, isBounded: false, scales: new Float64Array(packedSize(order)).fill(1), span, publicFactors: 0 };
  }
  const scales = gramScales(order, written.gramScale);
  scales[scales.length - 1] = written.countScale;
  const publicFactors = written.featureStddev > 0 ? Math.min(rank, shape.itemFeatures?.count ?? 0) : 0;
  return { options: written, items, rank, isBounded: true, scales, span, publicFactors };
}

/** What the server keeps between rounds of bounded contributions: variances of rows, and counts with their precision, over all rounds. */
export function noisedState({ items, rank, isBounded }: NoisedAls): ParameterSpec {
  if (!isBounded) return [];
  return [
    { name: "rowVariance", shape: [items, rank + 1] },
    { name: "countSum", shape: [items] },
    { name: "countPrecision", shape: [1] },
  ];
}

/** The greatest entry of a bounded contribution. */
export function greatestEntry({ residual, factor, gramScale, countScale }: AlsNoisedOptions): number {
  return Math.max(residual * Math.max(1, factor), gramScale * Math.SQRT2 * Math.max(factor, factor ** 2), countScale);
}

/** What is left of a rating, cut. @param rest rating less mean and the person's bias; `at` the item's row */
export function boundResidual(
  { options, rank }: NoisedAls,
  rest: number,
  feature: Float64Array,
  itemSide: Float64Array,
  at: number,
): number {
  const residual = rest - dot(feature, 0, itemSide, at, rank + 1);
  return Math.min(options.residual, Math.max(-options.residual, residual));
}

/** The next state from a noised sum. */
export function advanceNoisedAls(als: NoisedAls, current: ModelState, aggregate: Aggregate): ModelState {
  const { items, rank, options, scales, isBounded } = als;
  const order = rank + 1;
  const packed = scales.length;
  // Where noise is none, next to none: estimates are the ridge's up to rounding.
  const stddev = Math.max(1e-4, aggregate.noiseStddev ?? 0);
  const state = current.state.slice();
  const shared = current.shared.slice();
  const grams = aggregate.values.slice(0, items * packed);
  for (let at = 0; at < grams.length; at++) grams[at] = grams[at]! / scales[at % packed]!;
  const counts = countItems(als, state, grams, stddev / options.countScale, aggregate.count);
  for (let item = 0; item < items; item++) grams[(item + 1) * packed - 1] = counts[item]!;
  const variances = scales.map((scale, cell) => (cell === packed - 1 ? 0 : (stddev / scale) ** 2));
  const noised = { order, grams, variances, counts };
  const mean = meanGram(noised, isBounded ? options.factor ** 2 + 1 : Number.POSITIVE_INFINITY);
  const variance = isBounded ? tensorOf(state, noisedState(als), "rowVariance") : new Float64Array(items * order);
  const memory = setPriors(als, counts, variance, current.round === 0);

  // Each row to its prior's mean, each target to what is left there.
  const targets = aggregate.values.slice(items * packed);
  const matrices = Array.from(counts, (_, item) => shrinkGram(noised, mean, item));
  const moved = new Float64Array(order);
  const product = new Float64Array(order);
  for (const [item, matrix] of matrices.entries()) {
    const at = item * order;
    for (let f = 0; f < order; f++) {
      const standing = shared[at + f]!;
      const isKept = isBounded && (f === rank || (current.round === 0 && f < als.publicFactors));
      shared[at + f] = isKept ? standing : f === rank ? 0 : memory * standing;
      // Exact contributions are about a row of zeros, bounded ones about the row that stands.
      moved[f] = shared[at + f]! - (isBounded ? standing : 0);
    }
    multiplyPacked(matrix, 0, moved, product, order);
    addScaled(targets, at, -1, product, 0, order);
  }
  const common = regressBiases(als, counts, shared, { targets, variance, stddev });
  const shift = new Float64Array(order);
  for (const [item, matrix] of matrices.entries()) {
    const at = item * order;
    shift[rank] = common[item]!;
    multiplyPacked(matrix, 0, shift, product, order);
    const target = targets.subarray(at, at + order);
    addScaled(target, 0, -1, product, 0, order);
    const move = moveRow(matrix, target, variance.subarray(at, at + order), options.ratingVariance, stddev * stddev);
    addScaled(shared, at, 1, move, 0, order);
    shared[at + rank] = Math.min(als.span, Math.max(-als.span, shared[at + rank]! + common[item]!));
    boundNorm(shared, at, rank, als.span / options.factor);
  }
  return { shared, state, round: current.round + 1 };
}

/** Weights of items, by all rounds so far. */
function countItems(als: NoisedAls, state: Float64Array, grams: Float64Array, stddev: number, most: number): Float64Array {
  const packed = als.scales.length;
  const counts = Float64Array.from({ length: als.items }, (_, item) => grams[(item + 1) * packed - 1]!);
  if (!als.isBounded) return estimateCounts(counts, stddev, most);
  const sums = tensorOf(state, noisedState(als), "countSum");
  const precision = tensorOf(state, noisedState(als), "countPrecision");
  addScaled(sums, 0, 1 / (stddev * stddev), counts, 0, als.items);
  precision[0] = precision[0]! + 1 / (stddev * stddev);
  return estimateCounts(
    sums.map((sum) => sum / precision[0]!),
    1 / Math.sqrt(precision[0]),
    most,
  );
}

/** Turns variances after a round to those before the next. @returns how much of a factor lasts */
function setPriors({ options, items, rank, isBounded }: NoisedAls, counts: Float64Array, variance: Float64Array, isFirst: boolean): number {
  const { rowStddev, biasStddev, countExponent } = options;
  const memory = isFirst || !isBounded ? 0 : options.memory;
  const mean = counts.reduce((sum, count) => sum + count, 0) / items;
  for (let item = 0; item < items; item++) {
    const at = item * (rank + 1);
    const lasting = rowStddev ** 2 * ((counts[item]! + 1) / (mean + 1)) ** -countExponent;
    for (let f = at; f < at + rank; f++) variance[f] = memory ** 2 * variance[f]! + (1 - memory ** 2) * lasting;
    if (isFirst || !isBounded) variance[at + rank] = biasStddev ** 2;
  }
  return memory;
}

/**
 * What biases have in common beside those that stand: [items] a weighted regression of what is left of them on log popularity and on
 * factors that began with public features.
 */
function regressBiases(als: NoisedAls, counts: Float64Array, rows: Float64Array, systems: BiasSystems): Float64Array {
  const { options, items, rank, publicFactors } = als;
  const { targets, variance, stddev } = systems;
  const order = rank + 1;
  const popularity = counts.map((count) => Math.log(count + 0.3));
  const mean = popularity.reduce((sum, value) => sum + value, 0) / items;
  const width = 2 + publicFactors;
  const row = new Float64Array(width).fill(1);
  const fill = (item: number): void => {
    row[1] = popularity[item]! - mean;
    row.set(rows.subarray(item * order, item * order + publicFactors), 2);
  };
  const normal = new Float64Array(packedSize(width));
  // Each coefficient is taken to be of the order of a rating unit.
  addDiagonal(normal, 0, width, 1);
  const coefficients = new Float64Array(width);
  for (let item = 0; item < items; item++) {
    const last = item * order + rank;
    const count = counts[item]!;
    const precision = 1 / (variance[last]! + options.ratingVariance / count + (stddev / count) ** 2);
    fill(item);
    addOuter(normal, 0, precision, row, 0, width);
    addScaled(coefficients, 0, (precision * targets[last]!) / count, row, 0, width);
  }
  if (!solveInPlace(normal, 0, coefficients, 0, width)) coefficients.fill(0);
  return popularity.map((_, item) => {
    fill(item);
    return dot(row, 0, coefficients, 0, width);
  });
}

/** What a regression of biases rests on. */
interface BiasSystems {
  /** [items x order] sums of what is left to explain. */
  readonly targets: Float64Array;
  /** [items x order] of rows, before the round. */
  readonly variance: Float64Array;
  /** Of the noise. */
  readonly stddev: number;
}
