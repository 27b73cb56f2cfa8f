/** Recommendations on the device. Imports shared. */
import { inRange, integer } from "../shared/check.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import { topItems } from "../shared/math/top.ts";
import type { Model } from "../shared/models/model.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import { candidatesPerPlace, diversify } from "./diversify.ts";
import { fitInterests, scoreInterests } from "./interests.ts";
import { requireVectors } from "./item-vectors.ts";

/** An item and its score: a predicted rating, or a number without a unit that orders items. */
export interface Recommendation {
  /** Its row in the model. */
  readonly item: number;
  /** Its name, where items come and go: its row may be another's tomorrow. */
  readonly id?: string;
  readonly score: number;
}

/** What to recommend. */
export interface RecommendOptions {
  /** How many; default 10. */
  readonly count?: number;
  /** Items to leave out beside the rated ones. */
  readonly exclude?: Iterable<number>;
  /** Names of items to leave out, where items have names; names that the model does not know are passed over. */
  readonly excludeIds?: Iterable<string>;
  /** Also items that the user rated; default false. */
  readonly includeRated?: boolean;
  /** Into how many tastes the user's ratings are parted at most, an item's score being the mean of the usual one and the best that a taste gives; default 1. */
  readonly interests?: number;
  /** From 0, the highest scores, to 1, items as unlike as can be among the best `10 x count`; default 0. */
  readonly diversity?: number;
}

/**
 * The items that score highest for a person, best first; equal scores in the order of the catalogue. With `diversity` in the order taken.
 * @throws RangeError when `count` is no whole number, an item to leave out is not in the catalogue, or an option is out of range
 * @throws CofactorError CONFIG_INVALID for `interests` or `diversity` with a model whose items have no vectors
 */
export function recommendItems(
  model: Model,
  shared: unknown,
  part: PrivatePart,
  ratings: UserRatings,
  items: number,
  options: RecommendOptions = {},
): Recommendation[] {
  const count = integer(options.count ?? 10, 0, Number.MAX_SAFE_INTEGER, "count");
  const scores = new Float64Array(items);
  scorePerson(model, shared, part, ratings, options.interests ?? 1, scores);
  for (let item = 0; item < items; item++) if (!Number.isFinite(scores[item])) scores[item] = Number.NaN;
  if (options.includeRated !== true) for (const item of ratings.items) scores[item] = Number.NaN;
  for (const item of options.exclude ?? []) scores[integer(item, 0, items - 1, "exclude")] = Number.NaN;
  const list = listItems(model, shared, scores, count, options.diversity ?? 0);
  return Array.from(list, (item) => ({ item, score: scores[item]! }));
}

/** Writes the score of every item for a person of so many interests into `out` [items]. @throws as `recommendItems` */
export function scorePerson(
  model: Model,
  shared: unknown,
  part: PrivatePart,
  ratings: UserRatings,
  interests: number,
  out: Float64Array,
): void {
  const parts = integer(interests, 1, 100, "interests") === 1 ? [] : fitInterests(model, shared, ratings, interests);
  if (parts.length === 0) model.score(shared, part, out);
  else scoreInterests(model, shared, part, parts, out);
}

/** The first `count` items of a list, best first; those whose score is NaN are no candidates. @throws as `recommendItems` */
export function listItems(model: Model, shared: unknown, scores: Float64Array, count: number, diversity: number): Int32Array {
  if (inRange(diversity, 0, 1, "diversity") === 0) return topItems(scores, Math.min(count, scores.length));
  const vectors = requireVectors(model, shared, "diversity");
  const places = Math.min(count, scores.length);
  return diversify(topItems(scores, Math.min(scores.length, candidatesPerPlace * places)), scores, vectors, places, diversity);
}
