/**
 * A clip norm that follows a quantile of the contributions' norms, learned from noised bits. Imports the events, flat's norm, check.
 *
 * Pure steps: the device gives `adaptiveBit`, the server sums the bits, adds noise of `bitNoiseStddev` and calls `adaptClip`. The bits
 * cost privacy of their own: `adaptiveBitEvent`. With correlated noise the norm must stay fixed between restarts, since it enters the
 * linear map that the noise was made for.
 *
 * Source: Andrew et al. 2019, https://arxiv.org/abs/1905.03871
 */
import { finite, inRange } from "../../check.ts";
import { type GaussianEvent, gaussianEvent, type Neighboring } from "../event.ts";
import { normOf } from "./norm.ts";

/** How the clip norm is adapted; all public. */
export interface AdaptiveClip {
  /** The clip norm of the first round. */
  readonly initialClipNorm: number;
  /** The share of contributions that shall stay unclipped, in [0, 1]. */
  readonly quantile: number;
  /** Step: of the norm's logarithm when geometric, of the norm itself when arithmetic. */
  readonly learningRate: number;
  readonly update: "geometric" | "arithmetic";
  /** Standard deviation of the noise on the sum of bits; a twentieth of the cohort is usual. */
  readonly bitNoiseStddev: number;
  /** The public expected number of contributions; never the realized one. */
  readonly expectedCohort: number;
}

/**
 * Usual settings for a cohort: the median, steps of 0.2, noise of a twentieth of the cohort.
 *
 * @throws RangeError when a number is not above 0
 */
export function adaptiveClipFor(initialClipNorm: number, expectedCohort: number): AdaptiveClip {
  inRange(initialClipNorm, Number.MIN_VALUE, Number.MAX_VALUE, "initialClipNorm");
  inRange(expectedCohort, Number.MIN_VALUE, Number.MAX_VALUE, "expectedCohort");
  const bitNoiseStddev = expectedCohort / 20;
  return Object.freeze({ initialClipNorm, quantile: 0.5, learningRate: 0.2, update: "geometric", bitNoiseStddev, expectedCohort });
}

/** A device's bit: +1/2 when its contribution is within the clip norm, else -1/2. One that is not finite counts as zeros, so +1/2. */
export function adaptiveBit(values: Float64Array, clipNorm: number): number {
  const norm = normOf(values);
  return norm > clipNorm ? -0.5 : 0.5;
}

/**
 * The next round's clip norm.
 *
 * @param noisedBits the sum of the cohort's bits, with its noise
 * @returns at least 0; the noise cannot push a step beyond quantile 0 or 1
 * @throws RangeError when noisedBits is not finite
 */
export function adaptClip(plan: AdaptiveClip, clipNorm: number, noisedBits: number): number {
  const share = Math.min(1, Math.max(0, finite(noisedBits, "noisedBits") / plan.expectedCohort + 0.5));
  const step = plan.learningRate * (share - plan.quantile);
  return plan.update === "geometric" ? clipNorm * Math.exp(-step) : Math.max(0, clipNorm - step);
}

/** What one round's sum of bits costs: a bit's sensitivity is 1/2, and 1 where neighbors replace a contribution by another. */
export function adaptiveBitEvent(plan: AdaptiveClip, neighboring: Neighboring): GaussianEvent {
  return gaussianEvent({ neighboring, noiseMultiplier: plan.bitNoiseStddev / (neighboring === "replace" ? 1 : 0.5) });
}

/**
 * The noise multiplier for the vector that leaves the round's total, vector and bits together, at `noiseMultiplier`.
 *
 * The total is what to account for. Under "replace" both sensitivities double, and the same formula holds.
 *
 * @throws RangeError when the bits alone cost as much as the total: bitNoiseStddev must exceed noiseMultiplier / 2
 */
export function vectorNoiseMultiplier(noiseMultiplier: number, bitNoiseStddev: number): number {
  const left = noiseMultiplier ** -2 - (2 * bitNoiseStddev) ** -2;
  if (!(left > 0)) throw new RangeError(`"bitNoiseStddev" expected more than ${noiseMultiplier / 2}, got ${bitNoiseStddev}`);
  return left ** -0.5;
}
