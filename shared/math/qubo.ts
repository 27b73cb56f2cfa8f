/**
 * Quadratic problems over bits: the code h in {0, 1}^k with the least h'G h / 2 - t'h. Exact by enumeration in Gray's order to
 * `enumerableBits`, beyond that by tabu search. Imports linear.ts.
 *
 * Source: Gray's order, Knuth, The Art of Computer Programming 4A, section 7.2.1.1; one-flip tabu search for such problems, Glover,
 * Kochenberger and Alidaee 1998, https://doi.org/10.1287/mnsc.44.3.336
 */
import { packedSize } from "./linear.ts";

/** To how many bits every code is looked at: 65,536 codes, a millisecond or two. */
export const enumerableBits = 16;

/** Memory for problems of one order: made once, used again and again. */
export interface QuboSpace {
  /** [order] G h - t at the code that stands. */
  readonly gradient: Float64Array;
  /** [order] the code that stands in a search. */
  readonly standing: Float64Array;
  /** [order] until which step a bit may not flip back. */
  readonly until: Int32Array;
}

/** Memory for problems of this order. */
export function createQuboSpace(order: number): QuboSpace {
  return { gradient: new Float64Array(order), standing: new Float64Array(order), until: new Int32Array(order) };
}

/**
 * The energy h'G h / 2 - t'h of every code, by the code's number: bit f of the number is h_f.
 *
 * Shape: `g` packed symmetric of the order of `t` (linear.ts); `out` [2^order], overwritten. Cost: 2^order times order.
 * Guarantees: flips one bit after the other, so that energies are exact but for the rounding of 2^order additions.
 */
export function writeEnergies(g: Float64Array, t: Float64Array, out: Float64Array, { gradient }: QuboSpace): void {
  const order = t.length;
  for (let f = 0; f < order; f++) gradient[f] = -t[f]!;
  let energy = 0;
  out[0] = 0;
  for (let step = 1, code = 0; step < 2 ** order; step++) {
    const bit = 31 - Math.clz32(step & -step);
    energy += flipGain(g, gradient, bit, (code >>> bit) & 1);
    moveGradient(g, gradient, bit, 1 - 2 * ((code >>> bit) & 1), order);
    code ^= 1 << bit;
    out[code] = energy;
  }
}

/** The number of the least of the energies; of those that differ by rounding alone the first, so that a bit that says nothing is 0. */
export function leastCode(energies: Float64Array): number {
  let best = 0;
  for (let code = 1; code < energies.length; code++) {
    if (energies[code]! < energies[best]! - slack(energies[best]!)) best = code;
  }
  return best;
}

/** Writes the bits of a code's number into `out`. */
export function writeBits(code: number, out: Float64Array): void {
  for (let f = 0; f < out.length; f++) out[f] = Math.floor(code / 2 ** f) % 2;
}

/**
 * Moves `code` [order] (0 or 1 each) to one of lower energy: downhill by single flips, then on along the least ascent, where a bit that
 * flipped rests for a while, until `patience` flips in a row found nothing better than the best, which is what `code` is then.
 *
 * Guarantees: the energy never rises, no single flip lowers it any further; the same arguments give the same code; nothing is allocated.
 * Cost: order a flip. Edge case: what is not finite lowers nothing.
 */
export function searchCode(g: Float64Array, t: Float64Array, code: Float64Array, patience: number, space: QuboSpace): void {
  const { gradient, standing, until } = space;
  const order = t.length;
  // Long enough to leave a hollow, short enough to leave most bits free.
  const tenure = Math.min(20, Math.floor(order / 4));
  standing.set(code);
  until.fill(0);
  for (let f = 0; f < order; f++) gradient[f] = -t[f]!;
  for (let f = 0; f < order; f++) if (code[f] === 1) moveGradient(g, gradient, f, 1, order);
  for (let step = 1, since = 0, energy = 0, best = 0; since < patience; step++, since++) {
    let chosen = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let f = 0; f < order; f++) {
      const gain = flipGain(g, gradient, f, standing[f]!);
      // A resting bit flips only towards the best code of all.
      if (gain < least && (until[f]! < step || energy + gain < best - slack(best))) {
        least = gain;
        chosen = f;
      }
    }
    if (chosen < 0) return;
    moveGradient(g, gradient, chosen, 1 - 2 * standing[chosen]!, order);
    standing[chosen] = 1 - standing[chosen]!;
    until[chosen] = step + tenure;
    energy += least;
    if (energy < best - slack(best)) {
      best = energy;
      since = -1;
      code.set(standing);
    }
  }
}

/** What rounding may pretend. */
function slack(energy: number): number {
  return 1e-11 * (1 + Math.abs(energy));
}

/** What flipping a bit, now 0 or 1, adds to the energy. */
function flipGain(g: Float64Array, gradient: Float64Array, bit: number, now: number): number {
  return (1 - 2 * now) * gradient[bit]! + g[packedSize(bit) + bit]! / 2;
}

/** gradient += direction * G's column `bit`. */
function moveGradient(g: Float64Array, gradient: Float64Array, bit: number, direction: number, order: number): void {
  const row = packedSize(bit);
  for (let f = 0; f <= bit; f++) gradient[f] = gradient[f]! + direction * g[row + f]!;
  for (let f = bit + 1, cell = row + 2 * bit + 1; f < order; f++, cell += f) gradient[f] = gradient[f]! + direction * g[cell]!;
}
