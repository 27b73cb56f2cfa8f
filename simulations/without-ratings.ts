/** A matrix of which some people's ratings are gone. Imports shared. */
import type { RatingMatrix } from "../shared/math/ratings.ts";

/** The ratings of everyone but `people`, over the same people and items; the matrix itself when there are none. */
export function withoutRatings(matrix: RatingMatrix, people: Iterable<number>): RatingMatrix {
  const gone = new Set(people);
  if (gone.size === 0) return matrix;
  const rowStart = new Int32Array(matrix.users + 1);
  for (let user = 0; user < matrix.users; user++) {
    rowStart[user + 1] = rowStart[user]! + (gone.has(user) ? 0 : matrix.rowStart[user + 1]! - matrix.rowStart[user]!);
  }
  const itemIndex = new Int32Array(rowStart[matrix.users]!);
  const values = new Float64Array(itemIndex.length);
  for (let user = 0; user < matrix.users; user++) {
    if (gone.has(user)) continue;
    itemIndex.set(matrix.itemIndex.subarray(matrix.rowStart[user]!, matrix.rowStart[user + 1]!), rowStart[user]!);
    values.set(matrix.values.subarray(matrix.rowStart[user]!, matrix.rowStart[user + 1]!), rowStart[user]!);
  }
  return { ...matrix, rowStart, itemIndex, values };
}
