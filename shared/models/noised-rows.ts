/**
 * The server's half of alternating least squares under noise: item rows from noised normal equations, by the best linear estimate for the
 * noise's known variance. All of it computes from sums that are released already, so none of it costs privacy. Imports math.
 *
 * A system is N (sum over an item's raters of w z z', w what clipping left of a person) and t (sum of w z times what is to be explained).
 * N is drawn towards n M, where n is the item's weight and M the mean of z z' over all items, and made positive semidefinite. With P the
 * diagonal variance of the row before, s2 the variance of a rating and V that of the noise on t, the row moves by
 * P N (N P N + s2 N + V)^-1 t. Without noise that is (N + s2 P^-1)^-1 t: the ridge solution. With it the ridge grows by V over N P.
 *
 * Source: Chien et al. 2021, https://arxiv.org/abs/2107.09802 (noised systems, projection); Efron and Morris 1973,
 * https://doi.org/10.1080/01621459.1973.10481350 (drawing towards the mean); Rasmussen and Williams 2006, Gaussian Processes for Machine
 * Learning, section 2.2 (the estimate)
 */
import { invertPacked, nearestDefinite } from "../math/definite.ts";
import { addScaled, dot, multiplyPacked, packedSize, solveInPlace } from "../math/linear.ts";
import { truncatedNormalMean } from "../math/truncated-normal.ts";

/** Where cell (i, j), j <= i, of a packed matrix lies. */
const cellAt = (i: number, j: number): number => packedSize(i) + j;

/**
 * What packed cells of z z' are multiplied with before they leave: off the diagonal times the root of 2, so that the norm is that of the
 * whole matrix and the noise is alike in every direction.
 */
export function gramScales(order: number, scale: number): Float64Array {
  const scales = new Float64Array(packedSize(order)).fill(scale * Math.SQRT2);
  for (let f = 0; f < order; f++) scales[cellAt(f, f)] = scale;
  return scales;
}

/**
 * How much weight each item has, from noised sums of weights: positive. Popularity falls off exponentially: under that prior a noised weight
 * has a normal posterior, cut off at zero.
 *
 * @param stddev of the noise on each
 * @param most people that could have rated an item: each weighs at most 1
 */
export function estimateCounts(noised: Float64Array, stddev: number, most: number): Float64Array {
  const mean = Math.min(most, Math.max(0.1, noised.reduce((sum, count) => sum + count, 0) / noised.length));
  return noised.map((count) => Math.min(most, Math.max(1e-6, truncatedNormalMean(count - (stddev * stddev) / mean, stddev))));
}

/** The noised matrices of all items. */
export interface NoisedGrams {
  readonly order: number;
  /** [items x packed] */
  readonly grams: Float64Array;
  /** [packed] variance of the noise on each cell. */
  readonly variances: Float64Array;
  /** [items] weights, positive. */
  readonly counts: Float64Array;
}

/**
 * The mean of z z' over the weights of all items, positive semidefinite: [packed].
 * @param most that the square of a z's norm can be
 */
export function meanGram({ order, grams, counts }: NoisedGrams, most: number): Float64Array {
  const packed = packedSize(order);
  const mean = new Float64Array(packed);
  const total = counts.reduce((sum, count) => sum + count, 0);
  for (let item = 0; item < counts.length; item++) addScaled(mean, 0, 1 / total, grams, item * packed, packed);
  return semidefinite(mean, order, most);
}

/** The nearest semidefinite matrix, scaled down to a trace of at most `most`. */
export function semidefinite(packed: Float64Array, order: number, most: number): Float64Array {
  const out = nearestDefinite(packed, order, 0);
  let trace = 0;
  for (let f = 0; f < order; f++) trace += out[cellAt(f, f)]!;
  return trace > most ? out.map((cell) => (cell * most) / trace) : out;
}

/**
 * An item's matrix without most of its noise: each cell is drawn towards that of `mean` times the item's weight, the more the less its
 * raters outweigh the noise; then eigenvalues below zero are lifted to it.
 */
export function shrinkGram({ order, grams, variances, counts }: NoisedGrams, mean: Float64Array, item: number): Float64Array {
  const out = new Float64Array(packedSize(order));
  const count = counts[item]!;
  for (let i = 0, cell = 0; i < order; i++) {
    for (let j = 0; j <= i; j++, cell++) {
      // How far raters differ from the mean, about: as the cells of z z' would if z were normal.
      const spread = count * mean[cellAt(i, i)]! * mean[cellAt(j, j)]!;
      const noise = variances[cell]!;
      const trust = noise === 0 ? 1 : spread / (spread + noise);
      out[cell] = count * mean[cell]! + trust * (grams[item * out.length + cell]! - count * mean[cell]!);
    }
  }
  // Most are fine already, which Cholesky tells in a hundredth of the time.
  return solveInPlace(out.slice(), 0, new Float64Array(order), 0, order) ? out : nearestDefinite(out, order, 0);
}

/**
 * How far the row moves: [order].
 *
 * Guarantees: finite for finite arguments; without noise the ridge solution.
 * @param gram [packed] N, positive semidefinite
 * @param target [order] t
 * @param variance [order] P; overwritten with the variance of the row afterwards
 * @param rating s2
 * @param noise V: above zero
 */
export function moveRow(gram: Float64Array, target: Float64Array, variance: Float64Array, rating: number, noise: number): Float64Array {
  const order = target.length;
  const square = new Float64Array(order * order);
  for (let i = 0; i < order; i++) for (let j = 0; j < order; j++) square[i * order + j] = gram[cellAt(Math.max(i, j), Math.min(i, j))]!;
  // N P, and N P N + s2 N + V.
  const spread = square.map((entry, at) => entry * variance[at % order]!);
  const total = gram.map((entry) => rating * entry);
  for (let i = 0, cell = 0; i < order; i++) {
    for (let j = 0; j <= i; j++, cell++) total[cell] = total[cell]! + dot(spread, i * order, square, j * order, order);
    total[cell - 1] = total[cell - 1]! + noise;
  }
  const move = new Float64Array(order);
  // Positive definite but for rounding, when the noise is next to nothing beside the rest: then the row stays.
  const inverse = invertPacked(total, order);
  if (inverse === undefined) return move;
  const column = new Float64Array(order);
  const solved = new Float64Array(order);
  for (let f = 0; f < order; f++) {
    for (let i = 0; i < order; i++) column[i] = spread[i * order + f]!;
    multiplyPacked(inverse, 0, column, solved, order);
    move[f] = dot(solved, 0, target, 0, order);
    variance[f] = Math.max(0, variance[f]! - dot(solved, 0, column, 0, order));
  }
  return move;
}

/** Scales `length` entries from `at` down to a norm of at most `bound`. */
export function boundNorm(values: Float64Array, at: number, length: number, bound: number): void {
  const norm = Math.sqrt(dot(values, at, values, at, length));
  if (norm > bound) for (let i = at; i < at + length; i++) values[i] = (values[i]! * bound) / norm;
}
