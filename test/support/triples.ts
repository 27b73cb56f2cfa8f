/** A matrix as rows of text and numbers, to compare with what a test wrote. */
import type { RatingMatrix } from "../../shared/math/ratings.ts";
import type { Dataset } from "../../simulations/datasets/dataset.ts";

/** [user id, item id, value] in the order of the matrix. */
export function triplesOf(dataset: Dataset, matrix: RatingMatrix = dataset.matrix): [string, string, number][] {
  const rows: [string, string, number][] = [];
  for (let user = 0; user < matrix.users; user++) {
    for (let at = matrix.rowStart[user]!; at < matrix.rowStart[user + 1]!; at++) {
      rows.push([dataset.userIds[user]!, dataset.itemIds[matrix.itemIndex[at]!]!, matrix.values[at]!]);
    }
  }
  return rows;
}
