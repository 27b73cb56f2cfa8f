/** Popularity: everyone is shown what most people chose. Imports the seam and shared. */
import type { RatingMatrix } from "../../shared/math/ratings.ts";
import type { Baseline } from "./baseline.ts";

/** How many people chose each item: [items]. */
export function countChoices(training: RatingMatrix): Float64Array {
  const counts = new Float64Array(training.items);
  for (let at = 0; at < training.itemIndex.length; at++) {
    const item = training.itemIndex[at]!;
    counts[item] = counts[item]! + 1;
  }
  return counts;
}

/** The item's number of ratings in training, the same for everyone. Orders items; predicts no rating. */
export function popularity(training: RatingMatrix): Baseline {
  const counts = countChoices(training);
  return { name: "popularity", scores: () => counts.slice() };
}

/**
 * The item's mean training rating, drawn towards the mean of all by `strength` imaginary ratings: what popularity is to
 * predicted ratings. Edge cases: no ratings at all -> 0 for every item.
 */
export function itemMeans(training: RatingMatrix, strength = 5): Baseline {
  const total = training.values.length;
  const mean = total === 0 ? 0 : training.values.reduce((sum, value) => sum + value, 0) / total;
  const counts = countChoices(training);
  const means = new Float64Array(training.items).fill(strength * mean);
  for (let at = 0; at < total; at++) {
    const item = training.itemIndex[at]!;
    means[item] = means[item]! + training.values[at]!;
  }
  for (let item = 0; item < means.length; item++) means[item] = means[item]! / Math.max(counts[item]! + strength, Number.MIN_VALUE);
  return { name: "item-means", scores: () => means.slice() };
}
