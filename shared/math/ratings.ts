/** Ratings in compressed form: one person's, and many people's row by row. Imports check.ts. */

/** One person's ratings. Never has a wire form: no codec accepts it. */
export interface UserRatings {
  /** [n] item indices, ascending, each at most once. */
  readonly items: Int32Array;
  /** [n] rating units; all 1 for implicit feedback. */
  readonly values: Float64Array;
}

/** Many people's ratings, row u holding person u (compressed sparse rows). */
export interface RatingMatrix {
  readonly users: number;
  readonly items: number;
  /** [users + 1]; row u is rowStart[u] .. rowStart[u + 1] - 1 of the other two. */
  readonly rowStart: Int32Array;
  /** [ratings] item indices, ascending within a row. */
  readonly itemIndex: Int32Array;
  /** [ratings] rating units. */
  readonly values: Float64Array;
}

/** Row `user` as a view: no copy is made. */
export function ratingsOf(matrix: RatingMatrix, user: number): UserRatings {
  const from = matrix.rowStart[user]!;
  const to = matrix.rowStart[user + 1]!;
  return { items: matrix.itemIndex.subarray(from, to), values: matrix.values.subarray(from, to) };
}
