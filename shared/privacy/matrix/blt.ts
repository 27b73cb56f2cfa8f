/** Buffered linear Toeplitz strategies with optimized parameters. Imports the seam, buffers, builders, minimizers and valibot. */
import * as v from "valibot";
import { type Buffers, bufferCoefficients, buffersFrom, freeFrom, invertBuffers } from "./buffers.ts";
import { toeplitzFactorization } from "./builders.ts";
import { toeplitzErrors } from "./errors.ts";
import type { Factorization, FactorizationContext, FactorizationDefinition } from "./factorization.ts";
import { bufferedFilter } from "./filter.ts";
import { minimize, withDifferences } from "./minimize.ts";
import { searchSimplex } from "./nelder-mead.ts";
import { toeplitzSensitivity } from "./sensitivity-toeplitz.ts";
import { prefixSum, type Workload } from "./workload.ts";

/** Options of the buffered strategy. */
export interface BltOptions {
  readonly kind: "blt";
  /** Vectors of memory; 2 to 4 are enough for any number of rounds. */
  readonly buffers: number;
}

/** A few running sums with decays of their own stand for the whole past. */
export const blt: FactorizationDefinition<BltOptions> = {
  kind: "blt",
  summary: "Buffered linear Toeplitz: as many vectors of memory as buffers, near-optimal, optimized for the schema in seconds.",
  source: "Dvijotham et al. 2024, https://arxiv.org/abs/2404.16706; McMahan, Xu and Zhang 2024, https://arxiv.org/abs/2408.08868",
  options: v.strictObject({
    kind: v.literal("blt"),
    buffers: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(6)), 3),
  }),
  create: ({ buffers }, context) => bufferedFactorization(context.workload, optimizeBuffers(buffers, context)),
};

/** The factorization of given buffers. */
export function bufferedFactorization(workload: Workload, { decays, weights }: Pick<Buffers, "decays" | "weights">): Factorization {
  return toeplitzFactorization({
    kind: "blt",
    workload,
    strategy: bufferCoefficients(decays, weights, workload.rounds),
    inverse: invertBuffers(decays, weights, workload.rounds),
    filter: bufferedFilter(decays, weights),
  });
}

/**
 * Buffers of least loss for the context's schema and objective; for a workload that is not Toeplitz, those of the prefix sum.
 *
 * Method: simplex searches from two starts, once more from the better, then quasi-Newton steps, on 2 x buffers free numbers.
 * Tolerance: the loss is within 1e-6 of a local minimum's.
 */
export function optimizeBuffers(count: number, { workload, participation, objective }: FactorizationContext): Buffers {
  const { rounds } = workload;
  const target = workload.coefficients === undefined ? prefixSum(rounds) : workload;
  const loss = (free: Float64Array): number => {
    const { decays, weights } = buffersFrom(free);
    const sensitivity = toeplitzSensitivity(bufferCoefficients(decays, weights, rounds), rounds, participation).value;
    const errors = toeplitzErrors(target, invertBuffers(decays, weights, rounds));
    const value = Math.log(sensitivity * (objective === "max" ? errors.max : errors.rootMeanSquare));
    return Number.isFinite(value) ? value : Number.POSITIVE_INFINITY;
  };
  // Distances from 1 spread evenly on a logarithmic scale between one half and one round in all, or half as far.
  const rough = [1, 0.5].map((part) => {
    const span = part * Math.log(Math.max(4, rounds));
    const distances = Array.from({ length: 2 * count }, (_, i) => 0.8 * Math.exp((-span * (i + 0.5)) / (2 * count)));
    return searchSimplex(loss, freeFrom(distances), 0.5, 1e-9, 400 * count);
  });
  const best = rough.reduce((left, right) => (right.value < left.value ? right : left));
  const again = searchSimplex(loss, best.x, 0.2, 1e-12, 400 * count);
  const { x } = minimize(withDifferences(loss), again.x, { maxIterations: 300, gradientTolerance: 1e-9, valueTolerance: 1e-13 });
  return buffersFrom(x);
}
