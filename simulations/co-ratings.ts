/** How alike two items are by who rated both: a measure that no model is trained on, the same for models and baselines. Imports shared. */
import type { RatingMatrix } from "../shared/math/ratings.ts";
import { transpose } from "./transpose.ts";

/** 1 - the cosine of two items' columns of ratings as 0 and 1: from 0, the same people, to 1, nobody in common or nobody at all. */
export type Distance = (a: number, b: number) => number;

/** The distance over the training part. Cost of a call: the ratings of both items. */
export function coRatingDistance(training: RatingMatrix): Distance {
  const { rowStart, itemIndex: people } = transpose(training);
  return (a, b) => {
    let common = 0;
    let x = rowStart[a]!;
    let y = rowStart[b]!;
    const endX = rowStart[a + 1]!;
    const endY = rowStart[b + 1]!;
    const size = Math.sqrt((endX - x) * (endY - y));
    while (x < endX && y < endY) {
      const difference = people[x]! - people[y]!;
      if (difference === 0) common++;
      if (difference <= 0) x++;
      if (difference >= 0) y++;
    }
    return size > 0 ? 1 - common / size : 1;
  };
}

/** Mean distance over the pairs of a list; NaN for less than two items. */
export function listDistance(list: Int32Array, distance: Distance): number {
  let sum = 0;
  for (let a = 1; a < list.length; a++) for (let b = 0; b < a; b++) sum += distance(list[a]!, list[b]!);
  return sum / ((list.length * (list.length - 1)) / 2);
}
