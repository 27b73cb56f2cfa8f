/**
 * Gaussian noise on the sum of a cohort: what DP-FedAvg adds. Imports the seam, grid-noise, valibot.
 *
 * The noise is on every entry of the vector, also of items that nobody touched. The sum is divided by a public number afterwards, never
 * by the realized size of the cohort; an empty cohort's sum is zeros with noise.
 */
import * as v from "valibot";
import { gaussianEvent } from "../event.ts";
import type { MechanismDefinition } from "../mechanism.ts";
import { gaussianGridNoise } from "./grid-noise.ts";

/** Options of central Gaussian noise: none, all is calibrated. */
export interface GaussianOptions {
  readonly kind: "gaussian";
}

/** Independent Gaussian noise on each round's sum. */
export const gaussian: MechanismDefinition<GaussianOptions> = {
  kind: "gaussian",
  summary: "Gaussian noise on the cohort's sum, fresh in every round.",
  source: "McMahan et al. 2018, https://arxiv.org/abs/1710.06963",
  placement: "central",
  options: v.strictObject({ kind: v.literal("gaussian") }),
  event: (_options, { noiseMultiplier, neighboring }) => gaussianEvent({ noiseMultiplier, neighboring }),
  create(options, setting) {
    const noise = gaussianGridNoise(setting.rng, setting.noiseMultiplier, setting.sensitivity, setting.dimension);
    const events = Object.freeze([gaussian.event(options, setting)]);
    return {
      kind: "gaussian",
      placement: "central",
      events: () => events,
      noise: (vector) => ({ values: noise.add(vector), events }),
      variance: () => noise.scale ** 2,
    };
  },
};
