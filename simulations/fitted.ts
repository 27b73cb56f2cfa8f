/** Scores of people whose private part is fitted to published parameters, as each device does for its own user. Imports shared. */
import { type RatingMatrix, ratingsOf } from "../shared/math/ratings.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import { createRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import { inRows } from "./catalogued-ratings.ts";
import type { ScoresFor } from "./evaluate.ts";

/**
 * @param partOf a person's trained private part, where there is one
 * @param rowOf [items] the row of each item in the table, -1 where it has none; left out where items are rows. An item without a live row is
 *   ranked behind all others (NaN), and where ratings are judged gets the mean
 */
export function fittedScores(
  run: Run,
  training: RatingMatrix,
  values: Float64Array,
  partOf: (user: number) => PrivatePart | undefined,
  seed: number,
  rowOf?: Int32Array,
): ScoresFor {
  const shared = run.model.open(values);
  if (rowOf !== undefined) {
    const scores = new Float64Array(run.terms.items);
    const unknown = run.model.objective === "rating" ? (run.terms.ratings.globalMean ?? 0) : Number.NaN;
    return (user, out) => {
      const ratings = inRows(ratingsOf(training, user), rowOf);
      const initial = run.model.createPrivate(ratings, createRng(seed, "private", user));
      run.model.score(shared, run.model.fit(shared, initial, ratings, createRng(seed, "fit", user)), scores);
      for (let item = 0; item < out.length; item++) {
        const score = rowOf[item]! < 0 ? Number.NaN : scores[rowOf[item]!]!;
        out[item] = Number.isNaN(score) ? unknown : score;
      }
    };
  }
  return (user, out) => {
    const ratings = ratingsOf(training, user);
    const initial = partOf(user) ?? run.model.createPrivate(ratings, createRng(seed, "private", user));
    run.model.score(shared, run.model.fit(shared, initial, ratings, createRng(seed, "fit", user)), out);
  };
}
