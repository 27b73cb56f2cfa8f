/** Fixed-point ranges of contributions from a bound of their entries. Imports the seam's types. */
import type { ContributionRange, ModelShape } from "./model.ts";

/**
 * The range whose `maxAbs` is the least power of two not below `bound`, with `bits` bits for the size of an entry.
 * @example rangeFor(6, 20) // { maxAbs: 8, fractionBits: 17 }
 */
export function rangeFor(bound: number, bits: number): ContributionRange {
  const exponent = Math.max(-20, Math.ceil(Math.log2(bound)));
  return { maxAbs: 2 ** exponent, fractionBits: Math.min(40, Math.max(0, bits - exponent)) };
}

/** How far a rating can be from where predictions begin, in rating units; 10 when the run says nothing of its ratings. */
export function ratingSpan({ ratingRange, globalMean }: ModelShape): number {
  if (ratingRange === undefined) return 10;
  const [least, greatest] = ratingRange;
  return globalMean === undefined ? Math.max(Math.abs(least), Math.abs(greatest), greatest - least) : greatest - least;
}
