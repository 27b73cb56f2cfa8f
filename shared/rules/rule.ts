/**
 * The seam for rules: what makes one aggregate out of the sums that protection reveals. May import math, registry.
 * One file per rule; lazy.ts lists them; the conformance suite (test/conformance/rule.ts) proves each.
 *
 * A rule sees the sums of the round's groups: one sum, that of the cohort, where terms ask for no groups; the sum of each group where they ask for
 * several; single contributions only under `open`, where a group may be one device. It works on the groups' means and gives back a sum, its own mean
 * times the number of all contributions: what models advance by. For models whose contributions are gradients or differences that is a robust
 * mean of them. For exact statistics (`als`, `implicit-als`, `nmf`) it is a robust mean of each entry of the normal equations: the result is no
 * longer the least-squares solution of anybody's ratings, and coordinate-wise rules may leave matrices that are not positive definite.
 *
 * Contributions are sparse by item: of few devices in a group most have not rated an item, and their rows are zeros (for gradients, but for the
 * regularizer). A rule that looks at entries then takes the zeros for the many and the raters for the strangers: `median` over single devices learns
 * almost nothing. Groups help, since a group's mean holds every item that any of its members rated.
 */
import type { Definition } from "../registry.ts";

/** The revealed sum of one group of contributors. */
export interface GroupSum {
  /** [size of the contribution spec]. */
  readonly values: Float64Array;
  /** How many contributions were summed, at least 1. */
  readonly count: number;
}

/** What a rule makes of a round. */
export interface RuleStep extends GroupSum {
  /** What the rule wants to be given in the next round; left out where it remembers nothing. */
  readonly memory?: Float64Array;
}

/**
 * Makes one sum out of group sums.
 *
 * Guarantees every implementation gives: it writes to no argument; finite groups give a finite sum of the same length; equal means give that mean;
 * one group gives its own sum; with at most `tolerates(n)` of n equally large groups sending whatever they like, the result's mean stays within a
 * constant of what the honest ones sent. That is the breakdown point, not a promise of quality: what bad groups send within the honest ones'
 * spread counts like theirs.
 */
export interface Rule {
  readonly kind: string;
  /** True when the result is the exact sum over all groups: what counts and statistics need. */
  readonly keepsSums: boolean;
  /** Fewest groups that the rule says anything about; with fewer a round is abandoned. */
  readonly least: number;
  /** How many bad groups of `groups` cannot carry the result off. */
  tolerates(groups: number): number;
  /**
   * @param groups at least one, all of the same length
   * @param memory what the rule's last step gave; undefined at first
   */
  step(groups: readonly GroupSum[], memory?: Float64Array): RuleStep;
}

/** Rows of equal width inside a contribution: one tensor of it. */
export interface RowBlock {
  readonly offset: number;
  readonly rows: number;
  readonly width: number;
}

/** What the numbers of a group's sum are made of: blocks of rows, one behind the other. */
export type RuleLayout = readonly RowBlock[];

/** A rule's entry in the index. */
export interface RuleDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  /** @throws CofactorError CONFIG_INVALID when the options do not fit together */
  create(options: Options, layout: RuleLayout): Rule;
}

/** Fewest groups of which a rule tolerates one that is bad. */
export function leastTolerant(tolerates: (groups: number) => number): number {
  for (let groups = 1; groups <= 1_000; groups++) if (tolerates(groups) >= 1) return groups;
  throw new RangeError('"tolerates" expected a rule that tolerates one bad group of some thousand');
}

/** The most bad groups that leave the good ones a majority. */
export function minority(groups: number): number {
  return Math.floor((groups - 1) / 2);
}
