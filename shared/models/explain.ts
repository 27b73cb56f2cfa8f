/**
 * Why a fitted score is what it is: the share of each rating in it. Exact for models whose own part solves a least-squares problem for fixed
 * item factors: such a score is a sum over the ratings. May import math.
 *
 * With the rows x of the rated items, A = sum x x' + D and the fitted part m + A^-1 sum x t (t being what a rating tells beyond the prior m),
 * the score of an item with row y is y.m + sum over ratings (y' A^-1 x) t: one solve for A^-1 y, then one product a rating.
 *
 * Source: Hu, Koren and Volinsky 2008, section 5, https://doi.org/10.1109/ICDM.2008.22
 */
import { addDiagonal, addOuter, addScaled, dot, packedSize, solveInPlace } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import { completeNormal, type ImplicitProblem, type ImplicitShared } from "./implicit-solve.ts";

/**
 * Writes each like's share of the score of `item` into `out` [n]; nothing is left beside them.
 *
 * Guarantees: the shares sum to the score that `solveUser` and `scoreItems` give, but for rounding. Cost: n rank^2 + rank^3.
 * @returns 0, the score of somebody without ratings
 */
export function explainImplicit(
  problem: ImplicitProblem,
  shared: ImplicitShared,
  ratings: UserRatings,
  item: number,
  out: Float64Array,
): number {
  const { rank } = problem;
  const { itemFactors } = shared;
  const weight = itemFactors.slice(item * rank, (item + 1) * rank);
  const normal = shared.weightedGram.slice();
  completeNormal(problem, shared, ratings.items, normal);
  // Where the system is spoiled, the own part is zero, and so is every share.
  if (!solveInPlace(normal, 0, weight, 0, rank)) weight.fill(0);
  for (let index = 0; index < ratings.items.length; index++) out[index] = dot(weight, 0, itemFactors, ratings.items[index]! * rank, rank);
  return 0;
}

/** A person's system for explicit ratings with biases: layouts as in explicit-solve.ts. */
export interface BiasedSystem {
  readonly rank: number;
  readonly globalMean: number;
  /** Penalty of a factor, and of the person's bias. */
  readonly l2: number;
  readonly biasL2: number;
  /** [rank + 1] mean of the person's part before any rating is known; zeros when left out. */
  readonly prior?: Float64Array;
}

/**
 * Writes each rating's share of the predicted rating of `item` into `out` [n]. What is left is what somebody with the prior's part would be
 * predicted: the mean, the item's bias, and what the prior makes of the item.
 *
 * Guarantees: the shares and what is returned sum to the prediction before it is clipped, but for rounding. Cost: n rank^2 + rank^3.
 * @returns what is left, in rating units
 */
export function explainBiased(system: BiasedSystem, itemSide: Float64Array, ratings: UserRatings, item: number, out: Float64Array): number {
  const { rank, globalMean, l2, biasL2 } = system;
  const order = rank + 1;
  const prior = system.prior ?? new Float64Array(order);
  const normal = new Float64Array(packedSize(order));
  const feature = new Float64Array(order).fill(1);
  for (let index = 0; index < ratings.items.length; index++) {
    copyRow(itemSide, ratings.items[index]!, rank, feature);
    addOuter(normal, 0, 1, feature, 0, order);
  }
  addDiagonal(normal, 0, order, l2);
  const corner = packedSize(order) - 1;
  normal[corner] = normal[corner]! + biasL2 - l2;
  const weight = new Float64Array(order).fill(1);
  copyRow(itemSide, item, rank, weight);
  const left = globalMean + itemSide[item * order + rank]! + dot(prior, 0, weight, 0, order);
  if (!solveInPlace(normal, 0, weight, 0, order)) weight.fill(0);
  for (let index = 0; index < ratings.items.length; index++) {
    const rated = ratings.items[index]!;
    copyRow(itemSide, rated, rank, feature);
    const told = ratings.values[index]! - globalMean - itemSide[rated * order + rank]! - dot(prior, 0, feature, 0, order);
    out[index] = told * dot(weight, 0, feature, 0, order);
  }
  return left;
}

/**
 * Adds to each rating's share what it adds to the prior mean, for priors that are a sum over the rated items: `scale` times a row each.
 * @param rows [items x rank], from `rowsAt` on
 * @returns the sum of what was added: no longer left over
 */
export function explainPrior(
  { rank }: BiasedSystem,
  shared: Float64Array,
  rowsAt: number,
  scale: number,
  ratings: UserRatings,
  item: number,
  out: Float64Array,
): number {
  const row = new Float64Array(rank);
  addScaled(row, 0, scale, shared, item * (rank + 1), rank);
  let total = 0;
  for (let index = 0; index < ratings.items.length; index++) {
    const share = dot(row, 0, shared, rowsAt + ratings.items[index]! * rank, rank);
    out[index] = out[index]! + share;
    total += share;
  }
  return total;
}

/** The factors of an item's row, before the 1 that stands at the end of `target`. */
function copyRow(itemSide: Float64Array, item: number, rank: number, target: Float64Array): void {
  const at = item * (rank + 1);
  for (let f = 0; f < rank; f++) target[f] = itemSide[at + f]!;
}
