/** The square root of the workload as a Toeplitz matrix. Imports the seam, builders, toeplitz and valibot. */
import * as v from "valibot";
import { inverseFilter, toeplitzFactorization } from "./builders.ts";
import type { FactorizationDefinition } from "./factorization.ts";
import { inversePrefixRoot, invertToeplitz, prefixRoot, rootToeplitz } from "./toeplitz.ts";
import type { Workload } from "./workload.ts";

/** Options of the square root: none. */
export interface SquareRootOptions {
  readonly kind: "square-root";
}

/** C is the square root of the workload: nothing to optimize, and close to the best for one participation. */
export const squareRoot: FactorizationDefinition<SquareRootOptions> = {
  kind: "square-root",
  summary: "The square root of the workload; its noise needs the fresh vectors of all earlier rounds.",
  source: "Fichtenberger, Henzinger and Upadhyay 2023, https://arxiv.org/abs/2202.11205",
  options: v.strictObject({ kind: v.literal("square-root") }),
  create(_, { workload }) {
    const { strategy, inverse } = rootOf(workload);
    return toeplitzFactorization({ kind: "square-root", workload, strategy, inverse, filter: inverseFilter(inverse) });
  },
};

/** First columns [rounds] of the square root and of its inverse; of the prefix sum's where the workload is not Toeplitz. */
export function rootOf({ rounds, name, coefficients }: Workload): { readonly strategy: Float64Array; readonly inverse: Float64Array } {
  if (coefficients === undefined || name === "prefix-sum") {
    return { strategy: prefixRoot(rounds), inverse: inversePrefixRoot(rounds) };
  }
  const strategy = rootToeplitz(coefficients);
  return { strategy, inverse: invertToeplitz(strategy, rounds) };
}
