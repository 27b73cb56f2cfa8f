/** The banded factorization with optimized entries. Imports the seam, builders, the optimizer and valibot. */
import * as v from "valibot";
import { gramFactorization } from "./builders.ts";
import { checkDenseRounds } from "./dense.ts";
import type { FactorizationDefinition } from "./factorization.ts";
import { bandedShape, optimizeGram } from "./optimal-repeated.ts";
import { bandsFor } from "./participation.ts";

/** Options of the banded factorization. */
export interface BandedOptions {
  readonly kind: "banded";
  /** Diagonals of C; when missing, the separation of the schema (64 at most), with which columns of two participations never overlap. */
  readonly bands?: number | undefined;
  /** Iterations of the descent: each takes about 4 rounds^3 operations. */
  readonly maxIterations: number;
}

/** C has few diagonals, every entry free, columns of norm 1: the optimum of its kind in mean error. */
export const banded: FactorizationDefinition<BandedOptions> = {
  kind: "banded",
  summary: "Few diagonals with every entry optimized: bands - 1 results of memory; minutes above 256 rounds.",
  source: "Choquette-Choo et al. 2023, https://arxiv.org/abs/2306.08153",
  options: v.strictObject({
    kind: v.literal("banded"),
    bands: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2048))),
    maxIterations: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000)), 2000),
  }),
  create({ bands, maxIterations }, { workload, participation }) {
    checkDenseRounds(workload.rounds);
    const used = Math.min(bands ?? bandsFor(participation, workload.rounds), workload.rounds);
    const gram = optimizeGram(workload, bandedShape(used), { maxIterations, gradientTolerance: 1e-6 });
    return gramFactorization({ kind: "banded", workload, gram, bands: used });
  },
};
