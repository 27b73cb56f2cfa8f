/**
 * The device's exact solve for explicit ratings with biases, shared by the models of this family: user vector and user bias
 * that minimize sum over rated (r - mean - b_u - b_i - p.q)^2 + l2 w (|p|^2 + b_u^2) for fixed item factors; w is n, or 1. May import math.
 *
 * Layouts: item side [items x (rank + 1)], the last of a row being the item's bias; own part [rank + 1], the last being the
 * user's bias. Source: Zhou et al. 2008 (weighted regularization), https://doi.org/10.1007/978-3-540-68880-8_32
 */
import { type CgSpace, conjugateGradient } from "../math/conjugate-gradient.ts";
import { addDiagonal, addOuter, addScaled, dot, packedSize, solveInPlace } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";

/** What the solve and the scores depend on. */
export interface ExplicitProblem {
  readonly items: number;
  readonly rank: number;
  readonly l2: number;
  /** Whether l2 counts once for every rating (w = n) or once (w = 1). */
  readonly isWeighted: boolean;
  readonly globalMean: number;
  readonly ratingRange: readonly [number, number] | undefined;
}

/** The penalties of a person's system, by factor and by bias. */
export function systemOf(
  problem: ExplicitProblem,
  { items }: UserRatings,
): { rank: number; globalMean: number; l2: number; biasL2: number } {
  const { rank, globalMean } = problem;
  // Without ratings there is nothing to solve: any penalty does.
  const penalty = problem.isWeighted ? problem.l2 * Math.max(1, items.length) : problem.l2;
  return { rank, globalMean, l2: penalty, biasL2: penalty };
}

/** The user vector with the user's bias behind it; zeros for a person without ratings. Cost: n rank^2 + rank^3. */
export function solveUserWithBias(problem: ExplicitProblem, itemSide: Float64Array, ratings: UserRatings): Float64Array {
  const order = problem.rank + 1;
  const own = new Float64Array(order);
  if (ratings.items.length === 0) return own;
  const normal = new Float64Array(packedSize(order));
  const feature = new Float64Array(order);
  for (let index = 0; index < ratings.items.length; index++) {
    const at = ratings.items[index]! * order;
    feature.set(itemSide.subarray(at, at + problem.rank));
    feature[problem.rank] = 1;
    addOuter(normal, 0, 1, feature, 0, order);
    addScaled(own, 0, ratings.values[index]! - problem.globalMean - itemSide[at + problem.rank]!, feature, 0, order);
  }
  addDiagonal(normal, 0, order, problem.isWeighted ? problem.l2 * ratings.items.length : problem.l2);
  // Positive definite but for rounding at an l2 near zero: then nothing personal is known.
  if (!solveInPlace(normal, 0, own, 0, order)) own.fill(0);
  return own;
}

/**
 * As `solveUserWithBias`, but by conjugate-gradient steps from `initial`, without ever forming the system. Cost a step: n rank.
 * @param space of order rank + 1
 */
export function improveUserWithBias(
  problem: ExplicitProblem,
  itemSide: Float64Array,
  ratings: UserRatings,
  initial: Float64Array,
  steps: number,
  space: CgSpace,
): Float64Array {
  const { rank, globalMean } = problem;
  const order = rank + 1;
  const rated = ratings.items;
  if (rated.length === 0) return new Float64Array(order);
  const own = initial.slice();
  const target = new Float64Array(order);
  for (let index = 0; index < rated.length; index++) {
    const at = rated[index]! * order;
    const rest = ratings.values[index]! - globalMean - itemSide[at + rank]!;
    addScaled(target, 0, rest, itemSide, at, rank);
    target[rank] = target[rank]! + rest;
  }
  const penalty = problem.isWeighted ? problem.l2 * rated.length : problem.l2;
  const multiply = (v: Float64Array, out: Float64Array): void => {
    out.fill(0);
    addScaled(out, 0, penalty, v, 0, order);
    for (let index = 0; index < rated.length; index++) {
      const at = rated[index]! * order;
      // The last feature is the 1 of the own bias; in its place the item side holds the item's bias.
      const product = dot(v, 0, itemSide, at, rank) + v[rank]!;
      addScaled(out, 0, product, itemSide, at, rank);
      out[rank] = out[rank]! + product;
    }
  };
  conjugateGradient(multiply, target, own, steps, space);
  return own;
}

/** The rating that the factors predict, not clipped. `at` is the start of the item's row. */
export function predict(problem: ExplicitProblem, itemSide: Float64Array, own: Float64Array, at: number): number {
  const { rank } = problem;
  return problem.globalMean + own[rank]! + itemSide[at + rank]! + dot(own, 0, itemSide, at, rank);
}

/** Writes the predicted ratings of all items, or of the chosen ones, clipped to the rating range. */
export function predictItems(
  problem: ExplicitProblem,
  itemSide: Float64Array,
  own: Float64Array,
  out: Float64Array,
  chosen?: Int32Array,
): void {
  const order = problem.rank + 1;
  const [least, greatest] = problem.ratingRange ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const count = chosen?.length ?? problem.items;
  for (let index = 0; index < count; index++) {
    out[index] = Math.min(greatest, Math.max(least, predict(problem, itemSide, own, (chosen?.[index] ?? index) * order)));
  }
}
