/**
 * The server's half of the feature ridge: from noised sums to priors and biases, by empirical Bayes with the noise's known variance.
 * All of it computes from sums that are released already, so none of it costs privacy. Imports math, feature-ridge-layout.ts.
 *
 * Source: Efron and Morris 1973, https://doi.org/10.1080/01621459.1973.10481350 (shrinking towards a fitted prior)
 */
import { invertPacked, nearestDefinite } from "../math/definite.ts";
import { addOuter, addScaled, dot, packedSize, solveInPlace } from "../math/linear.ts";
import { truncatedNormalMean } from "../math/truncated-normal.ts";
import { momentClip } from "./feature-ridge-contribution.ts";
import { type RidgeLayout, type RidgeTensors, readRidge } from "./feature-ridge-layout.ts";
import { type Aggregate, type ModelState, tensorOf } from "./model.ts";

/** Taken as the noise where there is less: precisions stay finite. */
const leastNoise = 1e-3;
/** Least eigenvalue of the prior of tastes, in squared rating units. */
const leastVariance = 1e-4;
/** About how many ratings a person has, which turns sums of weights to numbers of ratings; half or twice as many change little. */
const activity = 100;
/** Added to a sum of weights before its logarithm: about one rating. */
const leastWeight = 0.3;

/** The next state from a cohort's sum. */
export function advanceFeatureRidge(layout: RidgeLayout, current: ModelState, aggregate: Aggregate): ModelState {
  const shared = current.shared.slice();
  const state = current.state.slice();
  const tensors = readRidge(layout, shared);
  learnTastes(layout, tensors, aggregate);
  const evidence = accumulate(layout, tensors.itemBias, state, aggregate);
  const popularity = evidence.weight.map((weight) => Math.log(weight + leastWeight));
  learnBiases(layout, tensors, evidence, popularity);
  deriveFeatures(layout, tensors, evidence.weight, popularity);
  return { shared, state, round: current.round + 1 };
}

/** Moves the prior's mean and covariance by the mean over people of how they differ from it. */
function learnTastes({ settings, order, scale, parameters }: RidgeLayout, tensors: RidgeTensors, aggregate: Aggregate): void {
  const { values, count, noiseStddev = 0 } = aggregate;
  const unit = momentClip / (settings.momentShare * count);
  const shift = tensorOf(values, parameters.contribution, "tasteShift");
  for (let f = 0; f < order; f++) tensors.mean[f] = tensors.mean[f]! + (unit * scale[f]! * shift[f]!) / 2;

  const change = tensorOf(values, parameters.contribution, "covarianceShift");
  const kept = signalShares(change, order, noiseStddev);
  const covariance = tensors.covariance.slice();
  for (let f = 0, cell = 0; f < order; f++) {
    for (let g = 0; g <= f; g++, cell++) {
      const moved = f === g ? kept.diagonal * change[cell]! : (kept.rest * change[cell]!) / Math.SQRT2;
      covariance[cell] = covariance[cell]! + unit * scale[f]! * scale[g]! * moved;
    }
  }
  const next = nearestDefinite(covariance, order, leastVariance);
  if (invertPacked(next, order) !== undefined) tensors.covariance.set(next);
}

/** How much of the mean square of a packed matrix's diagonal, and of the rest, is not noise: what James and Stein would keep of them. */
function signalShares(packed: Float64Array, order: number, noiseStddev: number): { readonly diagonal: number; readonly rest: number } {
  const total = dot(packed, 0, packed, 0, packed.length);
  let diagonal = 0;
  for (let f = 0; f < order; f++) diagonal += packed[packedSize(f + 1) - 1]! ** 2;
  const share = (square: number, entries: number): number =>
    noiseStddev === 0 ? 1 : Math.max(0, 1 - (entries * noiseStddev * noiseStddev) / Math.max(square, Number.MIN_VALUE));
  return { diagonal: share(diagonal, order), rest: share(total - diagonal, packed.length - order) };
}

/** What the rounds so far say of items. */
interface Evidence {
  /** [items] sums of weights, estimated: positive. */
  readonly weight: Float64Array;
  /** [items] bias by the sums alone. */
  readonly bias: Float64Array;
  /** [items] its variance. */
  readonly variance: Float64Array;
}

