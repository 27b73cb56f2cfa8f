/**
 * Hierarchical ridge regression over public item features, made for differential privacy: a person's tastes over the features are
 * fitted on the device with all of its ratings; what leaves it is a vector of norm at most 1, of which few noised sums teach the
 * prior of tastes and one bias an item. May import math, random, registry.
 *
 * Model: r = bias_i + x_i.t_u + noise of variance s2; x_i = (1, public features, popularity, quality), where the last two are made
 * from the sums, so that a person can like the obscure; t_u ~ N(m, S); bias_i ~ N(regression on public features and popularity, v).
 * Contribution (meaning of its tensors): for the prior, what the posterior of t_u has over it, in prior units, with norm at most
 * `momentShare`; for the items, residuals r - bias_i - x_i.t_u and the weights that they were given, with norm at most the rest.
 * How many devices rated an item is estimated from the weights: nothing about a person leaves outside of the bounded vector.
 *
 * Privacy: the norm bound holds by construction for any ratings, so that clipping at 1 changes nothing. Every constant is public;
 * `globalMean` is not read, since the mean of ratings is not.
 * Source: public features in private factorization, Curmei et al. 2023, https://arxiv.org/abs/2309.11516; noised sufficient
 * statistics, Foulds et al. 2016, https://arxiv.org/abs/1603.07294; hierarchical regression for preferences, Ansari et al. 2000,
 * https://doi.org/10.1509/jmkr.37.3.363.18779
 */
import * as v from "valibot";
import { invertPacked } from "../math/definite.ts";
import { addOuter, addScaled, dot, packedSize, solveInPlace } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import { advanceFeatureRidge } from "./feature-ridge-advance.ts";
import { createRidgeLayout, type RidgeLayout, type RidgeSettings, readRidge } from "./feature-ridge-layout.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { nonNegative, positive } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor } from "./range.ts";

/** Options of the feature ridge. */
export interface FeatureRidgeOptions extends RidgeSettings {
  readonly kind: "feature-ridge";
}

/** The definition of the feature ridge. */
export const featureRidge: ModelDefinition<FeatureRidgeOptions> = {
  kind: "feature-ridge",
  summary: "Explicit ratings; tastes over public item features fitted on the device, priors and item biases from bounded sums.",
  source: "Curmei et al. 2023, https://arxiv.org/abs/2309.11516",
  options: v.strictObject({
    kind: v.literal("feature-ridge"),
    noiseVariance: positive(0.7),
    biasStddev: positive(0.45),
    tasteStddev: positive(0.25),
    derivedStddev: positive(0.1),
    itemVariance: positive(0.12),
    itemL2: positive(5),
    momentShare: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(0.99)), 0.35),
    momentClip: positive(12),
    residualClip: positive(2),
    countScale: positive(0.5),
    maxWeight: positive(0.25),
    activity: nonNegative(100),
  }),
  rounds: 4,
  range: () => rangeFor(1, 22),
  create: (options, shape) => createFeatureRidge(options, shape),
};

/** A published vector opened: its tensors, and what is made from them once. */
interface OpenRidge {
  readonly rows: Float64Array;
  readonly itemBias: Float64Array;
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  readonly precision: Float64Array;
}

