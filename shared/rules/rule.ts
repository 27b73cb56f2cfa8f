/**
 * The seam for rules: what makes one aggregate out of the sums that protection reveals. May import math, registry.
 * One file per rule; index.ts lists them.
 *
 * Today every rule sees group sums; a run with one group has one. A rule never sees a single person's contribution
 * unless the protection is `open`.
 */
import type { Definition } from "../registry.ts";

/** The revealed sum of one group of contributors. */
export interface GroupSum {
  /** [size of the contribution spec]. */
  readonly values: Float64Array;
  /** How many contributions were summed, at least 1. */
  readonly count: number;
}

/** Makes one sum out of group sums; does not write to them. */
export interface Rule {
  readonly kind: string;
  /** @param groups at least one, all of the same length */
  step(groups: readonly GroupSum[]): GroupSum;
}

/** A rule's entry in the index. */
export interface RuleDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  create(options: Options): Rule;
}
