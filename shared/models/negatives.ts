/** Negatives for training on implicit feedback: what a person has not chosen. May import math, random. */
import { contains, type UserRatings } from "../math/ratings.ts";
import type { Rng } from "../random.ts";

/** Whether a person has anything that can be drawn: some item neither chosen nor withheld. */
export function hasNegatives({ items, withheld }: UserRatings, catalogue: number): boolean {
  return items.length + (withheld?.length ?? 0) < catalogue;
}

/**
 * One item that the person has not chosen, uniformly, with replacement from draw to draw.
 *
 * Guarantees: never a chosen or a withheld item; without withheld items, held-out ones are as likely as any other.
 * The caller has asked `hasNegatives`: with nothing to draw this would not end. Expected cost: a few binary searches.
 */
export function drawNegative(rng: Rng, { items, withheld }: UserRatings, catalogue: number): number {
  let item = rng.below(catalogue);
  while (contains(items, item) || (withheld !== undefined && contains(withheld, item))) item = rng.below(catalogue);
  return item;
}
