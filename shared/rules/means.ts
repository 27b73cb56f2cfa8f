/**
 * What rules have in common: the groups' means, their lengths and distances, and the sum of a weighted mean. Imports the seam.
 * The loops run over flat arrays and allocate nothing in them.
 */
import type { GroupSum } from "./rule.ts";

/** The mean contribution of every group; of a group of one, its values themselves: not to be written to. */
export function meansOf(groups: readonly GroupSum[]): Float64Array[] {
  return groups.map(({ values, count }) => {
    if (count === 1) return values;
    const mean = new Float64Array(values.length);
    for (let i = 0; i < mean.length; i++) mean[i] = values[i]! / count;
    return mean;
  });
}

/** How many contributions the groups hold together. */
export function totalOf(groups: readonly GroupSum[]): number {
  return groups.reduce((total, { count }) => total + count, 0);
}

/** Each group's share of all contributions. */
export function sharesOf(groups: readonly GroupSum[]): Float64Array {
  const total = totalOf(groups);
  return Float64Array.from(groups, ({ count }) => count / total);
}

/** out += scale x source. */
export function addTimes(out: Float64Array, scale: number, source: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = out[i]! + scale * source[i]!;
}

/** The means weighted: sum of weight x mean. Means of weight 0 are not looked at. */
export function weighted(means: readonly Float64Array[], weights: Float64Array): Float64Array {
  const out = new Float64Array(means[0]!.length);
  for (let group = 0; group < means.length; group++) if (weights[group] !== 0) addTimes(out, weights[group]!, means[group]!);
  return out;
}

/** The mean of the chosen groups, each by its number of contributions. @param chosen indexes, at least one */
export function meanOfChosen(groups: readonly GroupSum[], means: readonly Float64Array[], chosen: readonly number[]): Float64Array {
  const weights = new Float64Array(groups.length);
  let total = 0;
  for (const group of chosen) total += groups[group]!.count;
  for (const group of chosen) weights[group] = groups[group]!.count / total;
  return weighted(means, weights);
}

/** A mean as the sum that models expect: times the number of all contributions. It writes to `mean`. */
export function asSum(mean: Float64Array, groups: readonly GroupSum[]): GroupSum {
  const count = totalOf(groups);
  for (let i = 0; i < mean.length; i++) mean[i] = mean[i]! * count;
  return { values: mean, count };
}

/** Length of a vector. */
export function normOf(vector: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  return Math.sqrt(squares);
}

/** Distance of two vectors. */
export function distanceOf(a: Float64Array, b: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    squares += difference * difference;
  }
  return Math.sqrt(squares);
}

/** The lower median of numbers: with a majority of honest ones it is at most one of theirs. @param values at least one, none NaN */
export function lowerMedian(values: Float64Array): number {
  const sorted = values.slice().sort();
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

/**
 * The center moved by the weighted mean of what leads to each mean, none of it longer than `reach`.
 * @param reach by default the lower median of the distances: an honest one's, while they are the majority
 */
export function clippedStep(means: readonly Float64Array[], shares: Float64Array, center: Float64Array, reach?: number): Float64Array {
  const distances = Float64Array.from(means, (mean) => distanceOf(mean, center));
  const radius = reach ?? lowerMedian(distances);
  const next = center.slice();
  for (let group = 0; group < means.length; group++) {
    const scale = shares[group]! * (distances[group]! > radius ? radius / distances[group]! : 1);
    addTimes(next, scale, means[group]!);
    addTimes(next, -scale, center);
  }
  return next;
}