function createFeatureRidge(settings: FeatureRidgeOptions, shape: ModelShape): Model<OpenRidge> {
  const layout = createRidgeLayout(settings, shape);
  const { items, order, packed } = layout;
  const [least, greatest] = shape.ratingRange ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

  /** The posterior precision and mean of a person's tastes. */
  function posteriorOf(open: OpenRidge, { items: rated, values }: UserRatings) {
    const precision = open.precision.slice();
    const shift = new Float64Array(order);
    for (let index = 0; index < rated.length; index++) {
      const at = rated[index]! * order;
      const rest = values[index]! - open.itemBias[rated[index]!]! - dot(open.mean, 0, open.rows, at, order);
      addOuter(precision, 0, 1 / settings.noiseVariance, open.rows, at, order);
      addScaled(shift, 0, rest / settings.noiseVariance, open.rows, at, order);
    }
    // Positive definite but for rounding; then nothing personal is known.
    if (!solveInPlace(precision.slice(), 0, shift, 0, order)) shift.fill(0);
    return { precision, shift, own: shift.map((value, f) => value + open.mean[f]!) };
  }

  return {
    kind: "feature-ridge",
    objective: "rating",
    parameters: layout.parameters,
    initialize: () => ({ shared: layout.initialShared(), state: layout.initialState(), round: 0 }),
    open(shared) {
      const { rows, itemBias, mean, covariance } = readRidge(layout, shared);
      // A published prior is positive definite, the server sees to it; a hostile one teaches nothing of a person.
      const precision = invertPacked(covariance, order) ?? invertPacked(layout.initialCovariance, order)!;
      return { rows, itemBias, mean, covariance, precision };
    },
    createPrivate: () => new PrivatePart(new Float64Array(order)),
    fit: (open, _initial, ratings) => new PrivatePart(posteriorOf(open, ratings).own),
    contribute(open, _initial, ratings, _rng, out) {
      out.fill(0, 0, layout.contributionSize);
      if (ratings.items.length === 0) return { weight: 1, private: new PrivatePart(open.mean.slice()) };
      const { precision, shift, own } = posteriorOf(open, ratings);
      writeMoments(layout, out, shift, invertPacked(precision, order) ?? open.covariance, open.covariance);
      writeResiduals(settings, out.subarray(order + packed), items, ratings, (item) => {
        return open.itemBias[item]! + dot(own, 0, open.rows, item * order, order);
      });
      return { weight: 1, private: new PrivatePart(own) };
    },
    advance: (current, aggregate) => advanceFeatureRidge(layout, current, aggregate),
    score(open, own, out, chosen) {
      const count = chosen?.length ?? items;
      for (let index = 0; index < count; index++) {
        const item = chosen?.[index] ?? index;
        const rating = open.itemBias[item]! + dot(own.values, 0, open.rows, item * order, order);
        out[index] = Math.min(greatest, Math.max(least, rating));
      }
    },
  };
}

/** The first two tensors: in prior units the posterior's mean over the prior's, and its second moment about the prior's mean likewise. */
function writeMoments(layout: RidgeLayout, out: Float64Array, shift: Float64Array, posterior: Float64Array, prior: Float64Array): void {
  const { order, packed, scale, settings } = layout;
  for (let f = 0; f < order; f++) out[f] = (2 * shift[f]!) / scale[f]!;
  for (let f = 0, cell = 0; f < order; f++) {
    for (let g = 0; g <= f; g++, cell++) {
      const over = (shift[f]! * shift[g]! + posterior[cell]! - prior[cell]!) / (scale[f]! * scale[g]!);
      out[order + cell] = f === g ? over : Math.SQRT2 * over;
    }
  }
  const size = order + packed;
  const norm = Math.sqrt(dot(out, 0, out, 0, size));
  const factor = settings.momentShare / Math.max(settings.momentClip, norm);
  for (let at = 0; at < size; at++) out[at] = factor * out[at]!;
}

/** The last two tensors, [2 x items]: weighted residuals, and weights times `countScale`; one weight for all of a person's items. */
function writeResiduals(
  settings: RidgeSettings,
  out: Float64Array,
  items: number,
  { items: rated, values }: UserRatings,
  predict: (item: number) => number,
): void {
  const { residualClip, countScale } = settings;
  let square = rated.length * countScale * countScale;
  for (let index = 0; index < rated.length; index++) {
    const rest = values[index]! - predict(rated[index]!);
    const clipped = Math.min(residualClip, Math.max(-residualClip, rest));
    out[rated[index]!] = clipped;
    square += clipped * clipped;
  }
  const share = Math.sqrt(1 - settings.momentShare ** 2);
  const weight = Math.min(settings.maxWeight, share / Math.sqrt(square));
  for (let index = 0; index < rated.length; index++) {
    const item = rated[index]!;
    out[item] = weight * out[item]!;
    out[items + item] = weight * countScale;
  }
}
