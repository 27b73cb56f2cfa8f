/** What anyone can know about items: how often and how well each was rated. Imports the ratings' types. */
import type { RatingMatrix } from "../../shared/math/ratings.ts";

/** Facts about items, and about ratings as a whole. */
export interface ItemFacts {
  /** [items] how many people rated each. */
  readonly counts: Int32Array;
  /** [items] mean of its ratings; the mean of all where it has none. */
  readonly means: Float64Array;
  /** [items] standard deviation; that of all where it has fewer than two. */
  readonly stddevs: Float64Array;
  /** Of all ratings. */
  readonly mean: number;
  readonly stddev: number;
  /** [items] the most rated first, equals in the order of the catalogue. */
  readonly byPopularity: Int32Array;
}

/** Counts ratings by item. */
export function itemFactsOf({ items, itemIndex, values }: RatingMatrix): ItemFacts {
  const counts = new Int32Array(items);
  const sums = new Float64Array(items);
  const squares = new Float64Array(items);
  let sum = 0;
  let square = 0;
  for (let at = 0; at < values.length; at++) {
    const item = itemIndex[at]!;
    const value = values[at]!;
    counts[item]!++;
    sums[item] = sums[item]! + value;
    squares[item] = squares[item]! + value * value;
    sum += value;
    square += value * value;
  }
  const mean = values.length === 0 ? 0 : sum / values.length;
  const stddev = values.length === 0 ? 0 : Math.sqrt(Math.max(0, square / values.length - mean * mean));
  const means = sums.map((total, item) => (counts[item] === 0 ? mean : total / counts[item]!));
  const stddevs = squares.map((total, item) =>
    counts[item]! < 2 ? stddev : Math.sqrt(Math.max(0, total / counts[item]! - means[item]! ** 2)),
  );
  const byPopularity = Int32Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b);
  return { counts, means, stddevs, mean, stddev, byPopularity };
}
