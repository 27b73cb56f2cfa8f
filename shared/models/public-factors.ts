/**
 * Item factors to begin with where the items have public features: their principal components. Public facts cost no privacy. Imports math, item-features.ts.
 *
 * Source: public features in private factorization, Curmei et al. 2023, https://arxiv.org/abs/2309.11516
 */
import { eigenOf } from "../math/definite.ts";
import { addOuter, addScaled, dot, packedSize } from "../math/linear.ts";
import { knownFeatures } from "./item-features.ts";
import type { ModelShape } from "./model.ts";

/**
 * Writes the first components of the items' features over the first factors of rows, as many as there are of both.
 *
 * @param rows [items x width], of which the first `rank` of a row are factors
 * @param stddev of the first component; the others have theirs in proportion
 * @throws CofactorError CONFIG_INVALID without the values of the items' features
 */
export function writePublicFactors(rows: Float64Array, shape: ModelShape, rank: number, width: number, stddev: number): void {
  const { items } = shape;
  const features = knownFeatures(shape);
  if (features === undefined) return;
  const { count, values } = features;
  const centered = values.slice();
  const mean = new Float64Array(count);
  const covariance = new Float64Array(packedSize(count));
  for (let item = 0; item < items; item++) addScaled(mean, 0, 1 / items, values, item * count, count);
  for (let item = 0; item < items; item++) {
    addScaled(centered, item * count, -1, mean, 0, count);
    addOuter(covariance, 0, 1 / items, centered, item * count, count);
  }
  const { values: variances, vectors } = eigenOf(covariance, count);
  const order = [...variances.keys()].sort((a, b) => variances[b]! - variances[a]! || a - b).slice(0, rank);
  const unit = stddev / Math.sqrt(Math.max(Number.MIN_VALUE, variances[order[0]!]!));
  const axis = new Float64Array(count);
  for (const [factor, column] of order.entries()) {
    for (let f = 0; f < count; f++) axis[f] = vectors[f * count + column]!;
    for (let item = 0; item < items; item++) rows[item * width + factor] = unit * dot(axis, 0, centered, item * count, count);
  }
}
