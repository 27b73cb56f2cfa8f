/**
 * Implicit alternating least squares on one machine that holds all choices: an independent solver of the objective in
 * shared/models/implicit-als.ts. Imports ml-matrix, shared, ridge, transpose.
 */
import { Matrix } from "ml-matrix";
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import type { ImplicitAlsOptions } from "../../shared/models/implicit-als.ts";
import { transpose } from "../transpose.ts";
import type { CentralSolver } from "./baseline.ts";
import { chooseRows, gramOf, ridge } from "./ridge.ts";

/** The solver for these choices. */
export function centralImplicitAls(
  { rank, l2, unratedWeight, unratedPower }: ImplicitAlsOptions,
  training: RatingMatrix,
  cohort: number = training.users,
): CentralSolver {
  const byItem = transpose(training);
  const size = training.items * rank;
  const everyPerson = new Float64Array(training.users).fill(1);

  /** What an unrated item weighs: with a power, by how many chose it, once the first sweep has counted. */
  const weightsOf = (items: Float64Array): Float64Array =>
    Float64Array.from({ length: training.items }, (_, item) => unratedWeight * (unratedPower > 0 ? items[size + item]! : 1));
  const shares = Array.from({ length: training.items }, (_, item) => byItem.rowStart[item + 1]! - byItem.rowStart[item]!);
  const powers = shares.map((count) => Math.min(1, count / training.users + 1 / cohort) ** unratedPower);
  const meanPower = powers.reduce((sum, power) => sum + power, 0) / powers.length;
  const relative = unratedPower > 0 ? powers.map((power) => power / meanPower) : [];

  /** The side that is solved for: [rows x rank]; a row that chose nothing is zero, the solution of a zero target. */
  function solveSide(choices: RatingMatrix, other: Float64Array, otherWeights: Float64Array, ownWeights: Float64Array): Float64Array {
    const side = new Float64Array(choices.users * rank);
    const scaled = Float64Array.from(
      { length: choices.items * rank },
      (_, at) => other[at]! * Math.sqrt(otherWeights[Math.floor(at / rank)]!),
    );
    const everyone = gramOf({ values: scaled, order: rank });
    const total = otherWeights.reduce((sum, weight) => sum + weight, 0);
    for (let row = 0; row < choices.users; row++) {
      const chosen = ratingsOf(choices, row).items;
      if (chosen.length === 0) continue;
      const penalty = l2 * (chosen.length + ownWeights[row]! * total);
      const features = chooseRows({ values: other, order: rank }, chosen);
      side.set(ridge(features, new Array<number>(chosen.length).fill(1), penalty, Matrix.mul(everyone, ownWeights[row]!)), row * rank);
    }
    return side;
  }

  return {
    sweep(items) {
      const weights = weightsOf(items);
      const people = solveSide(training, items, weights, everyPerson);
      const next = new Float64Array(size + relative.length);
      next.set(solveSide(byItem, people, everyPerson, weights));
      next.set(relative, size);
      return next;
    },
    scorer(items) {
      const people = solveSide(training, items, weightsOf(items), everyPerson);
      return (user) =>
        Float64Array.from({ length: training.items }, (_, item) => {
          let score = 0;
          for (let f = 0; f < rank; f++) score += people[user * rank + f]! * items[item * rank + f]!;
          return score;
        });
    },
  };
}
