/**
 * The seam for adversaries: what devices of a simulation do that are not honest. May import shared. One file per adversary; index.ts lists them; the
 * conformance suite (test/conformance/adversary.ts) proves each.
 *
 * An adversary acts where a real one could: on the ratings of its device, on the vector that leaves it, on the bytes of its answer, on when it
 * answers. What honest code does for it (clip, noise, a check of its own) it may leave out; what the wire cannot carry it cannot send. Every device
 * of one section of a scenario plays the same part, and they may collude: they have a stream of random numbers in common, and may know the
 * moments of what they would have sent if they were honest, or of what everyone else sends.
 */
import type { UserRatings } from "../../shared/math/ratings.ts";
import type { RoundFrame } from "../../shared/protections/protection.ts";
import type { Rng } from "../../shared/random.ts";
import type { Definition } from "../../shared/registry.ts";
import type { ItemFacts } from "./item-facts.ts";

/** What an adversary is made for. */
export interface AdversarySetting {
  readonly items: number;
  /** Whether ratings are judged, or an order of choices whose values are all 1. */
  readonly objective: "rating" | "ranking";
  readonly ratingRange: readonly [number, number];
  /** Devices asked in a round, of `participants` that take part, `devices` of them with this part. */
  readonly cohort: number;
  readonly participants: number;
  readonly devices: number;
  /** The same stream for all devices of the section. */
  readonly rng: Rng;
  /** The same stream for all sections: what they have to agree on without knowing of each other, such as a target. */
  readonly common: Rng;
  /** What anyone can know about the items: how often and how well they were rated. Counted when it is first asked for. */
  facts(): ItemFacts;
}

/** What colluders know about vectors of others. */
export interface Crowd {
  /** How many vectors it is over, at least 1. */
  readonly count: number;
  /** [values of a vector]. */
  readonly mean: Float64Array;
  /** [values of a vector] of the population, not of a sample. */
  readonly stddev: Float64Array;
}

/** A device's turn. */
export interface Turn {
  /** From 1. */
  readonly round: number;
  /** The device's own stream for this round. */
  readonly rng: Rng;
}

/** A turn at which a vector leaves. */
export interface VectorTurn extends Turn {
  /** Where the adversary `watches`: left out in rounds in which there was nobody to watch. */
  readonly crowd?: Crowd | undefined;
  /** What this device sent the last time it was asked, where the adversary `remembers`. Not to be written to. */
  readonly last?: Float64Array | undefined;
}

/** A turn at which an answer's bytes leave. */
export interface AnswerTurn extends Turn {
  /** What this device would have answered the last time it was asked, where the adversary `remembers`. Not to be written to. */
  readonly last?: Uint8Array | undefined;
}

/**
 * An adversary, with the hooks that it uses.
 *
 * Guarantees every implementation gives: the same arguments and streams give the same; it writes to nothing but the values of `vector`; it holds no
 * state, so that nothing depends on which devices share a worker.
 */
export interface Adversary {
  readonly kind: string;
  /** [n] items whose exposure to honest people is what the attack is judged by. */
  readonly targets?: Int32Array;
  /** Whose vectors of a round it knows the moments of, before it sends its own: those of its colluders were they honest, or of all honest devices. */
  readonly watches?: "colluders" | "everyone";
  /** Whether hooks are told what was sent the last time. */
  readonly remembers?: boolean;
  /**
   * The ratings that a device trains on, in place of its own.
   * @param rng the device's own stream, the same in every round
   */
  ratings?(own: UserRatings, rng: Rng): UserRatings;
  /** Changes what leaves: `values` holds what an honest device would send, without places of scattered parts. */
  vector?(values: Float64Array, turn: VectorTurn): void;
  /** What the device's half of the protection is told about the round. */
  frame?(frame: RoundFrame): RoundFrame;
  /** The answer that holds the contribution, as it leaves, from the sealed one. */
  answer?(sealed: Uint8Array, turn: AnswerTurn): Uint8Array;
  /** Milliseconds by which the contribution is late. */
  delayMs?(turn: Turn): number;
  /** A person's ratings with the signal planted: where it is honest people who are asked to show whether it took. */
  plant?(ratings: UserRatings): UserRatings;
  /**
   * What the source predicts for an attack of this size.
   * @param honest the ratings of each honest person
   * @param share of all people who attack
   */
  predict?(honest: readonly UserRatings[], share: number): Readonly<Record<string, number>>;
}

/** An adversary's entry in the index. */
export interface AdversaryDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  /** @throws CofactorError CONFIG_INVALID when the options do not fit the setting */
  create(options: Options, setting: AdversarySetting): Adversary;
}
