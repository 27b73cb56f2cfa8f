/**
 * The seam for randomizers of one number in [-1, 1], and how one of them serves a vector of many. Imports the mechanism seam, samplers.
 *
 * Of a vector's d entries q = max(1, min(d, floor(epsilon / 2.5))) are drawn, independently of the vector, and each is randomized with
 * epsilon / q and multiplied by d / q; all others are zero. So the result hides which items the vector touches.
 *
 * Source: Wang et al. 2019, algorithm 4, https://arxiv.org/abs/1907.00782
 */
import { CofactorError } from "../../errors.ts";
import { isFiniteVector } from "../clips/norm.ts";
import { pureEvent } from "../event.ts";
import { type Mechanism, type MechanismSetting, type NoiseLevel, refuseAddRemove } from "../mechanism.ts";
import { createRandomBits, type RandomBits } from "../samplers/bits.ts";
import { requireLength } from "./grid-noise.ts";

/** Randomizes one number with pure epsilon under replacement. */
export interface ScalarRandomizer {
  /** An unbiased random stand-in for `value` in [-1, 1]. */
  randomize(value: number): number;
  /** Its variance. */
  variance(value: number): number;
  /** The greatest size of a result. */
  readonly reach: number;
}

/** Makes a randomizer for an epsilon > 0. */
export type CreateScalar = (epsilon: number, bits: RandomBits) => ScalarRandomizer;

/** Probabilities of coins are whole numbers of 2^-52. */
export const coinRange: number = 2 ** 52;

/** The event of one round of a mechanism of pure epsilon. */
export function pureLevelEvent({ noiseMultiplier, neighboring }: NoiseLevel): ReturnType<typeof pureEvent> {
  return pureEvent({ neighboring, epsilon: 1 / noiseMultiplier });
}

/**
 * A randomizer of numbers as a mechanism for vectors whose entries lie within +-bound; entries beyond are cut to it.
 *
 * @throws CofactorError CONFIG_INVALID for the relation "add-remove", or a noise multiplier that gives no epsilon above 0
 */
export function createSampledMechanism(kind: string, bound: number, setting: MechanismSetting, createScalar: CreateScalar): Mechanism {
  refuseAddRemove(kind, setting.neighboring);
  const epsilon = 1 / setting.noiseMultiplier;
  if (!(epsilon > 0 && Number.isFinite(epsilon))) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `mechanism "${kind}" expected a finite noiseMultiplier above 0, got ${setting.noiseMultiplier}`,
    );
  }
  const { dimension } = setting;
  const bits = createRandomBits(setting.rng);
  const drawn = Math.max(1, Math.min(dimension, Math.floor(epsilon / 2.5)));
  const scalar = createScalar(epsilon / drawn, bits);
  const factor = (bound * dimension) / drawn;
  const events = Object.freeze([pureLevelEvent(setting)]);
  return {
    kind,
    placement: "local",
    events: () => events,
    noise(vector) {
      requireLength(vector, dimension);
      const usable = isFiniteVector(vector);
      const values = new Float64Array(dimension);
      for (const at of drawPlaces(bits, dimension, drawn)) {
        const value = usable ? Math.min(1, Math.max(-1, vector[at]! / bound)) : 0;
        values[at] = factor * scalar.randomize(value);
      }
      return { values, events };
    },
    variance(value) {
      const unit = value / bound;
      return (dimension / drawn) * bound * bound * (scalar.variance(unit) + unit * unit) - value * value;
    },
    reach: factor * scalar.reach,
  };
}

/** `count` different places of 0 .. dimension - 1, every set equally likely. Source: Floyd, in Bentley 1987. */
function drawPlaces(bits: RandomBits, dimension: number, count: number): ReadonlySet<number> {
  const places = new Set<number>();
  for (let last = dimension - count; last < dimension; last++) {
    const place = bits.below(last + 1);
    places.add(places.has(place) ? last : place);
  }
  return places;
}