/** Adds a round to the sums over rounds, and reads them: w sum of weights, b = residual / w + the bias that it was taken at. */
function accumulate(
  { settings, items, parameters }: RidgeLayout,
  taken: Float64Array,
  state: Float64Array,
  aggregate: Aggregate,
): Evidence {
  const noise = Math.max(leastNoise, aggregate.noiseStddev ?? 0);
  const precision = 1 / (noise * noise);
  const residuals = tensorOf(state, parameters.state, "residuals");
  const weights = tensorOf(state, parameters.state, "weights");
  const biases = tensorOf(state, parameters.state, "biases");
  const total = tensorOf(state, parameters.state, "precision");
  addScaled(residuals, 0, precision, tensorOf(aggregate.values, parameters.contribution, "itemResidual"), 0, items);
  addScaled(weights, 0, precision / settings.countScale, tensorOf(aggregate.values, parameters.contribution, "itemWeight"), 0, items);
  addScaled(biases, 0, precision, taken, 0, items);
  total[0] = total[0]! + precision;

  // Popularity falls off exponentially: under that prior a noised weight has a normal posterior, cut off at zero.
  const variance = 1 / (settings.countScale ** 2 * total[0]);
  const mean = Math.max(0.1, weights.reduce((sum, weight) => sum + weight, 0) / (items * total[0]));
  const weight = weights.map((sum) => Math.max(1e-6, truncatedNormalMean(sum / total[0]! - variance / mean, Math.sqrt(variance))));
  return {
    weight,
    bias: residuals.map((sum, item) => (sum / weight[item]! + biases[item]!) / total[0]!),
    variance: weight.map((w) => 1 / (w * w * total[0]!) + settings.noiseVariance / Math.max(leastWeight, w * Math.sqrt(activity))),
  };
}

/** Biases by their posterior under a prior that is a regression on public features and popularity. */
function learnBiases(layout: RidgeLayout, tensors: RidgeTensors, { bias, variance }: Evidence, popularity: Float64Array): void {
  const { settings, items, order, center } = layout;
  const { rows, itemBias } = tensors;
  // A regressor is an item's row without its derived features, and popularity.
  const width = order - 1;
  const row = new Float64Array(width);
  const fill = (item: number): void => {
    row.set(rows.subarray(item * order, item * order + width - 1));
    row[width - 1] = popularity[item]!;
  };
  const normal = new Float64Array(packedSize(width));
  const coefficients = new Float64Array(width);
  for (let f = 0; f < width; f++) normal[packedSize(f + 1) - 1] = f === 0 ? 1e-3 : f === width - 1 ? 1 : 1 / settings.biasStddev ** 2;
  for (let item = 0; item < items; item++) {
    fill(item);
    const precision = 1 / (variance[item]! + settings.itemVariance);
    addOuter(normal, 0, precision, row, 0, width);
    addScaled(coefficients, 0, precision * (bias[item]! - center), row, 0, width);
  }
  if (!solveInPlace(normal, 0, coefficients, 0, width)) coefficients.fill(0);
  for (let item = 0; item < items; item++) {
    fill(item);
    const prior = center + dot(row, 0, coefficients, 0, width);
    const trust = settings.itemVariance / (settings.itemVariance + variance[item]!);
    itemBias[item] = prior + trust * (bias[item]! - prior);
  }
}

/** Writes the derived features, each of mean 0 over ratings: popularity over its spread among items, quality over that among ratings. */
function deriveFeatures({ items, order }: RidgeLayout, tensors: RidgeTensors, weight: Float64Array, popularity: Float64Array): void {
  const { rows, itemBias } = tensors;
  const ones = new Float64Array(items).fill(1);
  const write = (at: number, values: Float64Array, spread: number): void => {
    const { mean } = momentsOf(values, weight);
    for (let item = 0; item < items; item++) rows[item * order + at] = (values[item]! - mean) / (spread || 1);
  };
  write(order - 2, popularity, momentsOf(popularity, ones).stddev);
  write(order - 1, itemBias, momentsOf(itemBias, weight).stddev);
}

/** Weighted mean and standard deviation. */
function momentsOf(values: Float64Array, weight: Float64Array): { readonly mean: number; readonly stddev: number } {
  const total = weight.reduce((sum, w) => sum + w, 0);
  const mean = dot(weight, 0, values, 0, values.length) / total;
  const square = values.reduce((sum, value, item) => sum + weight[item]! * (value - mean) ** 2, 0) / total;
  return { mean, stddev: Math.sqrt(square) };
}
