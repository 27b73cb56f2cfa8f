/**
 * Privacy loss distributions on a grid: made from profiles, and read as profiles again. Imports the profiles.
 *
 * The grid's distribution dominates the true one: its profile is exact at the grid's places and never less between.
 *
 * Source: connecting the dots, Doroshenko et al. 2022, https://arxiv.org/abs/2207.04380
 */
import type { LossProfile } from "./loss-pair.ts";

/** A distribution of losses (first + i) * step. */
export interface LossMass {
  readonly step: number;
  /** The place of entry 0 on the grid. */
  readonly first: number;
  /** Probability by place. */
  readonly mass: Float64Array;
  /** Probability of an infinite loss. */
  readonly infinite: number;
}

/** How many places a profile's grid has. */
export function placesOf(profile: LossProfile, step: number): number {
  return Math.ceil(profile.high / step) - Math.floor(profile.low / step) + 1;
}

/**
 * The distribution on the grid whose profile equals the given one at every place, and is never less between.
 *
 * Below epsilon 0 the profile is near 1 - e^epsilon, which the differences below annihilate: what is left of it there,
 * e^epsilon times the exchanged profile, keeps its precision.
 */
export function massOf(profile: LossProfile, step: number): LossMass {
  const first = Math.floor(profile.low / step);
  const places = Math.max(2, placesOf(profile, step));
  const mass = new Float64Array(places);
  const growth = Math.expm1(step);
  const ratio = Math.exp(step);
  const upper = (place: number): number => profile.delta((first + place) * step);
  const lower = (place: number): number => Math.exp((first + place) * step) * profile.exchangedDelta(-(first + place) * step);
  const split = Math.min(places - 1, Math.max(1, -first));
  let sign: (place: number) => number = lower;
  let [before, here] = [lower(0), lower(1)];
  mass[0] = clean(first < 0 ? (here - before) / growth - before : 1 - upper(0) + (upper(1) - upper(0)) / growth);
  for (let place = 1; place < places - 1; place++) {
    if (place === split) {
      sign = upper;
      [before, here] = [upper(place - 1), upper(place)];
    }
    const next = sign(place + 1);
    mass[place] = clean((next - here - ratio * (here - before)) / growth);
    [before, here] = [here, next];
  }
  const infinite = upper(places - 1);
  mass[places - 1] = clean((infinite - upper(places - 2)) / Math.expm1(-step));
  complete(mass, 1 - infinite);
  return { step, first, mass, infinite };
}

/** Scales a mass up to its true total: what rounding takes from one loss, a power of its transform would take `count` times. */
function complete(mass: Float64Array, total: number): void {
  const factor = Math.max(1, total / mass.reduce((sum, probability) => sum + probability, 0));
  for (let i = 0; i < mass.length; i++) mass[i] = mass[i]! * factor;
}

/** The profile of a distribution at an epsilon of any sign. */
export function deltaOf({ step, first, mass, infinite }: LossMass, epsilon: number): number {
  if (epsilon === Number.POSITIVE_INFINITY) return infinite;
  let delta = infinite;
  for (let i = mass.length - 1; i >= 0 && (first + i) * step > epsilon; i--) {
    delta -= Math.expm1(epsilon - (first + i) * step) * mass[i]!;
  }
  return delta;
}

/** The smallest epsilon >= 0 whose delta is at most the given one. */
export function epsilonOf({ step, first, mass, infinite }: LossMass, delta: number): number {
  if (infinite > delta) return Number.POSITIVE_INFINITY;
  // Between two places delta is above - e^(epsilon - loss) weighted: the mass over the lower place, and the same weighted with
  // e^(loss - its loss), where "loss" is the upper place's.
  const shrink = Math.exp(-step);
  let above = infinite;
  let weighted = 0;
  for (let i = mass.length - 1; i >= -1; i--) {
    const loss = (first + i) * step;
    if (i < 0 || loss < 0 || above - weighted * shrink > delta) {
      return above <= delta ? 0 : Math.max(0, loss + step + Math.log((above - delta) / weighted));
    }
    above += mass[i]!;
    weighted = weighted * shrink + mass[i]!;
  }
  return 0;
}

/** A probability without the rounding that can make it negative. */
export function clean(probability: number): number {
  return probability > 0 ? probability : 0;
}
