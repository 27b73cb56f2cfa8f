/**
 * The seam for attacks: what somebody who sees some part of a run infers about single people. One file each; index.ts lists them; the conformance suite
 * proves that each beats guessing where it sees contributions in clear, and nothing but guesses where it sees random bytes. Imports types.
 */
import type { ParameterSpec } from "../../shared/models/model.ts";
import type { Run } from "../../shared/run.ts";

/** What is inferred: which items a person rated, or which of the rated ones highly. */
export type Goal = "items" | "ratings";

/** Items of one person, and what is true of each. */
export interface Cells {
  readonly person: number;
  readonly items: Int32Array;
  /** [items] 1 where it was rated, or rated highly; as many ones as zeros. */
  readonly labels: Uint8Array;
}

/** What is publicly known of items: how many of those who take part rated each, and their mean rating, the mean of all where there are none. */
export interface Crowd {
  readonly counts: Float64Array;
  readonly means: Float64Array;
}

/** What passed in one round. */
export interface SeenRound {
  readonly round: number;
  /** Who took part, which the aggregator knows. */
  readonly cohort: Int32Array;
  /** [size of the shared spec] as published before and after it. */
  readonly before: Float64Array;
  readonly after: Float64Array;
  /** [size of the contribution spec] the cohort's sum as the aggregator reads it, before noise of its own. */
  readonly sum: Float64Array;
  /** What the aggregator received from each device, by stage: every byte. */
  readonly answers: ReadonlyMap<number, readonly Uint8Array[]>;
}

/** Everything that passed in a run's rounds. An attack looks at what its attacker gets, never at the rest. */
export interface AttackRecord {
  readonly run: Run;
  readonly crowd: Crowd;
  readonly rounds: readonly SeenRound[];
  /** Length of the vectors that devices seal. */
  readonly wireSize: number;
  /** A wire vector, or a sum of some, as a contribution: [size of the contribution spec]. */
  read(values: Float64Array, round: number): Float64Array;
  /**
   * The round that a lying aggregator makes of the last one: this person's device, and so many of its own that the protection reveals the sum.
   * @returns the sum less its own devices' part, [size of the contribution spec]
   */
  fill(person: number): Promise<Evidence>;
  /** What `fill` would give, computed by whoever knows the person's ratings: no device is asked. */
  imitate(person: number): Promise<Evidence>;
}

/** A vector that tells something of one person, and what it is a vector of. */
export interface Evidence {
  readonly values: Float64Array;
  readonly spec: ParameterSpec;
  /** [size of the shared spec] the published vector that it was made against. */
  readonly published: Float64Array;
}

/** Scores items of a person: the higher, the rather the label is 1. */
export type Judge = (person: number, items: Int32Array) => Promise<Float64Array>;

/** An attack. */
export interface Attack {
  readonly kind: string;
  /** One sentence for reports: who does it, and what they see. */
  readonly summary: string;
  readonly source: string;
  /** How many people it is tried on at most, where each costs a round. */
  readonly mostPeople?: number;
  /** Makes ready. No person that is attacked is among those that it learns from. */
  learn(record: AttackRecord, goal: Goal, teaching: Teaching): Promise<Judge>;
}

/** What attackers learn from. */
export interface Teaching {
  /** People of the attacked run itself whose ratings the attacker knows. */
  readonly known: readonly Cells[];
  /**
   * A run of the attacker's own with people whose ratings it knows, from the same first model: what is one for all people of a run (sums, models, the noise on
   * them) is another there, and not learned by heart.
   */
  readonly shadow: { readonly record: AttackRecord; readonly cells: readonly Cells[] };
}
