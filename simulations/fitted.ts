/** Scores of people whose private part is fitted to published parameters, as each device does for its own user. Imports client, shared. */
import { listItems, scorePerson } from "../client/recommend.ts";
import { type RatingMatrix, ratingsOf } from "../shared/math/ratings.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import { createRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import type { ScoresFor, Served } from "./evaluate.ts";
import type { EvaluationOptions } from "./evaluation-options.ts";

/**
 * @param partOf a person's trained private part, where there is one
 * @param interests into how many tastes a person's ratings are parted at most
 */
export function fittedScores(
  run: Run,
  training: RatingMatrix,
  values: Float64Array,
  partOf: (user: number) => PrivatePart | undefined,
  seed: number,
  interests = 1,
): ScoresFor {
  const shared = run.model.open(values);
  return (user, out) => {
    const ratings = ratingsOf(training, user);
    const initial = partOf(user) ?? run.model.createPrivate(ratings, createRng(seed, "private", user));
    scorePerson(run.model, shared, run.model.fit(shared, initial, ratings, createRng(seed, "fit", user)), ratings, interests, out);
  };
}

/** People served as their devices would with the options of `client.recommend` that the section names; arguments as `fittedScores`. */
export function servedPeople(
  run: Run,
  training: RatingMatrix,
  values: Float64Array,
  partOf: (user: number) => PrivatePart | undefined,
  { seed, evaluation }: { readonly seed: number; readonly evaluation: Pick<EvaluationOptions, "interests" | "diversity"> },
): Served {
  const { interests, diversity } = evaluation;
  const scoresFor = fittedScores(run, training, values, partOf, seed, interests);
  if (diversity === 0) return { scoresFor };
  const shared = run.model.open(values);
  return {
    scoresFor,
    arrange(scores, places) {
      const list = listItems(run.model, shared, scores, places, diversity);
      // Its places become scores above every other one, so that ranks are those of the list.
      const top = scores.reduce((most, score) => (score > most ? score : most), 0);
      for (const [place, item] of list.entries()) scores[item] = top + list.length - place;
    },
  };
}
