/** Skellam noise in shares: closed under sums, so that its cost is that of one draw. Imports the seam, shares, samplers, valibot. */
import * as v from "valibot";
import { createShares, type ShareKind, shareGrid } from "../distributed/shares.ts";
import { skellamEvent } from "../event.ts";
import type { MechanismDefinition } from "../mechanism.ts";
import { createSkellam } from "../samplers/skellam.ts";
import { simulatedSteps } from "./grid-noise.ts";
import { corruption } from "./share-options.ts";

/** Options of Skellam noise in shares. */
export interface SkellamOptions {
  readonly kind: "skellam";
  /** Share of a sum's least number of contributors whose noise does not count, since they may collude with whoever sees the sum. */
  readonly corruption: number;
}

/** Skellam noise, a share of it from each device. */
export const skellam: MechanismDefinition<SkellamOptions> = {
  kind: "skellam",
  summary: "Each device adds a share of Skellam noise before its contribution is hidden; sums of shares are Skellam again.",
  source: "Agarwal, Kairouz and Liu 2021, https://arxiv.org/abs/2110.04995",
  placement: "distributed",
  options: v.strictObject({ kind: v.literal("skellam"), corruption }),
  event: (_options, facts) => kind.event(facts),
  create: (_options, setting) => createShares(kind, setting),
};

const kind: ShareKind = {
  kind: "skellam",
  event(facts) {
    const { sensitivity, shares, shareStddev } = shareGrid(facts);
    const variance = shares * shareStddev ** 2;
    return skellamEvent({ neighboring: facts.neighboring, variance, sensitivity: sensitivity.l2, l1Sensitivity: sensitivity.l1 });
  },
  createSampler: ({ rng }, stddev) => (rng.kind === "secure" ? createSkellam(rng, stddev ** 2) : simulatedSteps(rng, stddev)),
};
