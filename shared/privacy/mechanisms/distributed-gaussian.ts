/** Discrete Gaussian noise in shares. Imports the seam, shares, samplers, valibot. */
import * as v from "valibot";
import { createShares, type ShareKind, shareGrid } from "../distributed/shares.ts";
import { distributedGaussianEvent } from "../event.ts";
import type { MechanismDefinition } from "../mechanism.ts";
import { createDiscreteGaussian } from "../samplers/discrete-gaussian.ts";
import { simulatedSteps } from "./grid-noise.ts";
import { corruption } from "./share-options.ts";

/** Options of discrete Gaussian noise in shares. */
export interface DistributedGaussianOptions {
  readonly kind: "distributed-gaussian";
  /** Share of a sum's least number of contributors whose noise does not count, since they may collude with whoever sees the sum. */
  readonly corruption: number;
}

/** Discrete Gaussian noise, a share of it from each device. */
export const distributedGaussian: MechanismDefinition<DistributedGaussianOptions> = {
  kind: "distributed-gaussian",
  summary: "Each device adds a share of discrete Gaussian noise before its contribution is hidden: nobody sees a sum without noise.",
  source: "Kairouz, Liu and Steinke 2021, https://arxiv.org/abs/2102.06387",
  placement: "distributed",
  options: v.strictObject({ kind: v.literal("distributed-gaussian"), corruption }),
  event: (_options, facts) => kind.event(facts),
  create: (_options, setting) => createShares(kind, setting),
};

const kind: ShareKind = {
  kind: "distributed-gaussian",
  event(facts) {
    const { rotatedSize, sensitivity, shares, shareStddev } = shareGrid(facts);
    return distributedGaussianEvent({
      neighboring: facts.neighboring,
      shareStddev,
      shares,
      dimension: rotatedSize,
      sensitivity: sensitivity.l2,
      l1Sensitivity: sensitivity.l1,
    });
  },
  createSampler: ({ rng }, stddev) => (rng.kind === "secure" ? createDiscreteGaussian(rng, stddev) : simulatedSteps(rng, stddev)),
};
