/** The same model with all participants' ratings in one place: what federation, protection and dropouts cost. Imports the seam. */
import { addInto } from "../../shared/math/linear.ts";
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import type { ModelState } from "../../shared/models/model.ts";
import type { PrivatePart } from "../../shared/models/private-part.ts";
import { createRng } from "../../shared/random.ts";
import type { Run } from "../../shared/run.ts";
import { fittedScores } from "../fitted.ts";
import { advancePlainly } from "./advance.ts";
import type { Baseline } from "./baseline.ts";
import { centralMethods } from "./central-methods.ts";

/** The same objective and number of rounds, everyone in every round, no protection, no losses. */
export const centralised: Baseline = {
  name: "centralised",
  summary: "the same model trained with all participants' ratings in one place",
  prepare({ run, split, participants, rounds, seed }) {
    const state = trainCentralised(run, split.training, participants, rounds, seed);
    return { scoresFor: fittedScores(run, split.training, state.shared, () => undefined, seed) };
  },
};

/**
 * Trains on the participants' rows in one place; the state after `rounds` rounds, from the same start as the federated run's.
 *
 * Models with a central method (`centralMethods`) are trained by it: it shares no code with what devices contribute. The others descend
 * along the sum over everyone's contributions.
 */
export function trainCentralised(run: Run, matrix: RatingMatrix, participants: Int32Array, rounds: number, seed: number): ModelState {
  const initial = run.model.initialize(createRng(seed, "model"));
  const method = Object.hasOwn(centralMethods, run.terms.model.kind) ? centralMethods[run.terms.model.kind] : undefined;
  const advance = method?.(run, selectRows(matrix, participants));
  if (advance === undefined) return descend(run, matrix, participants, rounds, seed, initial);
  let state = initial;
  for (let round = 1; round <= rounds; round++) state = advance(state);
  return state;
}

/** The rows of some people. */
function selectRows(matrix: RatingMatrix, users: Int32Array): RatingMatrix {
  if (users.length === matrix.users) return matrix;
  const rowStart = new Int32Array(users.length + 1);
  users.forEach((user, row) => {
    rowStart[row + 1] = rowStart[row]! + matrix.rowStart[user + 1]! - matrix.rowStart[user]!;
  });
  const itemIndex = new Int32Array(rowStart[users.length]!);
  const values = new Float64Array(rowStart[users.length]!);
  users.forEach((user, row) => {
    const own = ratingsOf(matrix, user);
    itemIndex.set(own.items, rowStart[row]!);
    values.set(own.values, rowStart[row]!);
  });
  return { users: users.length, items: matrix.items, rowStart, itemIndex, values };
}

function descend(run: Run, matrix: RatingMatrix, participants: Int32Array, rounds: number, seed: number, initial: ModelState): ModelState {
  let state = initial;
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
    state = advancePlainly(run, state, { values: sum, count: participants.length });
  }
  return state;
}
