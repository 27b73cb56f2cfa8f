/** Ratings in compressed form: one person's, and many people's row by row. Imports check.ts. */

/** One person's ratings. Never has a wire form: no codec accepts it. */
export interface UserRatings {
  /** [n] item indices, ascending, each at most once. */
  readonly items: Int32Array;
  /** [n] rating units; all 1 for implicit feedback. */
  readonly values: Float64Array;
  /**
   * [any] items, ascending, that training never draws as negatives though they are not rated. A device has none: it is how a
   * simulation reproduces published codes that kept their test items out of training, which gives the answer away.
   */
  readonly withheld?: Int32Array;
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
  /** Each person's `withheld`, person u holding rowStart[u] .. rowStart[u + 1] - 1 of itemIndex; none when left out. */
  readonly withheld?: { readonly rowStart: Int32Array; readonly itemIndex: Int32Array };
}

/** Row `user` as a view: no copy is made. */
export function ratingsOf({ rowStart, itemIndex, values, withheld }: RatingMatrix, user: number): UserRatings {
  const from = rowStart[user]!;
  const to = rowStart[user + 1]!;
  const own = { items: itemIndex.subarray(from, to), values: values.subarray(from, to) };
  if (withheld === undefined) return own;
  return { ...own, withheld: withheld.itemIndex.subarray(withheld.rowStart[user]!, withheld.rowStart[user + 1]!) };
}

/** Whether an ascending list holds a value (binary search). */
export function contains(ascending: Int32Array, value: number): boolean {
  let low = 0;
  let high = ascending.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = ascending[middle]!;
    if (found === value) return true;
    if (found < value) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}
