/** The banded inverse square root: the noise reaches back over few rounds. Imports the seam, builders, square-root and valibot. */
import * as v from "valibot";
import { inverseFilter, toeplitzFactorization } from "./builders.ts";
import type { FactorizationDefinition } from "./factorization.ts";
import { rootOf } from "./square-root.ts";
import { invertToeplitz } from "./toeplitz.ts";

/** Options of the banded inverse square root. */
export interface BisrOptions {
  readonly kind: "bisr";
  /** Coefficients of C^-1 that are kept. */
  readonly bands: number;
}

/** C^-1 is the inverse square root cut to its first `bands` coefficients; C itself is dense. */
export const bisr: FactorizationDefinition<BisrOptions> = {
  kind: "bisr",
  summary: "The inverse square root of the workload cut to few bands: bands - 1 fresh vectors of memory, nothing to optimize.",
  source: "Kalinin, McMahan, Upadhyay and Lampert 2025, https://arxiv.org/abs/2505.12128",
  options: v.strictObject({
    kind: v.literal("bisr"),
    bands: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_536)), 8),
  }),
  create({ bands }, { workload }) {
    const inverse = rootOf(workload).inverse.fill(0, Math.min(bands, workload.rounds));
    const strategy = invertToeplitz(inverse.subarray(0, bands), workload.rounds);
    return toeplitzFactorization({ kind: "bisr", workload, strategy, inverse, filter: inverseFilter(inverse) });
  },
};
