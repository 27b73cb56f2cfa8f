/**
 * The exact privacy profiles of the events that the "pld" accountant knows, in both directions. Imports the events, the Gaussian profile.
 *
 * A direction is an ordered pair of distributions, "upper" against "lower"; its profile is delta(epsilon), the hockey-stick divergence,
 * at an epsilon of any sign.
 */
import type { SimpleEvent } from "../event.ts";
import { gaussianDelta, sampledAddDelta, sampledRemoveDelta } from "./gaussian-profile.ts";

/** One direction of an event. */
export interface LossProfile {
  /** delta at an epsilon of any sign. */
  delta(epsilon: number): number;
  /** The same of the exchanged pair. */
  exchangedDelta(epsilon: number): number;
  /** Losses below have a mass of at most `lossTail`. */
  readonly low: number;
  /** Losses above likewise. */
  readonly high: number;
}

/** The mass beyond the ends of a profile's range. */
export const lossTail: number = Math.exp(-50);
/** The standard normal exceeds this with probability below `lossTail`. */
const normalTail = 9.7;

/** The directions of an event: one when both are the same, else two. Undefined for kinds without a known profile. */
export function lossProfilesOf(event: SimpleEvent): readonly LossProfile[] | undefined {
  switch (event.kind) {
    case "gaussian":
      return [gaussianProfile(event.noiseMultiplier)];
    case "poisson-gaussian":
      if (event.samplingRate === 1) return [gaussianProfile(event.noiseMultiplier)];
      return sampledProfiles(event.samplingRate, event.noiseMultiplier);
    case "laplace":
      return [laplaceProfile(1 / event.noiseMultiplier)];
    case "pure":
    // Which of its pairs is the worst depends on what it is composed with; none is worse than this one.
    case "exponential":
      return [pureProfile(event.epsilon)];
    default:
      return undefined;
  }
}

function symmetric(delta: (epsilon: number) => number, reach: number): LossProfile {
  return { delta, exchangedDelta: delta, low: -reach, high: reach };
}

function gaussianProfile(z: number): LossProfile {
  const delta = (epsilon: number): number => gaussianDelta(epsilon, z);
  const mean = 1 / (2 * z * z);
  return { delta, exchangedDelta: delta, low: mean - normalTail / z, high: mean + normalTail / z };
}

/** With a unit against without it, and the other way round: losses of x ~ the upper distribution of noise, shifted by one with rate q. */
function sampledProfiles(q: number, z: number): readonly LossProfile[] {
  const remove = (epsilon: number): number => sampledRemoveDelta(epsilon, z, q);
  const add = (epsilon: number): number => sampledAddDelta(epsilon, z, q);
  const lossAt = (x: number): number => {
    const exponent = (2 * x - 1) / (2 * z * z);
    return exponent > 700 ? exponent + Math.log(q) : Math.log1p(q * Math.expm1(exponent));
  };
  return [
    { delta: remove, exchangedDelta: add, low: lossAt(-normalTail * z), high: lossAt(1 + normalTail * z) },
    { delta: add, exchangedDelta: remove, low: -lossAt(normalTail * z), high: -lossAt(-normalTail * z) },
  ];
}

function laplaceProfile(epsilon: number): LossProfile {
  const delta = (at: number): number => {
    if (at >= epsilon) return 0;
    return at <= -epsilon ? -Math.expm1(at) : -Math.expm1((at - epsilon) / 2);
  };
  return symmetric(delta, epsilon);
}

/** Binary randomized response, the worst of all mechanisms of one pure epsilon. */
function pureProfile(epsilon: number): LossProfile {
  const delta = (at: number): number => {
    if (at >= epsilon) return 0;
    return at <= -epsilon ? -Math.expm1(at) : -Math.expm1(at - epsilon) / (1 + Math.exp(-epsilon));
  };
  return symmetric(delta, epsilon);
}
