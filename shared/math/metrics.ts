/**
 * Quality of predictions: rmse and mae for ratings; hit rate, NDCG and recall for orders, ties counted by expectation.
 * Imports check.ts. Source: Jarvelin and Kekalainen 2002 (NDCG, binary gains), https://doi.org/10.1145/582415.582418;
 * ties by expectation: McSherry and Najork 2008, https://doi.org/10.1007/978-3-540-78646-7_38
 */
import { integer, lengthOf } from "../check.ts";

/**
 * Root of the mean squared difference.
 *
 * Shape: `predicted` and `actual` [n]. Units: those of the ratings. Edge cases: n = 0 -> NaN; any NaN -> NaN.
 */
export function rmse(predicted: Float64Array, actual: Float64Array): number {
  lengthOf(actual, predicted.length, "actual");
  let sum = 0;
  for (let at = 0; at < predicted.length; at++) sum += (predicted[at]! - actual[at]!) ** 2;
  return Math.sqrt(sum / predicted.length);
}

/** Mean absolute difference; shape, units and edge cases as `rmse`. */
export function mae(predicted: Float64Array, actual: Float64Array): number {
  lengthOf(actual, predicted.length, "actual");
  let sum = 0;
  for (let at = 0; at < predicted.length; at++) sum += Math.abs(predicted[at]! - actual[at]!);
  return sum / predicted.length;
}

/**
 * Where a held-out item stands among the candidates: `above` of them score higher, `tied` score the same (itself counted).
 * Ties being in random order, its rank is uniform on above + 1 .. above + tied.
 */
export interface Rank {
  /** Infinity for an item whose score is NaN: it is never found. */
  readonly above: number;
  readonly tied: number;
}

/**
 * The rank of each held-out item among the whole catalogue, in O(items) for one and O(items log targets) for several.
 *
 * Shape: `scores` [items]; `targets` [t] distinct item indices, t >= 1; `excluded` [items], not 0 where an item is no
 * candidate (targets always are). Edge cases: a NaN score never stands above anything; a target with one is a miss.
 */
export function rankAmongAll(scores: Float64Array, targets: Int32Array, excluded?: Uint8Array): Rank[] {
  if (excluded !== undefined) lengthOf(excluded, scores.length, "excluded");
  const levels = levelsOf(scores, targets);
  const counts = new Int32Array(2 * levels.length);
  const lowest = levels[0] ?? Number.NaN;
  for (let item = 0; item < scores.length; item++) {
    const score = scores[item]!;
    if (score >= lowest && (excluded === undefined || excluded[item] === 0)) count(levels, counts, score);
  }
  for (const target of targets) {
    if (excluded !== undefined && excluded[target] !== 0 && scores[target]! >= lowest) count(levels, counts, scores[target]!);
  }
  return ranksOf(scores, targets, levels, counts);
}

/** As `rankAmongAll`, the candidates being the targets and `others` [n], item indices that are no targets. */
export function rankAmong(scores: Float64Array, targets: Int32Array, others: Int32Array): Rank[] {
  const levels = levelsOf(scores, targets);
  const counts = new Int32Array(2 * levels.length);
  const lowest = levels[0] ?? Number.NaN;
  for (const item of others) if (scores[item]! >= lowest) count(levels, counts, scores[item]!);
  for (const target of targets) if (scores[target]! >= lowest) count(levels, counts, scores[target]!);
  return ranksOf(scores, targets, levels, counts);
}

/** The probability that at least one held-out item is among the first k. Edge case: no ranks -> 0. */
export function hitRateAt(k: number, ranks: readonly Rank[]): number {
  integer(k, 1, Number.MAX_SAFE_INTEGER, "k");
  // One group of tied items at most lies across the border; its `atBorder` targets draw for the places that are left.
  let atBorder = 0;
  let border: Rank | undefined;
  for (const rank of ranks) {
    if (rank.above + rank.tied <= k) return 1;
    if (rank.above < k) {
      atBorder++;
      border = rank;
    }
  }
  if (border === undefined) return 0;
  let missed = 1;
  for (let place = 0; place < k - border.above; place++) missed *= Math.max(0, border.tied - atBorder - place) / (border.tied - place);
  return 1 - missed;
}

/** The expected share of the held-out items that is among the first k. Edge case: no ranks -> 0. */
export function recallAt(k: number, ranks: readonly Rank[]): number {
  integer(k, 1, Number.MAX_SAFE_INTEGER, "k");
  let found = 0;
  for (const { above, tied } of ranks) if (above < k) found += Math.min(1, (k - above) / tied);
  return ranks.length === 0 ? 0 : found / ranks.length;
}

/** The expected discounted gain of the first k, 1 / log2(1 + rank) an item, over the greatest one possible. Edge case: no ranks -> 0. */
export function ndcgAt(k: number, ranks: readonly Rank[]): number {
  integer(k, 1, Number.MAX_SAFE_INTEGER, "k");
  let gain = 0;
  for (const { above, tied } of ranks) if (above < k) gain += discounts(above + 1, Math.min(k, above + tied)) / tied;
  return ranks.length === 0 ? 0 : gain / discounts(1, Math.min(k, ranks.length));
}

/** Sum of 1 / log2(1 + rank) over the ranks from .. to. */
function discounts(from: number, to: number): number {
  let sum = 0;
  for (let rank = from; rank <= to; rank++) sum += 1 / Math.log2(1 + rank);
  return sum;
}

/** The few distinct scores of the targets, ascending, without NaN: one pass then places every candidate between them. */
function levelsOf(scores: Float64Array, targets: Int32Array): Float64Array {
  if (targets.length === 1) {
    const score = scores[targets[0]!]!;
    return Number.isNaN(score) ? new Float64Array(0) : Float64Array.of(score);
  }
  return Float64Array.from(new Set(Array.from(targets, (target) => scores[target]!).filter((score) => !Number.isNaN(score)))).sort();
}

/**
 * Counts one candidate whose score is at least levels[0].
 *
 * Shape: `counts` [2 x levels]: at 2i those equal to level i, at 2i + 1 those above it and below the next.
 */
function count(levels: Float64Array, counts: Int32Array, score: number): void {
  let low = 0;
  for (let high = levels.length - 1; low < high; ) {
    const middle = (low + high + 1) >>> 1;
    if (levels[middle]! <= score) low = middle;
    else high = middle - 1;
  }
  counts[levels[low] === score ? 2 * low : 2 * low + 1]!++;
}

function ranksOf(scores: Float64Array, targets: Int32Array, levels: Float64Array, counts: Int32Array): Rank[] {
  const above = new Int32Array(levels.length);
  let sum = 0;
  for (let level = levels.length - 1; level >= 0; level--) {
    above[level] = sum + counts[2 * level + 1]!;
    sum = above[level]! + counts[2 * level]!;
  }
  return Array.from(targets, (target) => {
    const level = levels.indexOf(scores[target]!);
    return level < 0 ? { above: Number.POSITIVE_INFINITY, tied: 1 } : { above: above[level]!, tied: counts[2 * level]! };
  });
}
