/** Why an item is recommended, worked out on the device: each rating's share of its score. Imports shared. */
import { integer } from "../shared/check.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import type { Model } from "../shared/models/model.ts";

/** What one of the user's own ratings adds to a score. */
export interface RatingShare {
  /** The rated item. */
  readonly item: number;
  /** Its name, where items come and go. */
  readonly id?: string;
  /** In the score's unit; below zero where the rating speaks against the explained item. */
  readonly share: number;
}

/** Why an item has its score. */
export interface Explanation {
  readonly item: number;
  /** Its name, where items come and go. */
  readonly id?: string;
  /** The score before it is clipped to a range of ratings: `base` and all shares added up. */
  readonly score: number;
  /** What no rating of the user has a part in: what somebody without ratings would be told. */
  readonly base: number;
  /** Every rating's share, the greatest first; equal shares in the order of the catalogue. */
  readonly shares: readonly RatingShare[];
}

/**
 * Takes a score apart; undefined when the model has no explanation.
 * @throws RangeError when the item is not in the catalogue
 */
export function explainItem<Shared>(
  model: Model<Shared>,
  shared: Shared,
  ratings: UserRatings,
  items: number,
  item: number,
): Explanation | undefined {
  integer(item, 0, items - 1, "item");
  if (model.explain === undefined) return undefined;
  const values = new Float64Array(ratings.items.length);
  const base = model.explain(shared, ratings, item, values);
  const shares = Array.from(values, (share, at) => ({ item: ratings.items[at]!, share }));
  shares.sort((a, b) => b.share - a.share || a.item - b.item);
  return { item, score: shares.reduce((sum, { share }) => sum + share, base), base, shares };
}
