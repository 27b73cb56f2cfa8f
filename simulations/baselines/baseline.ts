/** The seam for baselines: what a federated model is compared with on the same split. May import shared. */

/** Scores people without the federated run. */
export interface Baseline {
  readonly name: string;
  /**
   * The score of every item for one person, in the units of the model it stands beside: predicted ratings, or numbers that order.
   * Guarantees: depends on training data and seed alone, not on the order of calls; the array is the caller's to keep.
   */
  scores(user: number): Float64Array;
}

/** Solves a model's objective with all ratings at hand. */
export interface CentralSolver {
  /** The item side after one sweep over people and items, from the item side before it; writes to no argument. */
  sweep(items: Float64Array): Float64Array;
  /** Scores people, each fitted to this item side. */
  scorer(items: Float64Array): (user: number) => Float64Array;
}
