/**
 * The device's half of the feature ridge: a person's posterior over tastes, and the vector of norm at most 1 that leaves the device.
 * Imports math, feature-ridge-layout.ts.
 *
 * Source: Bishop 2006, Pattern Recognition and Machine Learning, section 3.3 (posterior of a linear regression)
 */
import { invertPacked } from "../math/definite.ts";
import { addOuter, addScaled, dot, solveInPlace } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import type { RidgeLayout, RidgeTensors } from "./feature-ridge-layout.ts";
import { tensorOf } from "./model.ts";

/** A published vector opened: its tensors, and what is made from them once. */
export interface OpenRidge extends RidgeTensors {
  /** [packed] the inverse of `covariance`. */
  readonly precision: Float64Array;
}

/** What a person's ratings say of their tastes. */
export interface TastePosterior {
  /** [order] its mean over the prior's. */
  readonly shift: Float64Array;
  /** [order] its mean. */
  readonly mean: Float64Array;
  /** [packed] its inverse covariance. */
  readonly precision: Float64Array;
}

/** Deviation from the prior, in prior units, beyond which a person's moments are cut; those of most people are shorter. */
export const momentClip = 12;

/** The posterior of a person's tastes under the published prior: the prior itself without ratings. Cost: n order^2 + order^3. */
export function posteriorOf({ settings, order }: RidgeLayout, open: OpenRidge, { items, values }: UserRatings): TastePosterior {
  const precision = open.precision.slice();
  const shift = new Float64Array(order);
  for (let index = 0; index < items.length; index++) {
    const at = items[index]! * order;
    const rest = values[index]! - open.itemBias[items[index]!]! - dot(open.mean, 0, open.rows, at, order);
    addOuter(precision, 0, 1 / settings.noiseVariance, open.rows, at, order);
    addScaled(shift, 0, rest / settings.noiseVariance, open.rows, at, order);
  }
  // Positive definite but for rounding; then nothing personal is known.
  if (!solveInPlace(precision.slice(), 0, shift, 0, order)) shift.fill(0);
  return { precision, shift, mean: shift.map((value, f) => value + open.mean[f]!) };
}

/** Writes the contribution of a person with ratings into `out`, which holds zeros. */
export function writeContribution(
  layout: RidgeLayout,
  open: OpenRidge,
  ratings: UserRatings,
  posterior: TastePosterior,
  out: Float64Array,
): void {
  const { order, packed } = layout;
  writeMoments(layout, open.covariance, posterior, out.subarray(0, order + packed));
  writeResiduals(layout, ratings, out, (item) => open.itemBias[item]! + dot(posterior.mean, 0, open.rows, item * order, order));
}

/**
 * The first two tensors, in prior units: twice the posterior's mean over the prior's; and the posterior's second moment about the prior's
 * mean over the prior's covariance, off the diagonal times the root of 2, so that the norm is that of the whole matrix.
 */
function writeMoments({ order, scale, settings }: RidgeLayout, prior: Float64Array, own: TastePosterior, out: Float64Array): void {
  const { shift } = own;
  const covariance = invertPacked(own.precision, order) ?? prior;
  for (let f = 0; f < order; f++) out[f] = (2 * shift[f]!) / scale[f]!;
  for (let f = 0, cell = 0; f < order; f++) {
    for (let g = 0; g <= f; g++, cell++) {
      const over = (shift[f]! * shift[g]! + covariance[cell]! - prior[cell]!) / (scale[f]! * scale[g]!);
      out[order + cell] = f === g ? over : Math.SQRT2 * over;
    }
  }
  const norm = Math.sqrt(dot(out, 0, out, 0, out.length));
  const factor = settings.momentShare / Math.max(momentClip, norm);
  for (let at = 0; at < out.length; at++) out[at] = factor * out[at]!;
}

/** The last two tensors: weighted residuals, and weights times `countScale`; one weight for all of a person's items. */
function writeResiduals(
  { settings, parameters }: RidgeLayout,
  { items, values }: UserRatings,
  out: Float64Array,
  predict: (item: number) => number,
): void {
  const { residualClip, countScale, maxWeight, momentShare } = settings;
  const residuals = tensorOf(out, parameters.contribution, "itemResidual");
  const weights = tensorOf(out, parameters.contribution, "itemWeight");
  let square = items.length * countScale * countScale;
  for (let index = 0; index < items.length; index++) {
    const residual = Math.min(residualClip, Math.max(-residualClip, values[index]! - predict(items[index]!)));
    residuals[items[index]!] = residual;
    square += residual * residual;
  }
  const weight = Math.min(maxWeight, Math.sqrt((1 - momentShare ** 2) / square));
  for (const item of items) {
    residuals[item] = weight * residuals[item]!;
    weights[item] = weight * countScale;
  }
}
