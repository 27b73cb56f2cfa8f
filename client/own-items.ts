/** The user's ratings as rows of a published model: items are rows, or come and go under names. Imports shared's types, ratings. */
import type { Catalogue } from "../shared/catalogue/catalogue.ts";
import { CofactorError } from "../shared/errors.ts";
import { type GivenRatings, withinCatalogue } from "./ratings.ts";
import type { Recommendation, RecommendOptions } from "./recommend.ts";
import type { OwnItems } from "./row-ratings.ts";
import type { Session } from "./session.ts";
import type { Vault } from "./vault.ts";

/**
 * The user's items in the run that a session has joined.
 * @throws CofactorError CONFIG_INVALID for ratings by name in a run whose items are numbers; the session ends with it
 */
export async function openOwnItems({ run, channel }: Session, given: GivenRatings, vault: Vault): Promise<OwnItems> {
  if (run.catalogue !== undefined) {
    const { CataloguedItems } = await import("./catalogued-items.ts");
    return new CataloguedItems(given.named(), vault);
  }
  if (given.numbered === undefined) {
    channel.close("the user's ratings are of another kind of run");
    throw new CofactorError("CONFIG_INVALID", `"ratings" expected item indices: the items of run "${run.terms.id}" have no names`);
  }
  const { ratings } = given.numbered;
  const known = { ratings: withinCatalogue(ratings, run.terms.items), catalogue: undefined };
  return { leftOut: ratings.items.length - known.ratings.items.length, at: async () => known };
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
