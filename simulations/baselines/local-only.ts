/**
 * Each person alone: the same model on own ratings, nothing sent or received. It is the leak canary too: a model that never
 * communicates cannot know what others chose, so whatever it scores above chance comes from the evaluation. Imports the seam.
 */
import { ratingsOf } from "../../shared/math/ratings.ts";
import { createRng } from "../../shared/random.ts";
import { advancePlainly } from "./advance.ts";
import type { Baseline } from "./baseline.ts";

/** How many people are trained alone: each costs a whole training. */
const sampleSize = 150;
const maxRounds = 8;
/** Where training leaks, the canary shall show it in full: that takes as long as the leak takes to be learned. */
const maxLeakingRounds = 100;

/** Trained alone, for a sample of people drawn by seed. */
export const localOnly: Baseline = {
  name: "local-only",
  summary: `each device alone, no communication (${sampleSize} people drawn by seed, at most ${maxRounds} rounds, ${maxLeakingRounds} under paper-compat): the leak canary`,
  prepare({ run, split, rounds, seed }) {
    const users = drawUsers(split.training.users, seed);
    const limit = Math.min(rounds, split.training.withheld === undefined ? maxRounds : maxLeakingRounds);
    return {
      users,
      scoresFor(user, out) {
        const ratings = ratingsOf(split.training, user);
        let state = run.model.initialize(createRng(seed, "local-only", user));
        let part = run.model.createPrivate(ratings, createRng(seed, "private", user));
        const own = new Float64Array(run.contributionSize);
        for (let round = 1; round <= limit; round++) {
          const rng = createRng(seed, "contribute", round, user);
          part = run.model.contribute(run.model.open(state.shared), part, ratings, rng, own).private;
          state = advancePlainly(run, state, { values: own, count: 1 });
        }
        const shared = run.model.open(state.shared);
        run.model.score(shared, run.model.fit(shared, part, ratings, createRng(seed, "fit", user)), out);
      },
    };
  },
};

function drawUsers(users: number, seed: number): Int32Array {
  const rng = createRng(seed, "local-only");
  const all = Int32Array.from({ length: users }, (_, user) => user);
  const drawn = Math.min(sampleSize, users);
  for (let i = 0; i < drawn; i++) {
    const j = i + rng.below(users - i);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.slice(0, drawn).sort();
}
