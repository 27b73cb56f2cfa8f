/**
 * Hierarchical ridge regression over public item features, made for differential privacy: a person's tastes over the features are
 * fitted on the device with all of its ratings; what leaves it is a vector of norm at most 1, of which few noised sums teach the
 * prior of tastes and one bias an item. May import math, random, registry.
 *
 * Model: r = bias_i + x_i.t_u + noise of variance s2; x_i = (1, public features, popularity, quality), where the last two are made
 * from the sums, so that a person can like the obscure; t_u ~ N(m, S); bias_i ~ N(regression on public features and popularity, v).
 * Without public features the rest of it works as it is.
 * Contribution (meaning of its tensors): for the prior, what the posterior of t_u has over it, in prior units, with norm at most
 * `momentShare`; for the items, residuals r - bias_i - x_i.t_u and the weights that they were given, with norm at most the rest.
 * How many devices rated an item is estimated from the weights: nothing about a person leaves outside of the bounded vector.
 *
 * Privacy: the norm bound holds by construction for any ratings whose squares are finite, so that clipping at 1 changes nothing. Every
 * constant is public; `globalMean` is not read, since the mean of ratings is not.
 * Source: public features in private factorization, Curmei et al. 2023, https://arxiv.org/abs/2309.11516; noised sufficient
 * statistics, Foulds et al. 2016, https://arxiv.org/abs/1603.07294; hierarchical regression for preferences, Ansari et al. 2000,
 * https://doi.org/10.1509/jmkr.37.3.363.18779
 */
import * as v from "valibot";
import { invertPacked } from "../math/definite.ts";
import { dot } from "../math/linear.ts";
import { advanceFeatureRidge } from "./feature-ridge-advance.ts";
import { type OpenRidge, posteriorOf, writeContribution } from "./feature-ridge-contribution.ts";
import { createRidgeLayout, type RidgeSettings, readRidge } from "./feature-ridge-layout.ts";
import { type Model, type ModelDefinition, type ModelShape, sizeOf } from "./model.ts";
import { positive } from "./options.ts";
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
    noiseVariance: positive(0.8),
    biasStddev: positive(0.45),
    tasteStddev: positive(0.15),
    derivedStddev: positive(0.1),
    itemVariance: positive(0.12),
    momentShare: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(0.99)), 0.25),
    residualClip: positive(2),
    countScale: positive(0.5),
    maxWeight: positive(0.25),
  }),
  rounds: 4,
  range: () => rangeFor(1, 22),
  create: (options, shape) => createFeatureRidge(options, shape),
};

function createFeatureRidge(settings: FeatureRidgeOptions, shape: ModelShape): Model<OpenRidge> {
  const layout = createRidgeLayout(settings, shape);
  const { items, order, parameters, initialCovariance } = layout;
  const contributionSize = sizeOf(parameters.contribution);
  const [least, greatest] = shape.ratingRange ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

  return {
    kind: "feature-ridge",
    objective: "rating",
    parameters,
    initialize: () => ({ shared: layout.initialShared(), state: new Float64Array(sizeOf(parameters.state)), round: 0 }),
    open(shared) {
      const tensors = readRidge(layout, shared);
      // A published prior is positive definite, the server sees to it; a hostile one teaches nothing of a person.
      const precision = invertPacked(tensors.covariance, order) ?? invertPacked(initialCovariance, order)!;
      return { ...tensors, precision };
    },
    createPrivate: () => new PrivatePart(new Float64Array(order)),
    fit: (open, _initial, ratings) => new PrivatePart(posteriorOf(layout, open, ratings).mean),
    contribute(open, _initial, ratings, _rng, out) {
      const posterior = posteriorOf(layout, open, ratings);
      out.fill(0, 0, contributionSize);
      if (ratings.items.length > 0) writeContribution(layout, open, ratings, posterior, out);
      return { weight: 1, private: new PrivatePart(posterior.mean) };
    },
    advance: (current, aggregate) => advanceFeatureRidge(layout, current, aggregate),
    // What is behind the 1 that every row begins with.
    itemVectors: ({ rows }) => ({ values: rows.subarray(1), length: order - 1, stride: order }),
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
