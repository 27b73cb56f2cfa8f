/** The seam for baselines: what a federated model is compared with. One file each; index.ts lists them. Imports types. */
import type { Run } from "../../shared/run.ts";
import type { ScoresFor } from "../evaluate.ts";
import type { Split } from "../split.ts";

/** What a baseline may use: the training part of the split, never more. */
export interface BaselineInput {
  readonly run: Run;
  readonly split: Split;
  /** [n] the people whose devices take part, ascending. */
  readonly participants: Int32Array;
  readonly rounds: number;
  readonly seed: number;
}

/** A baseline, ready to score. */
export interface ReadyBaseline {
  readonly scoresFor: ScoresFor;
  /** The people it can score, when not everyone. */
  readonly users?: Int32Array;
}

/** A baseline's entry in the index. */
export interface Baseline {
  readonly name: string;
  /** One sentence for reports. */
  readonly summary: string;
  prepare(input: BaselineInput): ReadyBaseline;
}

/** Solves a model's objective with all ratings at hand, by an algorithm that knows nothing of contributions. */
export interface CentralSolver {
  /** The item side after one sweep over people and items, from the item side before it; writes to no argument. */
  sweep(items: Float64Array): Float64Array;
  /** Scores people, each fitted to this item side. */
  scorer(items: Float64Array): (user: number) => Float64Array;
}
