/**
 * The exact accountant of Gaussian noise without sampling: any number of Gaussians is one. Imports the seam, valibot.
 *
 * Numerical error: relative 1e-12 of epsilon. Every unamplified mechanism with correlated noise is one such Gaussian, so this is the
 * accountant of the server's view.
 */
import * as v from "valibot";
import { type AccountantDefinition, createAccountant } from "./accountant.ts";
import { gaussianDelta, gaussianEpsilon } from "./gaussian-profile.ts";

/** Options of the exact accountant: none. */
export interface ExactOptions {
  readonly kind: "exact";
}

/** The exact accountant. Its state is the sum of 1 / noiseMultiplier^2. */
export const exact: AccountantDefinition<ExactOptions> = {
  kind: "exact",
  summary: "Gaussian noise without sampling, exactly.",
  source: "Balle and Wang 2018, https://arxiv.org/abs/1805.06530",
  options: v.strictObject({ kind: v.literal("exact") }),
  create: (_options, neighboring) =>
    createAccountant<number>(
      {
        kind: "exact",
        neighboring,
        add: (sum, { event, count }) => (event.kind === "gaussian" ? sum + count / event.noiseMultiplier ** 2 : sum),
        refuse: ({ kind }) => (kind === "gaussian" ? undefined : `expected events of kind "gaussian" alone, got "${kind}"`),
        epsilon: (sum, delta) => gaussianEpsilon(delta, 1 / Math.sqrt(sum)),
        delta: (sum, epsilon) => gaussianDelta(epsilon, 1 / Math.sqrt(sum)),
      },
      0,
    ),
};
