/**
 * Gaussian noise on each device's own vector: nobody is trusted. Imports the seam, clips, grid-noise, valibot.
 *
 * Every entry is noised, so which items the vector touches is hidden. The noise does not shrink with the cohort: the price of no trust.
 */
import * as v from "valibot";
import { sensitivityOf } from "../clips/clip.ts";
import { clipFlat } from "../clips/flat.ts";
import { gaussianEvent } from "../event.ts";
import { type MechanismDefinition, refuseAddRemove } from "../mechanism.ts";
import { gaussianGridNoise } from "./grid-noise.ts";

/** Options of local Gaussian noise. */
export interface LocalGaussianOptions {
  readonly kind: "local-gaussian";
  /** L2 bound to which the vector is scaled down first. */
  readonly clipNorm: number;
}

/** Gaussian noise for one device. */
export const localGaussian: MechanismDefinition<LocalGaussianOptions> = {
  kind: "local-gaussian",
  summary: "Each device scales its vector down and adds Gaussian noise to every entry.",
  source: "Balle and Wang 2018, https://arxiv.org/abs/1805.06530",
  placement: "local",
  options: v.strictObject({ kind: v.literal("local-gaussian"), clipNorm: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), 1) }),
  event: (_options, { noiseMultiplier, neighboring }) => gaussianEvent({ noiseMultiplier, neighboring }),
  create(options, setting) {
    refuseAddRemove("local-gaussian", setting.neighboring);
    const sensitivity = sensitivityOf(options.clipNorm, setting.neighboring);
    const noise = gaussianGridNoise(setting.rng, setting.noiseMultiplier, sensitivity, setting.dimension);
    const events = Object.freeze([localGaussian.event(options, setting)]);
    return {
      kind: "local-gaussian",
      placement: "local",
      events: () => events,
      noise: (vector) => ({ values: noise.add(clipFlat(vector, options.clipNorm)), events }),
      variance: () => noise.scale ** 2,
      reach: options.clipNorm + 12 * noise.scale,
    };
  },
};
