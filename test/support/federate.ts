/** The shortest federated run: every device contributes, the contributions are summed, the model advances. */
import { addInto } from "../../shared/math/linear.ts";
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import { type Model, type ModelState, sizeOf } from "../../shared/models/model.ts";
import type { PrivatePart } from "../../shared/models/private-part.ts";
import type { Rng } from "../../shared/random.ts";

/** Where a run stands. */
export interface Federated {
  readonly state: ModelState;
  /** [users]. */
  readonly parts: readonly PrivatePart[];
}

/** Runs `rounds` rounds with everyone in the cohort; `onRound` sees the state after each. */
export function federate(
  model: Model,
  ratings: RatingMatrix,
  rounds: number,
  rng: Rng,
  onRound?: (round: number, state: ModelState) => void,
): Federated {
  const people = Array.from({ length: ratings.users }, (_, user) => ratingsOf(ratings, user));
  const parts = people.map((own, user) => model.createPrivate(own, rng.fork("private", user)));
  const values = new Float64Array(sizeOf(model.parameters.contribution));
  let state = model.initialize(rng.fork("initialize"));
  for (let round = 1; round <= rounds; round++) {
    const shared = model.open(state.shared);
    const sum = new Float64Array(values.length);
    for (const [user, own] of people.entries()) {
      parts[user] = model.contribute(shared, parts[user]!, own, rng.fork("contribute", round, user), values).private;
      addInto(sum, values);
    }
    state = model.advance(state, { values: sum, count: people.length });
    onRound?.(round, state);
  }
  return { state, parts };
}
