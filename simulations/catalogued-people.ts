/** People of a run whose items come and go, served as their devices would: by the rows that their items have. Imports client, shared. */
import { listItems, scorePerson } from "../client/recommend.ts";
import { type RatingMatrix, ratingsOf, type UserRatings } from "../shared/math/ratings.ts";
import { createRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import type { Served } from "./evaluate.ts";
import type { EvaluationOptions } from "./evaluation-options.ts";

/** The ratings of items that have a row, ascending by row. @param rowOf [items] -1 where an item has none */
export function inRows(ratings: UserRatings, rowOf: Int32Array): UserRatings {
  const places = [...ratings.items.keys()].filter((place) => rowOf[ratings.items[place]!]! >= 0);
  places.sort((a, b) => rowOf[ratings.items[a]!]! - rowOf[ratings.items[b]!]!);
  return {
    items: Int32Array.from(places, (place) => rowOf[ratings.items[place]!]!),
    values: Float64Array.from(places, (place) => ratings.values[place]!),
  };
}

/**
 * People served against a table that holds some of the data's items. An item without a live row is ranked behind all others (NaN), and where
 * ratings are judged gets the mean.
 *
 * @param values the published vector
 * @param rowOf [items of the data] the row of each, -1 where it has none
 */
export function cataloguedPeople(
  run: Run,
  training: RatingMatrix,
  values: Float64Array,
  rowOf: Int32Array,
  { seed, evaluation }: { readonly seed: number; readonly evaluation: Pick<EvaluationOptions, "interests" | "diversity"> },
): Served {
  const { model, terms } = run;
  const { interests, diversity } = evaluation;
  const shared = model.open(values);
  const scores = new Float64Array(terms.items);
  const unknown = model.objective === "rating" ? (terms.ratings.globalMean ?? 0) : Number.NaN;
  const scoresFor: Served["scoresFor"] = (user, out) => {
    const ratings = inRows(ratingsOf(training, user), rowOf);
    const initial = model.createPrivate(ratings, createRng(seed, "private", user));
    scorePerson(model, shared, model.fit(shared, initial, ratings, createRng(seed, "fit", user)), ratings, interests, scores);
    for (let item = 0; item < out.length; item++) {
      const score = rowOf[item]! < 0 ? Number.NaN : scores[rowOf[item]!]!;
      out[item] = Number.isNaN(score) ? unknown : score;
    }
  };
  if (diversity === 0) return { scoresFor };
  const itemOf = new Int32Array(terms.items).fill(-1);
  for (let item = 0; item < rowOf.length; item++) if (rowOf[item]! >= 0) itemOf[rowOf[item]!] = item;
  return {
    scoresFor,
    arrange(byItem, places) {
      for (let row = 0; row < itemOf.length; row++) scores[row] = itemOf[row]! < 0 ? Number.NaN : byItem[itemOf[row]!]!;
      const list = listItems(model, shared, scores, places, diversity);
      // Its places become scores above every other one, so that ranks are those of the list.
      const top = byItem.reduce((most, score) => (score > most ? score : most), 0);
      for (const [place, row] of list.entries()) byItem[itemOf[row]!] = top + list.length - place;
    },
  };
}
