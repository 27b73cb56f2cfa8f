/**
 * How many people rated each item, with noise, and what popularity follows from it. Imports the events, clips, mechanisms, samplers, random,
 * check.
 *
 * Pure steps: a device names at most `maxItems` of its items, the sum counts the names, noise is added once, and everything after that is
 * free: popularity, row weights and quintiles of noised counts cost nothing further. Which items a person rated is what is protected.
 *
 * Source: Chien et al. 2021, https://arxiv.org/abs/2107.09802; Krichene et al. 2023, https://arxiv.org/abs/2302.07975
 */
import { finite, integer, lengthOf } from "../check.ts";
import type { NoiseRng, Rng } from "../random.ts";
import { type DiscreteGaussianEvent, discreteGaussianEvent, type Neighboring } from "./event.ts";
import { nonNegative } from "./event-checks.ts";
import { gaussianSteps } from "./mechanisms/grid-noise.ts";

/** How items are counted; all public. */
export interface ItemCountPlan {
  readonly items: number;
  /** The most items that one person counts for, from 1. */
  readonly maxItems: number;
  /** Standard deviation of a count's noise over `countSensitivity`; calibrated, never typed. */
  readonly noiseMultiplier: number;
  readonly neighboring: Neighboring;
}

/** Noised counts, and what they cost. */
export interface NoisedCounts {
  /** [items] whole numbers; noise makes some of them negative. */
  readonly counts: Float64Array;
  readonly event: DiscreteGaussianEvent;
  /** Standard deviation of a count's noise. */
  readonly noiseStddev: number;
}

/**
 * How far, in L2, the counts of neighbors may lie apart: sqrt(maxItems), and sqrt(2 maxItems) where a person's items may be replaced by
 * others, since names are 0 or 1 and never negative. Never above sqrt(items).
 *
 * @throws RangeError when items or maxItems is not a whole number from 1
 */
export function countSensitivity({ items, maxItems, neighboring }: Omit<ItemCountPlan, "noiseMultiplier">): number {
  integer(items, 1, 2 ** 32, "items");
  integer(maxItems, 1, 2 ** 32, "maxItems");
  return Math.sqrt(Math.min(items, neighboring === "replace" ? 2 * maxItems : maxItems));
}

/**
 * The items that a person counts for: all of them, or `maxItems` drawn evenly, in ascending order and each once.
 *
 * The bound holds whatever `rng` draws, so a seeded generator will do. Edge cases: items outside 0 .. items - 1 are left out; no item -> none.
 *
 * @param rated the person's items, secret; not modified
 */
export function boundedItems(
  rated: Iterable<number>,
  { items, maxItems }: Pick<ItemCountPlan, "items" | "maxItems">,
  rng: Rng,
): Int32Array {
  const own = [...new Set(rated)].filter((item) => Number.isInteger(item) && item >= 0 && item < items).sort((a, b) => a - b);
  // The first steps of a shuffle.
  const kept = Math.min(maxItems, own.length);
  for (let i = 0; kept < own.length && i < kept; i++) {
    const from = i + rng.below(own.length - i);
    [own[i], own[from]] = [own[from]!, own[i]!];
  }
  return Int32Array.from(own.slice(0, kept)).sort();
}

/** A person's names as a vector of zeros and ones, [items]: what a protection adds up. Its L2 norm is at most sqrt(maxItems). */
export function itemIndicator(named: Int32Array, items: number): Float64Array {
  const out = new Float64Array(items);
  for (const item of named) out[item] = 1;
  return out;
}

/**
 * How often each item is named, [items].
 *
 * Guarantees: no contribution moves the result by more than the sensitivity: one with more than `maxItems` names, a name twice or a name of
 * no item counts for nothing, silently.
 */
export function countItems(
  contributions: Iterable<Int32Array>,
  { items, maxItems }: Pick<ItemCountPlan, "items" | "maxItems">,
): Float64Array {
  const counts = new Float64Array(items);
  for (const named of contributions) {
    const isBounded = named.length <= maxItems && new Set(named).size === named.length;
    if (!isBounded || !named.every((item) => item >= 0 && item < items)) continue;
    for (const item of named) counts[item] = counts[item]! + 1;
  }
  return counts;
}

/**
 * Counts with exact discrete Gaussian noise on every one of them, also of items that nobody named.
 *
 * Guarantees: the noise is that of the event to a relative 2^-52, the rounding of a square root.
 * Edge cases: noiseMultiplier 0 -> the counts themselves, and an event of infinite cost. A `rng` of a simulation gives rounded floats, which
 * protect nobody.
 *
 * @param counts [items] whole numbers, as `countItems` gives them; not modified
 * @throws RangeError for counts of another length or that are not whole, or a plan out of range
 */
export function noiseItemCounts(counts: Float64Array, plan: ItemCountPlan, rng: NoiseRng): NoisedCounts {
  nonNegative(plan.noiseMultiplier, "noiseMultiplier");
  const noiseStddev = plan.noiseMultiplier * countSensitivity(plan);
  const noised = lengthOf(counts, plan.items, "counts").map((count) => integer(count, -(2 ** 40), 2 ** 40, "counts"));
  if (noiseStddev > 0) gaussianSteps(rng, noiseStddev).addTo(noised);
  const event = discreteGaussianEvent({ neighboring: plan.neighboring, noiseMultiplier: plan.noiseMultiplier });
  return { counts: noised, event, noiseStddev };
}

/**
 * The popularity group of each item, from 0, the rarest, to `groups` - 1: groups of as equal a number of items as can be, by ascending
 * count, items of equal counts in their own order. Five groups are quintiles. Of noised counts it costs nothing.
 *
 * @throws RangeError for a count that is NaN or infinite, or groups that are not 1 .. 256
 */
export function popularityGroups(counts: Float64Array, groups = 5): Uint8Array {
  integer(groups, 1, 256, "groups");
  for (const count of counts) finite(count, "counts");
  const order = Array.from(counts.keys()).sort((a, b) => counts[a]! - counts[b]! || a - b);
  const out = new Uint8Array(counts.length);
  for (const [rank, item] of order.entries()) out[item] = Math.floor((rank * groups) / counts.length);
  return out;
}
