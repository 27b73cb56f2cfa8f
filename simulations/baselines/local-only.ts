/** Local-only: a person alone trains the run's model on own ratings, with no communication. Imports the seam and shared. */
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import { type Model, sizeOf } from "../../shared/models/model.ts";
import type { Rng } from "../../shared/random.ts";
import type { Baseline } from "./baseline.ts";

/**
 * Trains the model for each person apart, as many rounds as the run has, each round's sum being that person's contribution alone.
 *
 * Each person starts from an own random item side: a start that all share would be a message. Under sampled candidates it is
 * the leak canary: it must not do better than chance by much. Work happens at `scores`, one person at a time.
 */
export function localOnly(model: Model, training: RatingMatrix, rounds: number, rng: Rng): Baseline {
  const values = new Float64Array(sizeOf(model.parameters.contribution));
  return {
    name: "local-only",
    scores(user) {
      const ratings = ratingsOf(training, user);
      const own = rng.fork("local-only", user);
      let state = model.initialize(own.fork("initialize"));
      let part = model.createPrivate(ratings, own.fork("private"));
      for (let round = 1; round <= rounds; round++) {
        part = model.contribute(model.open(state.shared), part, ratings, own.fork("contribute", round), values).private;
        state = model.advance(state, { values, count: 1 });
      }
      const shared = model.open(state.shared);
      const scores = new Float64Array(training.items);
      model.score(shared, model.fit(shared, part, ratings, own.fork("fit")), scores);
      return scores;
    },
  };
}
