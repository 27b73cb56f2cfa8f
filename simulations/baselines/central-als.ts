/**
 * Alternating least squares with biases on one machine that holds all ratings: an independent solver of the objective in
 * shared/models/als.ts. Imports shared, ridge, transpose.
 */
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import type { AlsOptions } from "../../shared/models/als.ts";
import type { ModelShape } from "../../shared/models/model.ts";
import { transpose } from "../transpose.ts";
import type { CentralSolver } from "./baseline.ts";
import { chooseRows, ridge } from "./ridge.ts";

/** The solver for these ratings. */
export function centralAls({ rank, l2, weighting }: AlsOptions, shape: ModelShape, training: RatingMatrix): CentralSolver {
  const byItem = transpose(training);
  const mean = shape.globalMean ?? 0;
  const order = rank + 1;
  const [least, greatest] = shape.ratingRange ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

  /** The side that is solved for, one row of a vector and a bias after another; a row without ratings keeps what `standing` holds. */
  function solveSide(ratings: RatingMatrix, other: Float64Array, standing: Float64Array): Float64Array {
    const side = standing.slice();
    for (let row = 0; row < ratings.users; row++) {
      const { items: partners, values } = ratingsOf(ratings, row);
      if (partners.length === 0) continue;
      // A row's last entry is the other side's bias; in the regression its place is taken by the 1 of the own bias.
      const features = chooseRows({ values: other, order }, partners).setColumn(rank, new Array<number>(partners.length).fill(1));
      const targets = Array.from(values, (value, index) => value - mean - other[partners[index]! * order + rank]!);
      side.set(ridge(features, targets, weighting === "count" ? l2 * partners.length : l2), row * order);
    }
    return side;
  }

  const solvePeople = (items: Float64Array): Float64Array => solveSide(training, items, new Float64Array(training.users * order));
  return {
    sweep: (items) => solveSide(byItem, solvePeople(items), items),
    scorer(items) {
      const people = solvePeople(items);
      return (user) =>
        Float64Array.from({ length: training.items }, (_, item) => {
          let rating = mean + people[user * order + rank]! + items[item * order + rank]!;
          for (let f = 0; f < rank; f++) rating += people[user * order + f]! * items[item * order + f]!;
          return Math.min(greatest, Math.max(least, rating));
        });
    },
  };
}
