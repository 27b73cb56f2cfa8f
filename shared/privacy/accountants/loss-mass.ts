/**
 * Privacy loss distributions on a grid: made from profiles, convolved by FFT. Imports the profiles, the FFT.
 *
 * Every step is pessimistic: the grid's distribution dominates the true one, and mass that is cut off counts as an infinite loss.
 *
 * Source: connecting the dots, Doroshenko et al. 2022, https://arxiv.org/abs/2207.04380; truncation, Koskela et al. 2021,
 * https://arxiv.org/abs/2102.12412
 */
import { fft, inverseFft, nextPowerOfTwo } from "../numerics/fft.ts";
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

/** The mass that one truncation may move to infinity. */
export const truncatedMass = 1e-15;

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
  return { step, first, mass, infinite };
}

/** The sum of `count` independent losses. */
export function selfConvolve(loss: LossMass, count: number): LossMass {
  if (count === 1) return loss;
  const [low, high] = rangeOfSum(loss.mass, count);
  const size = nextPowerOfTwo(Math.max(high - low + 1, loss.mass.length));
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  re.set(loss.mass);
  fft(re, im);
  for (let i = 0; i < size; i++) {
    const radius = Math.hypot(re[i]!, im[i]!) ** count;
    const angle = Math.atan2(im[i]!, re[i]!) * count;
    re[i] = radius * Math.cos(angle);
    im[i] = radius * Math.sin(angle);
  }
  inverseFft(re, im);
  const mass = new Float64Array(high - low + 1);
  for (let i = 0; i < mass.length; i++) mass[i] = clean(re[(i + low) % size]!);
  const infinite = -Math.expm1(count * Math.log1p(-loss.infinite)) + truncatedMass;
  return { step: loss.step, first: loss.first * count + low, mass, infinite };
}

/** The sum of two independent losses on one grid. */
export function convolve(a: LossMass, b: LossMass): LossMass {
  const length = a.mass.length + b.mass.length - 1;
  const size = nextPowerOfTwo(length);
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  const [otherRe, otherIm] = [new Float64Array(size), new Float64Array(size)];
  re.set(a.mass);
  otherRe.set(b.mass);
  fft(re, im);
  fft(otherRe, otherIm);
  for (let i = 0; i < size; i++) {
    const x = re[i]! * otherRe[i]! - im[i]! * otherIm[i]!;
    im[i] = re[i]! * otherIm[i]! + im[i]! * otherRe[i]!;
    re[i] = x;
  }
  inverseFft(re, im);
  const mass = re.subarray(0, length).map(clean);
  return trim({ step: a.step, first: a.first + b.first, mass, infinite: a.infinite + b.infinite - a.infinite * b.infinite });
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

/** The places that hold the sum of `count` losses but for `truncatedMass`, by Chernoff's bound at 40 exponents. */
export function rangeOfSum(mass: Float64Array, count: number): readonly [number, number] {
  let low = 0;
  let high = (mass.length - 1) * count;
  for (let k = 1; k <= 20; k++) {
    const rate = k / mass.length;
    const allowance = Math.log(2 / truncatedMass);
    let rising = 0;
    let falling = 0;
    const last = mass.length - 1;
    for (let i = 0; i <= last; i++) {
      rising += mass[i]! * Math.exp((i - last) * rate);
      falling += mass[i]! * Math.exp(-i * rate);
    }
    high = Math.min(high, Math.ceil((count * (Math.log(rising) + last * rate) + allowance) / rate));
    low = Math.max(low, Math.floor((count * Math.log(falling) + allowance) / -rate));
  }
  return [low, Math.max(low, high)];
}

/** Cuts both ends of at most half of `truncatedMass` each; the upper end's mass becomes an infinite loss, the lower end's moves up. */
function trim({ step, first, mass, infinite }: LossMass): LossMass {
  let low = 0;
  let high = mass.length - 1;
  let [cutLow, cutHigh] = [0, 0];
  while (low < high && cutLow + mass[low]! <= truncatedMass / 2) cutLow += mass[low++]!;
  while (high > low && cutHigh + mass[high]! <= truncatedMass / 2) cutHigh += mass[high--]!;
  const kept = mass.slice(low, high + 1);
  kept[0] = kept[0]! + cutLow;
  return { step, first: first + low, mass: kept, infinite: infinite + cutHigh };
}

/** A probability without the rounding that can make it negative. */
function clean(probability: number): number {
  return probability > 0 ? probability : 0;
}
