/** A simulated person's ratings as rows of a catalogue, as the person's device has them. Imports shared/math. */
import type { UserRatings } from "../shared/math/ratings.ts";

/** The ratings of items that have a row, ascending by row. @param rowOf [items] -1 where an item has none */
export function inRows(ratings: UserRatings, rowOf: Int32Array): UserRatings {
  const places = [...ratings.items.keys()].filter((place) => rowOf[ratings.items[place]!]! >= 0);
  places.sort((a, b) => rowOf[ratings.items[a]!]! - rowOf[ratings.items[b]!]!);
  return {
    items: Int32Array.from(places, (place) => rowOf[ratings.items[place]!]!),
    values: Float64Array.from(places, (place) => ratings.values[place]!),
  };
}
