/** Scores of people whose private part is fitted to published parameters, as each device does for its own user. Imports shared. */
import { type RatingMatrix, ratingsOf } from "../shared/math/ratings.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import { createRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import type { ScoresFor } from "./evaluate.ts";

/** @param partOf a person's trained private part, where there is one */
export function fittedScores(
  run: Run,
  training: RatingMatrix,
  values: Float64Array,
  partOf: (user: number) => PrivatePart | undefined,
  seed: number,
): ScoresFor {
  const shared = run.model.open(values);
  return (user, out) => {
    const ratings = ratingsOf(training, user);
    const initial = partOf(user) ?? run.model.createPrivate(ratings, createRng(seed, "private", user));
    run.model.score(shared, run.model.fit(shared, initial, ratings, createRng(seed, "fit", user)), out);
  };
}
