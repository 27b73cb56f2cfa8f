/** The banded Toeplitz factorization with optimized bands. Imports the seam, builders, minimize, toeplitz and valibot. */
import * as v from "valibot";
import { toeplitzFactorization } from "./builders.ts";
import type { FactorizationDefinition, Objective } from "./factorization.ts";
import { outputsFilter } from "./filter.ts";
import { type Differentiable, minimize } from "./minimize.ts";
import { bandsFor } from "./participation.ts";
import { rootOf } from "./square-root.ts";
import { invertToeplitz, solveToeplitz } from "./toeplitz.ts";
import type { Workload } from "./workload.ts";

/** Options of the banded Toeplitz factorization. */
export interface BandedToeplitzOptions {
  readonly kind: "banded-toeplitz";
  /** Diagonals of C; when missing, the separation of the schema (64 at most), with which columns of two participations never overlap. */
  readonly bands?: number | undefined;
}

/** C is Toeplitz with few bands, optimized for columns that do not overlap. */
export const bandedToeplitz: FactorizationDefinition<BandedToeplitzOptions> = {
  kind: "banded-toeplitz",
  summary: "Few optimized bands, equal along each diagonal: bands - 1 results of memory; seconds to optimize up to 4096 rounds.",
  source: "Kalinin and Lampert 2024, https://arxiv.org/abs/2405.13763; McKenna 2024, https://arxiv.org/abs/2408.08868",
  options: v.strictObject({
    kind: v.literal("banded-toeplitz"),
    bands: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8192))),
  }),
  create({ bands }, { workload, participation, objective }) {
    const used = Math.min(bands ?? bandsFor(participation, workload.rounds), workload.rounds);
    const strategy = optimizeBands(workload, used, objective);
    const inverse = invertToeplitz(strategy, workload.rounds);
    const filter = outputsFilter(strategy.length - 1, (_, back) => strategy[back]!);
    return toeplitzFactorization({ kind: "banded-toeplitz", workload, strategy, inverse, filter });
  },
};

/**
 * The first column of the banded Toeplitz strategy of least loss for one participation, scaled to norm 1. For a workload that is not
 * Toeplitz, the optimum of the prefix sum.
 *
 * Tolerance: the loss is within 1e-8 of a local minimum's, reached from the square root.
 */
export function optimizeBands(workload: Workload, bands: number, objective: Objective): Float64Array {
  const start = rootOf(workload).strategy.slice(0, bands);
  const target = workload.coefficients ?? new Float64Array(workload.rounds).fill(1);
  const { x } = minimize(bandLoss(target, objective), start, { maxIterations: 2000, gradientTolerance: 1e-12, valueTolerance: 1e-14 });
  const norm = Math.sqrt(x.reduce((total, value) => total + value * value, 0));
  return x.map((value) => value / norm);
}

/**
 * ln(|c|^2 E(c)) and its gradient, in O(rounds x bands).
 *
 * Letters: c, first column of C; beta = C^-1 a, first column of B; E = sum_i w_i beta_i^2 with w_i = (n - i) / n for the mean of the
 * rows' variances and 1 for the last row's. C' lambda = w beta backwards gives dE / dc_j = -2 sum_i lambda_i beta_(i - j).
 */
function bandLoss(a: Float64Array, objective: Objective): Differentiable {
  const n = a.length;
  return (c, gradient) => {
    if (!(c[0]! > 0)) return Number.POSITIVE_INFINITY;
    const beta = solveToeplitz(c, a);
    let error = 0;
    const backwards = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const weighted = (objective === "mean" ? (n - i) / n : 1) * beta[i]!;
      error += weighted * beta[i]!;
      backwards[n - 1 - i] = weighted;
    }
    const lambda = solveToeplitz(c, backwards).reverse();
    const norm = c.reduce((total, value) => total + value * value, 0);
    for (let j = 0; j < c.length; j++) {
      let total = 0;
      for (let i = j; i < n; i++) total += lambda[i]! * beta[i - j]!;
      gradient[j] = (2 * c[j]!) / norm - (2 * total) / error;
    }
    return Number.isFinite(error) ? Math.log(norm * error) : Number.POSITIVE_INFINITY;
  };
}
