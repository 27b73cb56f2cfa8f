/** A user's ratings as the models take them. Imports shared/math. */
import type { UserRatings } from "../shared/math/ratings.ts";

/** A user's ratings, checked, and where in the caller's list each of them stood. */
export interface OwnRatings {
  readonly ratings: UserRatings;
  /** [n] positions in the caller's list, in the order of `ratings`. */
  readonly positions: Int32Array;
}

/**
 * Pairs as compressed ratings, ascending by item. Messages name positions in the list, never an item or a value.
 * @throws TypeError for an entry that is not (item index, finite number), or that repeats the item of another
 */
export function toOwnRatings(pairs: Iterable<readonly [item: number, value: number]>): OwnRatings {
  const list = [...pairs];
  list.forEach((pair: unknown, position) => {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new TypeError(`"ratings" expected pairs of item and value, entry ${position} is none`);
    const [item, value] = pair as readonly unknown[];
    if (!Number.isSafeInteger(item) || (item as number) < 0 || (item as number) > 0x7fff_ffff) {
      throw new TypeError(`"ratings" expected item indices, whole numbers from 0: that of entry ${position} is none`);
    }
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw new TypeError(`"ratings" expected finite numbers as values: that of entry ${position} is none`);
    }
  });
  const positions = Int32Array.from(list.keys()).sort((a, b) => list[a]![0] - list[b]![0] || a - b);
  for (let at = 1; at < positions.length; at++) {
    const [first, second] = [positions[at - 1]!, positions[at]!];
    if (list[first]![0] === list[second]![0]) {
      throw new TypeError(`"ratings" expected each item once: entries ${first} and ${second} are of the same item`);
    }
  }
  const items = new Int32Array(positions.length);
  const values = new Float64Array(positions.length);
  for (let at = 0; at < positions.length; at++) {
    items[at] = list[positions[at]!]![0];
    values[at] = list[positions[at]!]![1];
  }
  return { ratings: { items, values }, positions };
}

/**
 * The ratings of items below `items`, the size of a run's catalogue: the others mean nothing to its model. A device that refused to join over them
 * would tell the server that its user has such.
 */
export function withinCatalogue(ratings: UserRatings, items: number): UserRatings {
  // Ascending by item: what is beyond stands at the end.
  let count = ratings.items.length;
  while (count > 0 && ratings.items[count - 1]! >= items) count -= 1;
  if (count === ratings.items.length) return ratings;
  return { items: ratings.items.subarray(0, count), values: ratings.values.subarray(0, count) };
}
