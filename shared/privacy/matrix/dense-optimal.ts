/** The dense factorization of least mean error for its participation schema. Imports the seam, builders, the optimizers and valibot. */
import * as v from "valibot";
import { gramFactorization } from "./builders.ts";
import { checkDenseRounds } from "./dense.ts";
import type { FactorizationContext, FactorizationDefinition } from "./factorization.ts";
import { fixedEpochShape, optimizeGram } from "./optimal-repeated.ts";
import { optimizeSingle } from "./optimal-single.ts";
import { boundsOf } from "./participation.ts";

/** Options of the dense optimum. */
export interface DenseOptions {
  readonly kind: "dense";
  /** Iterations of the descent that serves where there is no fixed point: each takes about 4 rounds^3 operations. */
  readonly maxIterations: number;
}

/**
 * The optimum over all strategies for one participation, and over those whose columns of one run are orthogonal for a fixed order.
 * For min-separation the same strategy with the sensitivity's upper bound.
 */
export const dense: FactorizationDefinition<DenseOptions> = {
  kind: "dense",
  summary: "The optimal mean error; memory of rounds^2 numbers, for one participation seconds up to 2048 rounds, else for 256 at most.",
  source: "Denisov et al. 2022, https://arxiv.org/abs/2202.08312; Choquette-Choo et al. 2023, https://arxiv.org/abs/2211.06530",
  options: v.strictObject({
    kind: v.literal("dense"),
    maxIterations: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000)), 2000),
  }),
  create: ({ maxIterations }, context) =>
    gramFactorization({ kind: "dense", workload: context.workload, gram: optimalGram(context, maxIterations) }),
};

/**
 * The Gram matrix of least mean error.
 *
 * Tolerance: descent and one participation, the mean squared error is within 1e-10 of its least; else within about 1e-9.
 *
 * @throws CofactorError CONFIG_INVALID for more rounds than a dense matrix may have
 */
export function optimalGram({ workload, participation }: FactorizationContext, maxIterations = 2000): Float64Array {
  checkDenseRounds(workload.rounds);
  const bounds = boundsOf(participation, workload.rounds);
  if (bounds.participations === 1 && workload.stepSizes !== undefined) return optimizeSingle(workload.stepSizes, workload.momentum).gram;
  return optimizeGram(workload, fixedEpochShape(bounds), { maxIterations, gradientTolerance: 1e-6 });
}
