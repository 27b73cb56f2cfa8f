/**
 * Noise in shares: each device rotates its bounded vector, rounds it to whole steps and adds integer noise that is too little for itself, but
 * summed over enough devices is what the whole sum needs. Imports clips, the mechanism seam, rotation, rounding, samplers, random.
 *
 * The guarantee is about whoever sees no less than the sum: it takes a protection under which nobody does, and at least `shares` devices in
 * every sum that do not tell their share; fewer must end the round.
 *
 * Source: Kairouz, Liu and Steinke 2021, https://arxiv.org/abs/2102.06387; Agarwal, Kairouz and Liu 2021, https://arxiv.org/abs/2110.04995
 */
import { createRng } from "../../random.ts";
import { isFiniteVector } from "../clips/norm.ts";
import type { PrivacyEvent } from "../event.ts";
import { nonNegative } from "../event-checks.ts";
import { type Mechanism, type MechanismFacts, type MechanismSetting, refuseAddRemove } from "../mechanism.ts";
import { requireLength } from "../mechanisms/grid-noise.ts";
import { type RoundedNorms, roundedNorms } from "../rounded-norm.ts";
import { createRandomBits } from "../samplers/bits.ts";
import type { Sampler } from "../samplers/sampler.ts";
import { createRotation, type Rotation, signBytes } from "./rotation.ts";
import { roundConditionally } from "./stochastic-rounding.ts";
import { paddedLength } from "./walsh-hadamard.ts";

/** The grid of a run, and the noise on it. */
export interface ShareGrid {
  /** Values of a rotated vector. */
  readonly rotatedSize: number;
  /** A step, in the vector's units. */
  readonly unit: number;
  /** Norms of a rounded vector, in steps. */
  readonly norms: RoundedNorms;
  /** How far neighboring sums may lie apart in L2 and L1, in steps. */
  readonly sensitivity: RoundedNorms;
  /** Shares that a sum holds at least. */
  readonly shares: number;
  /** Standard deviation of one share, in steps. */
  readonly shareStddev: number;
}

/** A rotated entry is as good as never further out than this many times the vector's norm over the root of its size. */
const spread = 7;

/** A share of noise is as good as never further out than this many standard deviations. */
const tail = 12;

/**
 * The grid for these facts: steps so fine that rounding adds a small part to the norm, and that a share has many.
 * @throws RangeError for a noiseMultiplier that is negative or not finite
 */
export function shareGrid({ dimension, sensitivity, neighboring, noiseMultiplier, shares = 1 }: MechanismFacts): ShareGrid {
  nonNegative(noiseMultiplier, "noiseMultiplier");
  const factor = neighboring === "replace" ? 2 : 1;
  const bound = sensitivity / factor;
  const rotatedSize = paddedLength(dimension);
  const steps = 2 ** Math.ceil(Math.log2(Math.max(16 * Math.sqrt(rotatedSize), 64 * Math.sqrt(shares))));
  const norms = roundedNorms(steps, rotatedSize);
  const apart = { l2: factor * norms.l2, l1: factor * norms.l1 };
  const shareStddev = (noiseMultiplier * apart.l2) / Math.sqrt(shares);
  return { rotatedSize, unit: bound / steps, norms, sensitivity: apart, shares, shareStddev };
}

/** What distinguishes one kind of shares from another. */
export interface ShareKind {
  readonly kind: string;
  /** What a round of sums with these shares costs. */
  event(facts: MechanismFacts): PrivacyEvent;
  /** Draws one share's noise of a standard deviation, in steps. */
  createSampler(setting: MechanismSetting, stddev: number): Sampler;
}

/**
 * A device's half of noise in shares, and what restores a sum. `noise` expects a vector of norm at most the clip's bound.
 *
 * @throws CofactorError CONFIG_INVALID for the relation "add-remove": who takes part is seen
 */
export function createShares(kind: ShareKind, setting: MechanismSetting): Mechanism {
  refuseAddRemove(kind.kind, setting.neighboring);
  const { dimension, label = "" } = setting;
  const { rotatedSize, unit, norms, shareStddev } = shareGrid(setting);
  const sampler = kind.createSampler(setting, shareStddev);
  const bits = createRandomBits(setting.rng);
  const events = Object.freeze([kind.event(setting)]);
  const most = Math.ceil((norms.l2 * Math.min(Math.sqrt(rotatedSize), spread)) / Math.sqrt(rotatedSize));
  const variance = (unit * shareStddev) ** 2;
  let known: { readonly round: number; readonly rotation: Rotation } | undefined;
  const rotationOf = (round: number): Rotation => {
    if (known?.round !== round) known = { round, rotation: createRotation(dimension, publicSigns(label, round, dimension)) };
    return known.rotation;
  };
  return {
    kind: kind.kind,
    placement: "distributed",
    events: () => events,
    noise(vector, round) {
      requireLength(vector, dimension);
      const rotated = rotationOf(round).rotate(isFiniteVector(vector) ? vector : new Float64Array(dimension));
      for (let i = 0; i < rotatedSize; i++) rotated[i] = Math.min(most, Math.max(-most, rotated[i]! / unit));
      const values = new Float64Array(rotatedSize);
      roundConditionally(rotated, norms, bits, values);
      rotated.fill(0);
      sampler.addTo(values);
      return { values, events };
    },
    variance: () => variance,
    reach: most + Math.ceil(tail * shareStddev) + 1,
    form: {
      size: rotatedSize,
      restore(sum, round) {
        requireLength(sum, rotatedSize);
        return rotationOf(round).restore(sum.map((steps) => steps * unit));
      },
    },
  };
}

/** The signs of a round's rotation: public, equal on all devices of the run, and of no one's choosing that matters. */
function publicSigns(label: string, round: number, size: number): Uint8Array {
  const rng = createRng(0, "rotation", label, round);
  return Uint8Array.from({ length: signBytes(size) }, () => rng.below(256));
}
