/** A user's ratings as the models take them. Imports shared/math, shared/catalogue/item-id.ts. */
import { isItemId, maxIdBytes } from "../shared/catalogue/item-id.ts";
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

/** Ratings as an app gives them: an item's index, or its name where the run's items come and go, and a value. */
export type Ratings = Iterable<readonly [item: number | string, value: number]>;

/** Ratings by the names of items, in the caller's order. */
export interface NamedRatings {
  readonly ids: readonly string[];
  readonly values: Float64Array;
}

/** Ratings that were checked: by number, by name, or by number for a run that has names. */
export interface GivenRatings {
  /** Undefined where items are given by name. */
  readonly numbered: OwnRatings | undefined;
  /** An item that was given by number has the number's digits for a name. */
  named(): NamedRatings;
}

/**
 * Ratings by number or by name, checked. Messages name positions in the list, never an item or a value.
 * @throws TypeError as `toOwnRatings`; with names, for an entry that is not (name, finite number) or repeats a name
 */
export function toGivenRatings(pairs: Ratings): GivenRatings {
  const list = [...pairs];
  const hasNames = list.some((pair: unknown) => Array.isArray(pair) && typeof pair[0] === "string");
  if (hasNames) {
    const named = toNamedRatings(list);
    return { numbered: undefined, named: () => named };
  }
  const numbered = toOwnRatings(list as readonly (readonly [number, number])[]);
  return {
    numbered,
    named: () => ({ ids: Array.from(numbered.ratings.items, String), values: numbered.ratings.values }),
  };
}

function toNamedRatings(list: readonly (readonly [item: number | string, value: number])[]): NamedRatings {
  const seen = new Map<string, number>();
  list.forEach((pair: unknown, position) => {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new TypeError(`"ratings" expected pairs of item and value, entry ${position} is none`);
    const [id, value] = pair as readonly unknown[];
    if (!isItemId(id)) {
      throw new TypeError(`"ratings" expected names of items, 1 to ${maxIdBytes} bytes of UTF-8: that of entry ${position} is none`);
    }
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw new TypeError(`"ratings" expected finite numbers as values: that of entry ${position} is none`);
    }
    if (seen.has(id)) {
      throw new TypeError(`"ratings" expected each item once: entries ${seen.get(id)} and ${position} are of the same item`);
    }
    seen.set(id, position);
  });
  return { ids: [...seen.keys()], values: Float64Array.from(list, ([, value]) => value) };
}
