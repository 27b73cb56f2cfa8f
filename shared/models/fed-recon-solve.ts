/** The local solve of federated reconstruction: exact, or by descent from zero as published. Imports math, implicit-solve.ts. */
import { addScaled, dot, multiplyPacked, packedSize } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import { type ImplicitProblem, type ImplicitShared, solveUser } from "./implicit-solve.ts";

/** How own factors are solved: see FedReconOptions. */
export interface LocalSolveOptions {
  readonly solver: "exact" | "descent";
  readonly localSteps: number;
  readonly localLearningRate: number;
}

/**
 * One person's factors [rank] from choices that are a share of all of theirs: a0 and the penalty are taken times `share`. Zeros without choices.
 */
export type LocalSolve = (shared: ImplicitShared, ratings: UserRatings, share: number) => Float64Array;

/** The solve that the options name. */
export function createLocalSolve(problem: ImplicitProblem, options: LocalSolveOptions): LocalSolve {
  if (options.solver === "descent") return createLocalDescent(problem, options);
  const weightedGram = new Float64Array(packedSize(problem.rank));
  return (shared, ratings, share) => {
    for (let cell = 0; cell < weightedGram.length; cell++) weightedGram[cell] = share * shared.weightedGram[cell]!;
    const scaled = { ...problem, unratedWeight: share * problem.unratedWeight };
    return solveUser(scaled, { ...shared, weightedGram }, ratings);
  };
}

/** Steps along the slope of half the objective, p += rate / trace(A) (b - A p): no eigenvalue of A is above its trace. */
function createLocalDescent(problem: ImplicitProblem, { localSteps, localLearningRate }: LocalSolveOptions): LocalSolve {
  const { rank, l2, unratedWeight } = problem;
  const slope = new Float64Array(rank);
  return ({ itemFactors, weightedGram, held }, { items: rated }, share) => {
    const own = new Float64Array(rank);
    if (rated.length === 0) return own;
    const penalty = l2 * (rated.length + share * unratedWeight * held);
    let trace = rank * penalty;
    for (let f = 0, cell = 0; f < rank; cell += ++f + 1) trace += share * weightedGram[cell]!;
    for (let index = 0; index < rated.length; index++) {
      const at = rated[index]! * rank;
      trace += dot(itemFactors, at, itemFactors, at, rank);
    }
    if (!(trace < Number.POSITIVE_INFINITY)) return own;
    for (let step = 0; step < localSteps; step++) {
      multiplyPacked(weightedGram, 0, own, slope, rank);
      for (let f = 0; f < rank; f++) slope[f] = -share * slope[f]! - penalty * own[f]!;
      for (let index = 0; index < rated.length; index++) {
        const at = rated[index]! * rank;
        addScaled(slope, 0, 1 - dot(own, 0, itemFactors, at, rank), itemFactors, at, rank);
      }
      addScaled(own, 0, localLearningRate / trace, slope, 0, rank);
    }
    return own;
  };
}
