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

/** Choices, `chosen` of them, then the negatives drawn for them. */
export interface Samples {
  readonly items: Int32Array;
  readonly chosen: number;
}

/** A person's choices and `perChoice` drawn negatives for each; choices alone where there is nothing to draw. */
export function drawSamples(ratings: UserRatings, catalogue: number, perChoice: number, rng: Rng): Samples {
  const chosen = ratings.items.length;
  const items = new Int32Array(chosen * (hasNegatives(ratings, catalogue) ? 1 + perChoice : 1));
  items.set(ratings.items);
  for (let at = chosen; at < items.length; at++) items[at] = drawNegative(rng, ratings, catalogue);
  return { items, chosen };
}

/** Puts a list in a random order, all orders equally likely. */
export function shuffle(list: Int32Array, rng: Rng): void {
  for (let last = list.length - 1; last > 0; last--) {
    const other = rng.below(last + 1);
    const kept = list[last]!;
    list[last] = list[other]!;
    list[other] = kept;
  }
}
