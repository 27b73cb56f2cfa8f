/** Logistic regression with a ridge, by Newton's steps: what attackers learn with. Imports math. */
import { addDiagonal, addOuter, addScaled, dot, packedSize, solveInPlace } from "../../shared/math/linear.ts";

/** A learned scorer: the log odds of a row of features. */
export type LogOdds = (features: Float64Array, at: number) => number;

/**
 * Learns which rows are ones.
 *
 * @param rows [n x width] features, row-major, finite
 * @param labels [n] 1 or 0
 * @param ridge penalty of a squared weight of a standardized feature, in rows
 * @returns log odds for `width` features from a place on; the share of ones alone where nothing can be learned
 */
export function learnLogOdds(rows: Float64Array, labels: Uint8Array, width: number, ridge = 1): LogOdds {
  const n = labels.length;
  const { means, scales } = spreadOf(rows, n, width);
  const order = width + 1;
  const standard = new Float64Array(n * order);
  for (let row = 0; row < n; row++) {
    for (let f = 0; f < width; f++) standard[row * order + f] = standardized(rows[row * width + f]!, means[f]!, scales[f]!);
    standard[row * order + width] = 1;
  }
  const weights = new Float64Array(order);
  for (let step = 0; step < 30; step++) {
    const hessian = new Float64Array(packedSize(order));
    const slope = new Float64Array(order);
    for (let row = 0; row < n; row++) {
      const chance = 1 / (1 + Math.exp(-dot(weights, 0, standard, row * order, order)));
      addOuter(hessian, 0, Math.max(1e-6, chance * (1 - chance)), standard, row * order, order);
      addScaled(slope, 0, labels[row]! - chance, standard, row * order, order);
    }
    addScaled(slope, 0, -ridge, weights, 0, order);
    addDiagonal(hessian, 0, order, ridge);
    if (!solveInPlace(hessian, 0, slope, 0, order)) break;
    addScaled(weights, 0, 1, slope, 0, order);
    if (dot(slope, 0, slope, 0, order) < 1e-12) break;
  }
  return (features, at) => {
    let sum = weights[width]!;
    for (let f = 0; f < width; f++) sum += weights[f]! * standardized(features[at + f]!, means[f]!, scales[f]!);
    return sum;
  };
}

/** Within eight deviations: no row alone decides. */
function standardized(value: number, mean: number, scale: number): number {
  return scale > 0 ? Math.max(-8, Math.min(8, (value - mean) / scale)) : 0;
}

function spreadOf(rows: Float64Array, n: number, width: number): { readonly means: Float64Array; readonly scales: Float64Array } {
  const means = new Float64Array(width);
  const scales = new Float64Array(width);
  for (let f = 0; f < width; f++) {
    for (let row = 0; row < n; row++) means[f]! += rows[row * width + f]! / n;
    for (let row = 0; row < n; row++) scales[f]! += (rows[row * width + f]! - means[f]!) ** 2 / n;
    // What never varies has a spread of rounding errors.
    scales[f] = scales[f]! > 1e-18 * means[f]! ** 2 ? Math.sqrt(scales[f]!) : 0;
  }
  return { means, scales };
}
