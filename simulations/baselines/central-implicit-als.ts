/**
 * Implicit alternating least squares on one machine that holds all choices: an independent solver of the objective in
 * shared/models/implicit-als.ts. Imports shared, ridge, transpose.
 */
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import type { ImplicitAlsOptions } from "../../shared/models/implicit-als.ts";
import { transpose } from "../transpose.ts";
import type { CentralSolver } from "./baseline.ts";
import { chooseRows, gramOf, ridge } from "./ridge.ts";

/** The solver for these choices. */
export function centralImplicitAls({ rank, l2, unratedWeight }: ImplicitAlsOptions, training: RatingMatrix): CentralSolver {
  const byItem = transpose(training);

  /** The side that is solved for: [rows x rank]; a row that chose nothing is zero, the solution of a zero target. */
  function solveSide(choices: RatingMatrix, other: Float64Array): Float64Array {
    const side = new Float64Array(choices.users * rank);
    const everyone = gramOf({ values: other, order: rank }).mul(unratedWeight);
    for (let row = 0; row < choices.users; row++) {
      const chosen = ratingsOf(choices, row).items;
      if (chosen.length === 0) continue;
      const penalty = l2 * (chosen.length + unratedWeight * choices.items);
      const features = chooseRows({ values: other, order: rank }, chosen);
      side.set(ridge(features, new Array<number>(chosen.length).fill(1), penalty, everyone), row * rank);
    }
    return side;
  }

  return {
    sweep: (items) => solveSide(byItem, solveSide(training, items)),
    scorer(items) {
      const people = solveSide(training, items);
      return (user) =>
        Float64Array.from({ length: training.items }, (_, item) => {
          let score = 0;
          for (let f = 0; f < rank; f++) score += people[user * rank + f]! * items[item * rank + f]!;
          return score;
        });
    },
  };
}
