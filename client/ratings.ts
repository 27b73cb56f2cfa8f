/** A user's ratings as the models take them. Imports shared/math. */
import type { UserRatings } from "../shared/math/ratings.ts";

/**
 * Pairs as compressed ratings, ascending by item.
 * @throws TypeError naming the position of a pair that is not (item index, finite number), or that repeats an item; never the value
 */
export function toUserRatings(pairs: Iterable<readonly [item: number, value: number]>): UserRatings {
  const list = [...pairs];
  list.forEach((pair, position) => {
    const isPair = Array.isArray(pair) && pair.length === 2;
    if (!isPair || !Number.isSafeInteger(pair[0]) || pair[0] < 0 || pair[0] > 0x7fff_ffff || typeof pair[1] !== "number" || !Number.isFinite(pair[1])) {
      throw new TypeError(`"ratings" expected pairs of an item index and a finite number, entry ${position} is none`);
    }
  });
  list.sort((a, b) => a[0] - b[0]);
  list.forEach((pair, position) => {
    if (position > 0 && list[position - 1]![0] === pair[0]) throw new TypeError('"ratings" expected each item at most once, one is there twice');
  });
  return { items: Int32Array.from(list, (pair) => pair[0]), values: Float64Array.from(list, (pair) => pair[1]) };
}

/** @throws RangeError when a rated item is not in the run's catalogue; does not say which */
export function assertInCatalogue(ratings: UserRatings, items: number): void {
  const last = ratings.items.at(-1) ?? -1;
  if (last >= items) throw new RangeError(`"ratings" expected items below ${items}, the size of the run's catalogue`);
}
