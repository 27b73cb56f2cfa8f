/**
 * The posterior of one person's factors and bias z = (p, b) for fixed items, under normal priors and noise: mean and covariance. May
 * import math.
 *
 * With the rows x = (q_i, 1) of the rated items and precisions relative to the noise, A = sum x x' + diag(l2, .., l2, biasL2):
 * mean = m + A^-1 sum x (r - globalMean - b_i - x.m), covariance = noise variance times A^-1. Layouts: those of explicit-solve.ts.
 *
 * Source: Bishop 2006, Pattern Recognition and Machine Learning, section 3.3
 */
import { addDiagonal, addOuter, addScaled, dot, packedSize, solveInPlace } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";

/** What a posterior depends on. */
export interface PosteriorProblem {
  readonly rank: number;
  /** Noise variance over the prior variance of a factor. */
  readonly l2: number;
  /** Noise variance over the prior variance of the person's bias. */
  readonly biasL2: number;
  readonly globalMean: number;
}

/** A person's posterior. */
export interface Posterior {
  /** [rank + 1]. */
  readonly mean: Float64Array;
  /** [(rank + 1) x (rank + 1)] A^-1: the covariance over the noise variance. */
  readonly relativeCovariance: Float64Array;
}

/**
 * The posterior mean [rank + 1]; the prior's own for a person without ratings. Cost: n rank^2 + rank^3.
 *
 * @param prior [rank + 1] the prior mean m
 * @param factor [packed, order rank + 1], overwritten with the Cholesky factor of A
 */
export function posteriorMean(
  problem: PosteriorProblem,
  itemSide: Float64Array,
  ratings: UserRatings,
  prior: Float64Array,
  factor: Float64Array = new Float64Array(packedSize(problem.rank + 1)),
): Float64Array {
  const { rank, l2, biasL2, globalMean } = problem;
  const order = rank + 1;
  const feature = new Float64Array(order).fill(1);
  const own = new Float64Array(order);
  factor.fill(0);
  for (let index = 0; index < ratings.items.length; index++) {
    const at = ratings.items[index]! * order;
    for (let f = 0; f < rank; f++) feature[f] = itemSide[at + f]!;
    const rest = ratings.values[index]! - globalMean - itemSide[at + rank]! - dot(prior, 0, feature, 0, order);
    addOuter(factor, 0, 1, feature, 0, order);
    addScaled(own, 0, rest, feature, 0, order);
  }
  addDiagonal(factor, 0, rank, l2);
  const corner = packedSize(order) - 1;
  factor[corner] = factor[corner]! + biasL2;
  // Positive definite but for rounding at precisions near zero: then nothing personal is known.
  if (!solveInPlace(factor, 0, own, 0, order)) own.fill(0);
  addScaled(own, 0, 1, prior, 0, order);
  return own;
}

/** The posterior's mean and covariance. Cost: n rank^2 + rank^3. */
export function posteriorOf(problem: PosteriorProblem, itemSide: Float64Array, ratings: UserRatings, prior: Float64Array): Posterior {
  const factor = new Float64Array(packedSize(problem.rank + 1));
  const mean = posteriorMean(problem, itemSide, ratings, prior, factor);
  return { mean, relativeCovariance: invertFactored(factor, problem.rank + 1) };
}

/** The inverse [order x order] of a matrix given by its packed lower Cholesky factor. */
function invertFactored(factor: Float64Array, order: number): Float64Array {
  const inverse = new Float64Array(order * order);
  for (let column = 0; column < order; column++) {
    // L y = e, then L' x = y, in the column's own place: a row of the inverse, which is symmetric.
    const at = column * order;
    for (let i = column; i < order; i++) {
      const row = packedSize(i);
      let rest = i === column ? 1 : 0;
      for (let j = column; j < i; j++) rest -= factor[row + j]! * inverse[at + j]!;
      inverse[at + i] = rest / factor[row + i]!;
    }
    for (let i = order - 1; i >= 0; i--) {
      let rest = inverse[at + i]!;
      for (let j = i + 1; j < order; j++) rest -= factor[packedSize(j) + i]! * inverse[at + j]!;
      inverse[at + i] = rest / factor[packedSize(i) + i]!;
    }
  }
  return inverse;
}
