/**
 * The device's exact solve for implicit feedback, shared by the models of this family: the factors that minimize
 * sum over rated (1 - p.q)^2 + a0 * sum over all (p.q)^2 + l2 (n + a0 M) |p|^2. May import math.
 *
 * Source: Hu, Koren and Volinsky 2008, https://doi.org/10.1109/ICDM.2008.22; scaling of l2 from Rendle et al. 2022,
 * https://arxiv.org/abs/2110.14037
 */
import { type CgSpace, conjugateGradient } from "../math/conjugate-gradient.ts";
import { addDiagonal, addOuter, addScaled, dot, gram, multiplyPacked, solveInPlace } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";

/** The published item factors and their weighted Gram matrix. */
export interface ImplicitShared {
  /** [items x rank]. */
  readonly itemFactors: Float64Array;
  /** a0 Q'Q, packed [rank (rank + 1) / 2]. */
  readonly weightedGram: Float64Array;
  /** M: how many rows hold an item. */
  readonly held: number;
}

/** What the solve depends on. */
export interface ImplicitProblem {
  readonly items: number;
  readonly rank: number;
  readonly l2: number;
  /** a0. */
  readonly unratedWeight: number;
}

/** Opens published item factors, of which `held` rows hold an item: one Gram matrix for all people. */
export function openImplicit(problem: ImplicitProblem, itemFactors: Float64Array, held: number = problem.items): ImplicitShared {
  return { itemFactors, weightedGram: gram(itemFactors, problem.items, problem.rank, problem.unratedWeight), held };
}

/** One person's factors [rank]; zeros for a person without ratings. Cost: n rank^2 + rank^3. */
export function solveUser(problem: ImplicitProblem, shared: ImplicitShared, ratings: UserRatings): Float64Array {
  const own = new Float64Array(problem.rank);
  if (ratings.items.length > 0) solveSystem(problem, shared, ratings, shared.weightedGram.slice(), own);
  return own;
}

/**
 * As `solveUser`, with memory of the caller's.
 *
 * @param normal the weighted Gram matrix of the item side, packed; afterwards it holds the lower Cholesky factor of the person's system
 * @param own [rank] zeros before, the factors afterwards
 * @returns whether the system could be solved; where it could not, `own` is zeros
 */
export function solveSystem(
  { rank, l2, unratedWeight }: ImplicitProblem,
  { itemFactors, held }: ImplicitShared,
  { items: rated }: UserRatings,
  normal: Float64Array,
  own: Float64Array,
): boolean {
  for (let index = 0; index < rated.length; index++) {
    const at = rated[index]! * rank;
    addOuter(normal, 0, 1, itemFactors, at, rank);
    addScaled(own, 0, 1, itemFactors, at, rank);
  }
  addDiagonal(normal, 0, rank, l2 * (rated.length + unratedWeight * held));
  // Positive definite but for rounding at an l2 near zero: then nothing personal is known.
  if (solveInPlace(normal, 0, own, 0, rank)) return true;
  own.fill(0);
  return false;
}

/**
 * As `solveUser`, but by conjugate-gradient steps from `initial`, without ever forming the system. Cost a step: n rank + rank^2.
 * @param space of order rank
 */
export function improveUser(
  problem: ImplicitProblem,
  shared: ImplicitShared,
  ratings: UserRatings,
  initial: Float64Array,
  steps: number,
  space: CgSpace,
): Float64Array {
  const { rank, l2, unratedWeight } = problem;
  const { itemFactors, weightedGram, held } = shared;
  const rated = ratings.items;
  if (rated.length === 0) return new Float64Array(rank);
  const own = initial.slice();
  const target = new Float64Array(rank);
  for (let index = 0; index < rated.length; index++) addScaled(target, 0, 1, itemFactors, rated[index]! * rank, rank);
  const penalty = l2 * (rated.length + unratedWeight * held);
  const multiply = (v: Float64Array, out: Float64Array): void => {
    multiplyPacked(weightedGram, 0, v, out, rank);
    addScaled(out, 0, penalty, v, 0, rank);
    for (let index = 0; index < rated.length; index++) {
      const at = rated[index]! * rank;
      addScaled(out, 0, dot(v, 0, itemFactors, at, rank), itemFactors, at, rank);
    }
  };
  conjugateGradient(multiply, target, own, steps, space);
  return own;
}

/** Writes the scores p.q of all items, or of the chosen ones. */
export function scoreItems(itemFactors: Float64Array, own: Float64Array, rank: number, out: Float64Array, chosen?: Int32Array): void {
  const count = chosen?.length ?? itemFactors.length / rank;
  for (let index = 0; index < count; index++) out[index] = dot(own, 0, itemFactors, (chosen?.[index] ?? index) * rank, rank);
}
