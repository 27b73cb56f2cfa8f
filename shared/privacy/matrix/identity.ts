/** The baseline of independent noise: C is the identity. Imports the seam, builders and valibot. */
import * as v from "valibot";
import { toeplitzFactorization } from "./builders.ts";
import type { FactorizationDefinition } from "./factorization.ts";
import { independentFilter } from "./filter.ts";
import { invertToeplitz } from "./toeplitz.ts";

/** Options of independent noise: none. */
export interface IdentityOptions {
  readonly kind: "identity";
}

/** Independent noise in every round, as DP-SGD and DP-FedAvg add it. */
export const identity: FactorizationDefinition<IdentityOptions> = {
  kind: "identity",
  summary: "Independent noise in every round: the baseline of DP-SGD.",
  source: "Abadi et al. 2016, https://arxiv.org/abs/1607.00133",
  options: v.strictObject({ kind: v.literal("identity") }),
  create(_, { workload }) {
    const strategy = Float64Array.of(1);
    const inverse = invertToeplitz(strategy, workload.rounds);
    return toeplitzFactorization({ kind: "identity", workload, strategy, inverse, filter: independentFilter });
  },
};
