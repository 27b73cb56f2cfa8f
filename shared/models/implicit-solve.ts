/**
 * The device's exact solve for implicit feedback, shared by the models of this family: the factors that minimize
 * sum over rated (1 - p.q)^2 + sum over all a_i (p.q)^2 + l2 (n + a0 M) |p|^2. May import math.
 *
 * Source: Hu, Koren and Volinsky 2008, https://doi.org/10.1109/ICDM.2008.22; scaling of l2 from Rendle et al. 2022,
 * https://arxiv.org/abs/2110.14037
 */
import { type CgSpace, conjugateGradient } from "../math/conjugate-gradient.ts";
import { addDiagonal, addOuter, addScaled, dot, gram, multiplyPacked, multiplyRows, packedSize, solveInPlace } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";

/** The published item factors and their weighted Gram matrix. */
export interface ImplicitShared {
  /** [items x rank]. */
  readonly itemFactors: Float64Array;
  /** The sum of a_i q q', packed [rank (rank + 1) / 2]. */
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

/**
 * Opens published item factors: one Gram matrix for all people.
 * @param known what is known of the items beside: [items] what unrated ones weigh, of mean a0 (by default a0 each), and how many rows hold one
 */
export function openImplicit(
  { items, rank, unratedWeight }: ImplicitProblem,
  itemFactors: Float64Array,
  { itemWeights, held = items }: { readonly itemWeights?: Float64Array | undefined; readonly held?: number | undefined } = {},
): ImplicitShared {
  if (itemWeights === undefined) return { itemFactors, weightedGram: gram(itemFactors, items, rank, unratedWeight), held };
  const weightedGram = new Float64Array(packedSize(rank));
  for (let item = 0; item < items; item++) addOuter(weightedGram, 0, itemWeights[item]!, itemFactors, item * rank, rank);
  return { itemFactors, weightedGram, held };
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
  problem: ImplicitProblem,
  { itemFactors, held }: ImplicitShared,
  { items: rated }: UserRatings,
  normal: Float64Array,
  own: Float64Array,
): boolean {
  const { rank } = problem;
  completeNormal(problem, { itemFactors, held }, rated, normal);
  for (let index = 0; index < rated.length; index++) addScaled(own, 0, 1, itemFactors, rated[index]! * rank, rank);
  // Positive definite but for rounding at an l2 near zero: then nothing personal is known.
  if (solveInPlace(normal, 0, own, 0, rank)) return true;
  own.fill(0);
  return false;
}

/** Adds the person's ratings and penalty to the weighted Gram matrix of the item side, packed: the matrix of the person's system. */
export function completeNormal(
  { rank, l2, unratedWeight }: ImplicitProblem,
  { itemFactors, held }: Pick<ImplicitShared, "itemFactors" | "held">,
  rated: Int32Array,
  normal: Float64Array,
): void {
  for (let index = 0; index < rated.length; index++) addOuter(normal, 0, 1, itemFactors, rated[index]! * rank, rank);
  addDiagonal(normal, 0, rank, l2 * (rated.length + unratedWeight * held));
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
  if (chosen === undefined) multiplyRows(itemFactors, itemFactors.length / rank, rank, own, out);
  else for (let index = 0; index < chosen.length; index++) out[index] = dot(own, 0, itemFactors, chosen[index]! * rank, rank);
}
