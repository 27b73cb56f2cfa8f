/**
 * What a person's exact solve says of each of their choices when that choice is left out of it: exact, from the one decomposition of the solve
 * with all of them. Imports math, implicit-solve.ts.
 *
 * With A the person's system, b = sum of rated q, p = A^-1 b, h = q'A^-1 q and s = q.p, the solve without one rated q has
 *   score q.p' = (s - h) / (1 - h)   and factors p' = p - (1 - q.p') A^-1 q.
 * The penalty stays that of n ratings.
 *
 * Source: the matrix inversion lemma; for scores Golub, Heath and Wahba 1979, https://doi.org/10.1080/00401706.1979.10489751
 */
import { dot, packedSize, solveLower, solveUpper } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import { type ImplicitProblem, type ImplicitShared, solveSystem } from "./implicit-solve.ts";

/** A person's solve, and memory for leaving out one choice after another: made once, used again and again. */
export interface LeaveOutSolve {
  /** [rank] the factors with all choices; zeros where nothing is known. */
  readonly own: Float64Array;
  /** [rank] what the last call left: see each. */
  readonly row: Float64Array;
  /** Packed: the lower factor of the system. */
  readonly factor: Float64Array;
}

/** Memory for solves of this rank. */
export function createLeaveOutSolve(rank: number): LeaveOutSolve {
  return { own: new Float64Array(rank), row: new Float64Array(rank), factor: new Float64Array(packedSize(rank)) };
}

/** Solves for a person. @returns whether anything is known of them; only then may choices be left out */
export function solveAll(solve: LeaveOutSolve, problem: ImplicitProblem, shared: ImplicitShared, ratings: UserRatings): boolean {
  solve.own.fill(0);
  if (ratings.items.length === 0) return false;
  solve.factor.set(shared.weightedGram);
  return solveSystem(problem, shared, ratings, solve.factor, solve.own);
}

/** The score of the rated item whose factors are at `at`, had it been left out. Cost: rank^2 / 2. */
export function scoreLeftOut({ own, row, factor }: LeaveOutSolve, itemFactors: Float64Array, at: number): number {
  const rank = own.length;
  for (let f = 0; f < rank; f++) row[f] = itemFactors[at + f]!;
  solveLower(factor, 0, row, 0, rank);
  const leverage = dot(row, 0, row, 0, rank);
  return (dot(own, 0, itemFactors, at, rank) - leverage) / Math.max(1 - leverage, Number.EPSILON);
}

/** Writes into `row` the factors without the item that `scoreLeftOut` was called for last. Cost: rank^2 / 2. @param score what it gave */
export function writeFactorsLeftOut({ own, row, factor }: LeaveOutSolve, score: number): void {
  solveUpper(factor, 0, row, 0, own.length);
  for (let f = 0; f < own.length; f++) row[f] = own[f]! - (1 - score) * row[f]!;
}
