/**
 * The seam for divisions: what each person gets of the values of the groups that it was in. May import math, registry. One file per division in
 * divisions/, listed in its index.ts; the suite in test/conformance/reward-division.ts proves each.
 *
 * A group's sum is all that secrecy lets the aggregator know of its members: in one round they cannot be told apart. Over many rounds, with other
 * groups each time, who was in which and what those were worth tells more and more of each. That is what a division may use, and what it reveals.
 */
import type { Definition } from "../registry.ts";

/** A group whose sum was revealed, and what that was worth. */
export interface ValuedGroup {
  /** Groups of one round carry the same number. */
  readonly round: number;
  /** Who is in it, at least one, each once: indices from 0. */
  readonly members: Int32Array;
  /** In units of the figure that is shared out. */
  readonly value: number;
}

/**
 * Divides groups' values among people.
 *
 * Guarantees every division gives: values add up to those of the groups, to rounding; people who were in the same groups get the same; finite in,
 * finite out; no randomness.
 */
export interface Division {
  readonly kind: string;
  /** Whether somebody who adds nothing to any group gets nothing, once memberships tell everyone apart and values are sums of what members add. */
  readonly findsNull: boolean;
  /** @returns [people] the sum over each one's groups, 0 for who was in none */
  divide(groups: readonly ValuedGroup[], people: number): Float64Array;
}

/** A division's entry in the index. */
export interface DivisionDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  create(options: Options): Division;
}
