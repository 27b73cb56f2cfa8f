/** The same ratings item by item. Imports shared. */
import type { RatingMatrix } from "../shared/math/ratings.ts";

/** The matrix with people and items exchanged: row i holds who rated item i, ascending. */
export function transpose(matrix: RatingMatrix): RatingMatrix {
  const rowStart = new Int32Array(matrix.items + 1);
  for (const item of matrix.itemIndex) rowStart[item + 1]!++;
  for (let item = 0; item < matrix.items; item++) rowStart[item + 1]! += rowStart[item]!;
  const next = rowStart.slice();
  const itemIndex = new Int32Array(matrix.itemIndex.length);
  const values = new Float64Array(matrix.values.length);
  for (let user = 0; user < matrix.users; user++) {
    for (let at = matrix.rowStart[user]!; at < matrix.rowStart[user + 1]!; at++) {
      const to = next[matrix.itemIndex[at]!]!++;
      itemIndex[to] = user;
      values[to] = matrix.values[at]!;
    }
  }
  return { users: matrix.items, items: matrix.users, rowStart, itemIndex, values };
}
