/**
 * Sums of independent privacy losses on one grid, by FFT. Imports the masses, the FFT, bisect.
 *
 * The transform's rounding is about 1e-17 of the largest probability at every place, which would drown the far tail that small deltas
 * ask for. So the sum is made twice: as it is, and tilted by e^(rate place) so that the tail is where the mass lies; each place takes
 * the result whose rounding is less there.
 *
 * Source: truncation, Koskela and Honkela 2021, https://arxiv.org/abs/2102.12412; tilting, as for saddle points, Alghamdi et al. 2023,
 * https://arxiv.org/abs/2208.09595
 */
import { smallestWhere } from "../numerics/bisect.ts";
import { fft, inverseFft, nextPowerOfTwo } from "../numerics/fft.ts";
import { clean, type LossMass } from "./loss-mass.ts";

/** A loss, and how many independent ones like it are summed. */
export interface LossTerm {
  readonly loss: LossMass;
  readonly count: number;
}

/** The mass beyond the ends of a sum, which counts as an infinite loss. */
const truncatedMass = 1e-18;
/** The tilt puts the tail of about e^-this where the mass lies. */
const tiltDepth = 34;

/** The distribution of the sum. All terms are on one grid; at least one. */
export function sumLosses(terms: readonly LossTerm[]): LossMass {
  const [only] = terms;
  if (terms.length === 1 && only!.count === 1) return only!.loss;
  const [low, high] = rangeOfSum(terms);
  const longest = terms.reduce((length, { loss }) => Math.max(length, loss.mass.length), high - low + 1);
  const size = nextPowerOfTwo(longest);
  const plain = transformedSum(terms, size, 0);
  const rate = safeRate(terms, size, tiltRate(terms));
  const tilted = rate === 0 ? plain : transformedSum(terms, size, rate);
  const logMoment = rate === 0 ? 0 : logMomentOf(terms, rate);
  // Undoing the tilt multiplies by e^(logMoment - rate place), which is 1 here and less above.
  const crossing = rate === 0 ? Number.POSITIVE_INFINITY : logMoment / rate;
  const mass = new Float64Array(high - low + 1);
  for (let i = 0; i < mass.length; i++) {
    const place = i + low;
    mass[i] = clean(place > crossing ? tilted[place % size]! * Math.exp(logMoment - rate * place) : plain[place % size]!);
  }
  const finite = terms.reduce((sum, { loss, count }) => sum + count * Math.log1p(-loss.infinite), 0);
  const first = terms.reduce((sum, { loss, count }) => sum + count * loss.first, low);
  return { step: only!.loss.step, first, mass, infinite: 2 * truncatedMass - Math.expm1(finite) };
}

/** The places, counted from the sum of the first ones, between which a sum lies but for `truncatedMass`: Chernoff's bound. */
export function rangeOfSum(terms: readonly LossTerm[]): readonly [number, number] {
  const longest = terms.reduce((length, { loss }) => Math.max(length, loss.mass.length), 1);
  const allowance = Math.log(2 / truncatedMass);
  let low = 0;
  let high = terms.reduce((sum, { loss, count }) => sum + (loss.mass.length - 1) * count, 0);
  for (let k = 1; k <= 20; k++) {
    const rate = k / longest;
    high = Math.min(high, Math.ceil((logMomentOf(terms, rate) + allowance) / rate));
    low = Math.max(low, Math.floor((logMomentOf(terms, -rate) + allowance) / -rate));
  }
  return [low, Math.max(low, high)];
}

/** ln of the mean of e^(rate place) of the sum. */
function logMomentOf(terms: readonly LossTerm[], rate: number): number {
  return terms.reduce((sum, { loss, count }) => sum + count * logMoment(loss.mass, rate), 0);
}

function logMoment(mass: Float64Array, rate: number): number {
  // The largest power is taken out, so that none overflows.
  const last = mass.length - 1;
  const base = rate > 0 ? last : 0;
  let sum = 0;
  for (let i = 0; i <= last; i++) sum += mass[i]! * Math.exp((i - base) * rate);
  return Math.log(sum) + base * rate;
}

/** The rate at which the tilted sum's mean lies where the tail is about e^-tiltDepth. Any rate is right; this one is precise. */
function tiltRate(terms: readonly LossTerm[]): number {
  const longest = terms.reduce((length, { loss }) => Math.max(length, loss.mass.length), 1);
  const stride = Math.ceil(longest / 4096);
  const coarse = terms.map(({ loss, count }) => ({ mass: inBlocks(loss.mass, stride), count }));
  const deep = (rate: number): boolean => {
    let depth = 0;
    for (const { mass, count } of coarse) {
      const [at, beside] = [logMoment(mass, rate), logMoment(mass, rate * 1.001)];
      depth += count * ((beside - at) / 0.001 - at);
    }
    return depth >= tiltDepth;
  };
  let high = stride / longest;
  for (let i = 0; i < 24 && !deep(high); i++) high *= 2;
  return smallestWhere(deep, high / 2, high, 0.02) / stride;
}

/**
 * The tilt's rate, lowered until what the transform wraps around is no more than `truncatedMass` where the tilted sum is used; 0 for
 * no tilt. A sum beyond place crossing + size comes back `size` places lower, multiplied by e^(rate size) when the tilt is undone:
 * Chernoff's bound at some higher rate must outweigh that. Losses that seldom are very large need a low rate.
 */
function safeRate(terms: readonly LossTerm[], size: number, wanted: number): number {
  const logMoments = new Map<number, number>();
  const momentAt = (power: number): number => {
    const known = logMoments.get(power) ?? logMomentOf(terms, wanted * 0.7 ** power);
    logMoments.set(power, known);
    return known;
  };
  for (let power = 0; power <= 12; power++) {
    const rate = wanted * 0.7 ** power;
    const end = momentAt(power) / rate + size;
    for (let higher = power - 1; higher >= power - 6; higher--) {
      const bound = rate * size + momentAt(higher) - wanted * 0.7 ** higher * end;
      if (bound <= Math.log(truncatedMass)) return rate;
    }
  }
  return 0;
}

/** Sums over blocks of `stride` places. */
function inBlocks(mass: Float64Array, stride: number): Float64Array {
  const blocks = new Float64Array(Math.ceil(mass.length / stride));
  for (let i = 0; i < mass.length; i++) blocks[Math.floor(i / stride)]! += mass[i]!;
  return blocks;
}

/** The tilted distribution of the sum, each term scaled to a total of 1, cyclically at `size` places. */
function transformedSum(terms: readonly LossTerm[], size: number, rate: number): Float64Array {
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  const [nextRe, nextIm] = [new Float64Array(size), new Float64Array(size)];
  for (const [index, { loss, count }] of terms.entries()) {
    const { mass } = loss;
    nextRe.fill(0);
    nextIm.fill(0);
    const scale = rate === 0 ? 0 : logMoment(mass, rate);
    for (let i = 0; i < mass.length; i++) nextRe[i] = rate === 0 ? mass[i]! : mass[i]! * Math.exp(rate * i - scale);
    fft(nextRe, nextIm);
    for (let i = 0; i < size; i++) {
      const radius = Math.hypot(nextRe[i]!, nextIm[i]!) ** count;
      const angle = Math.atan2(nextIm[i]!, nextRe[i]!) * count;
      const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
      const [oldX, oldY] = index === 0 ? [1, 0] : [re[i]!, im[i]!];
      re[i] = oldX * x - oldY * y;
      im[i] = oldX * y + oldY * x;
    }
  }
  inverseFft(re, im);
  return re;
}
