/** The user's ratings as rows of a published model: items are rows, or come and go under names. Imports shared's types, ratings. */
import type { Catalogue } from "../shared/catalogue/catalogue.ts";
import { CofactorError } from "../shared/errors.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import type { Run } from "../shared/run.ts";
import type { Explanation } from "./explain.ts";
import { type GivenRatings, type NamedRatings, withinCatalogue } from "./ratings.ts";
import type { Recommendation, RecommendOptions } from "./recommend.ts";

/**
 * The ratings of items that have a row, ascending by row. The others stay on the device and come back with their item.
 * @param catalogue what the model names, where items come and go
 * @throws CofactorError CONFIG_INVALID for ratings by name in a run whose items are numbers
 */
export function rowsOf(given: GivenRatings, { terms }: Run, catalogue: Catalogue | undefined): UserRatings {
  if (catalogue !== undefined) return toRows(given.named(), catalogue);
  if (given.numbered !== undefined) return withinCatalogue(given.numbered.ratings, terms.items);
  throw new CofactorError("CONFIG_INVALID", `"ratings" expected item indices: the items of run "${terms.id}" have no names`);
}

function toRows({ ids, values }: NamedRatings, { rows }: Catalogue): UserRatings {
  const known: (readonly [row: number, value: number])[] = [];
  for (const [place, id] of ids.entries()) {
    const row = rows.get(id);
    if (row !== undefined) known.push([row, values[place]!]);
  }
  known.sort(([a], [b]) => a - b);
  return { items: Int32Array.from(known, ([row]) => row), values: Float64Array.from(known, ([, value]) => value) };
}

/** Options that leave out rows alone: names are those of a catalogue's rows. */
export function withRows(options: RecommendOptions, catalogue: Catalogue | undefined): RecommendOptions {
  if (catalogue === undefined || options.excludeIds === undefined) return options;
  const rows = [...options.excludeIds].flatMap((id) => catalogue.rows.get(id) ?? []);
  return { ...options, exclude: [...(options.exclude ?? []), ...rows] };
}

/** Recommendations with the names of their items, where they have some. */
export function withIds(best: Recommendation[], catalogue: Catalogue | undefined): Recommendation[] {
  return catalogue === undefined ? best : best.map((each) => ({ ...each, id: catalogue.ids[each.item]! }));
}

/** The row of an item, by number or by name. @throws RangeError for a name that the model does not know */
export function rowOfItem(item: number | string, catalogue: Catalogue | undefined): number {
  if (typeof item === "number") return item;
  const row = catalogue?.rows.get(item);
  if (row === undefined) throw new RangeError('"item" expected the name of an item that the model knows');
  return row;
}

/** An explanation with the names of its items, where they have some. */
export function explainedByName(explanation: Explanation | undefined, catalogue: Catalogue | undefined): Explanation | undefined {
  if (explanation === undefined || catalogue === undefined) return explanation;
  const { ids } = catalogue;
  const shares = explanation.shares.map((share) => ({ ...share, id: ids[share.item]! }));
  return { ...explanation, id: ids[explanation.item]!, shares };
}
