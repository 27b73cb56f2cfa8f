/** The same model with all participants' ratings in one place: what federation, protection and dropouts cost. Imports the seam. */
import { addInto } from "../../shared/math/linear.ts";
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import type { ModelState } from "../../shared/models/model.ts";
import type { PrivatePart } from "../../shared/models/private-part.ts";
import { createRng } from "../../shared/random.ts";
import { advanceModel, type Run } from "../../shared/run.ts";
import { fittedScores } from "../fitted.ts";
import type { Baseline } from "./baseline.ts";

/** The same objective and number of rounds, everyone in every round, no protection, no losses. */
export const centralised: Baseline = {
  name: "centralised",
  summary: "the same model trained with all participants' ratings in one place",
  prepare({ run, split, participants, rounds, seed }) {
    const state = trainCentralised(run, split.training, participants, rounds, seed);
    return { scoresFor: fittedScores(run, split.training, state.shared, () => undefined, seed) };
  },
};

/** Trains on rows of a matrix in one place; the state after `rounds` rounds. */
export function trainCentralised(run: Run, matrix: RatingMatrix, participants: Int32Array, rounds: number, seed: number): ModelState {
  let state = run.model.initialize(createRng(seed, "model"));
  const parts = new Map<number, PrivatePart>();
  const one = new Float64Array(run.contributionSize);
  for (let round = 1; round <= rounds; round++) {
    const shared = run.model.open(state.shared);
    const sum = new Float64Array(run.contributionSize);
    for (const user of participants) {
      const ratings = ratingsOf(matrix, user);
      const initial = parts.get(user) ?? run.model.createPrivate(ratings, createRng(seed, "private", user));
      const { private: part } = run.model.contribute(shared, initial, ratings, createRng(seed, "contribute", round, user), one);
      parts.set(user, part);
      addInto(sum, one);
    }
    state = advanceModel(run, state, { values: sum, count: participants.length });
  }
  return state;
}
