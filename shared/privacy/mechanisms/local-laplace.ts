/**
 * Laplace noise on each device's own vector, of pure epsilon. Imports the seam, clips, grid-noise, valibot.
 *
 * For vectors of few entries: the L1 bound grows with their number, and beyond some 50 Gaussian noise is far less.
 */
import * as v from "valibot";
import { sensitivityOf } from "../clips/clip.ts";
import { isFiniteVector, shrink } from "../clips/norm.ts";
import { laplaceEvent } from "../event.ts";
import { type MechanismDefinition, refuseAddRemove } from "../mechanism.ts";
import { laplaceGridNoise } from "./grid-noise.ts";

/** Options of local Laplace noise. */
export interface LocalLaplaceOptions {
  readonly kind: "local-laplace";
  /** L1 bound to which the vector is scaled down first. */
  readonly clipNorm: number;
}

/** Laplace noise for one device. */
export const localLaplace: MechanismDefinition<LocalLaplaceOptions> = {
  kind: "local-laplace",
  summary: "Each device scales its vector down in L1 and adds Laplace noise to every entry: pure epsilon, for few entries.",
  source: "Dwork et al. 2006, https://doi.org/10.1007/11681878_14",
  placement: "local",
  options: v.strictObject({ kind: v.literal("local-laplace"), clipNorm: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), 1) }),
  event: (_options, { noiseMultiplier, neighboring }) => laplaceEvent({ noiseMultiplier, neighboring }),
  create(options, setting) {
    refuseAddRemove("local-laplace", setting.neighboring);
    const l1Sensitivity = sensitivityOf(options.clipNorm, setting.neighboring);
    const noise = laplaceGridNoise(setting.rng, setting.noiseMultiplier, l1Sensitivity, setting.dimension);
    const events = Object.freeze([localLaplace.event(options, setting)]);
    return {
      kind: "local-laplace",
      placement: "local",
      events: () => events,
      noise: (vector) => ({ values: noise.add(clipL1(vector, options.clipNorm)), events }),
      variance: () => 2 * noise.scale ** 2,
      reach: options.clipNorm + 70 * noise.scale,
    };
  },
};

/** A copy whose absolute values sum up to at most `bound`; zeros for a vector that is not finite, or whose sum is not. */
function clipL1(values: Float64Array, bound: number): Float64Array {
  const norm = values.reduce((sum, value) => sum + Math.abs(value), 0);
  if (!isFiniteVector(values) || !Number.isFinite(norm)) return new Float64Array(values.length);
  return norm <= bound ? values.slice() : values.map((value) => value * (bound / norm) * shrink);
}
