/** Recommendations on the device. Imports shared. */
import { integer } from "../shared/check.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import type { Model } from "../shared/models/model.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";

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
}

/**
 * The items that score highest for a person, best first; equal scores in the order of the catalogue.
 * @throws RangeError when `count` is no whole number, or an item to leave out is not in the catalogue
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
  model.score(shared, part, scores);
  const isOut = new Uint8Array(items);
  if (options.includeRated !== true) for (const item of ratings.items) isOut[item] = 1;
  for (const item of options.exclude ?? []) isOut[integer(item, 0, items - 1, "exclude")] = 1;
  const candidates: number[] = [];
  for (let item = 0; item < items; item++) if (isOut[item] === 0 && Number.isFinite(scores[item])) candidates.push(item);
  candidates.sort((a, b) => scores[b]! - scores[a]! || a - b);
  return candidates.slice(0, count).map((item) => ({ item, score: scores[item]! }));
}
