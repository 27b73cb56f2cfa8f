/**
 * The seam for mechanisms: what adds noise to a vector, and what that costs. May import the events, random, registry.
 * One file per mechanism under mechanisms/, whose index lists them; the conformance suite proves each.
 *
 * Nobody types a noise scale: `noiseMultiplier` is calibrated from a budget (plan.ts), the sensitivity comes from the clip.
 */
import { CofactorError } from "../errors.ts";
import type { NoiseRng } from "../random.ts";
import type { Definition } from "../registry.ts";
import type { Neighboring, PrivacyEvent } from "./event.ts";
import type { Participation } from "./matrix/participation.ts";

/**
 * Where noise is added: on each device, enough for its own vector, with no trust in anyone; on each device a share of what the sum needs, which
 * holds when nobody sees less than the sum; or once to the sum, by whoever opens it.
 */
export type Placement = "local" | "distributed" | "central";

/** A vector with its noise, and what making it cost. */
export interface Noised {
  readonly values: Float64Array;
  readonly events: readonly PrivacyEvent[];
}

/** How noised vectors travel where that is not as vectors of the same length. */
export interface NoisedForm {
  /** Values of a noised vector, all whole numbers. */
  readonly size: number;
  /** The vector in the old form that a sum of noised ones stands for, [dimension]. */
  restore(sum: Float64Array, round: number): Float64Array;
}

/** Adds noise. Its randomness is from the CSPRNG, but in a simulation that says so. */
export interface Mechanism {
  readonly kind: string;
  readonly placement: Placement;
  /** What one call of `noise` costs. The numbers of a round are those of every round. */
  events(round: number): readonly PrivacyEvent[];
  /**
   * A copy of the vector with noise.
   *
   * Guarantees: unbiased for vectors within the mechanism's bound; a vector with a NaN or an infinity counts as zeros, silently; every
   * entry is noised, or which entries are is drawn independently of the vector: the result does not tell which entries were zero.
   *
   * @param vector [dimension] not modified
   * @param round from 1
   * @throws RangeError when the vector has another length
   */
  noise(vector: Float64Array, round: number): Noised;
  /**
   * The variance of an entry of a round's result, restored where it has a form of its own, whose value was `value`, within the bound.
   * @param round 1 when absent
   */
  variance(value: number, round?: number): number;
  /**
   * The largest variance, over the rounds, of an entry of what the server makes of all results so far: by default of their sum. Where absent,
   * rounds are independent and their variances add up.
   */
  runningVariance?(): number;
  /** For noise on devices: no entry of a result is larger, but with a chance below 1e-30. */
  readonly reach?: number;
  /** For distributed mechanisms. */
  readonly form?: NoisedForm;
  /**
   * For mechanisms whose rounds' noise hangs together: the secret state after the last round given, to be stored with that round's release
   * before it leaves. A later round's state must never be replaced by an earlier one's.
   */
  exportState?(): Uint8Array;
}

/** What sizes the noise. */
export interface NoiseLevel {
  /** Standard deviation (Laplace: scale) over sensitivity; 1 / epsilon for mechanisms of pure epsilon. */
  readonly noiseMultiplier: number;
  readonly neighboring: Neighboring;
}

/** The rounds of a run and in which of them one unit may take part. */
export interface Schedule {
  readonly rounds: number;
  readonly participation: Participation;
}

/** The public facts that noise is made of. */
export interface MechanismFacts extends NoiseLevel {
  /** Values of a vector. */
  readonly dimension: number;
  /** L2 sensitivity of the vector under the relation; local mechanisms bound the vector themselves. */
  readonly sensitivity: number;
  /** One round when absent. */
  readonly schedule?: Schedule;
  /** Noise shares that a sum holds at least, from devices that do not collude; 1 when absent. */
  readonly shares?: number;
}

/** What a mechanism is made for. */
export interface MechanismSetting extends MechanismFacts {
  readonly rng: NoiseRng;
  /** A public text that all halves of the run have in common. */
  readonly label?: string;
  /** What an earlier process's mechanism exported last. */
  readonly state?: Uint8Array;
}

/** A mechanism's entry in the index. */
export interface MechanismDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  readonly placement: Placement;
  /** What one round costs whoever sees the result and knows who took part; sampling is the plan's to add. */
  event(options: Options, facts: MechanismFacts): PrivacyEvent;
  /** What all rounds of the schedule cost, for mechanisms whose rounds' noise hangs together; else every participation costs one `event`. */
  runEvent?(options: Options, facts: MechanismFacts): PrivacyEvent;
  /** @throws CofactorError CONFIG_INVALID when the relation or the noise does not suit the mechanism */
  create(options: Options, setting: MechanismSetting): Mechanism | Promise<Mechanism>;
}

/**
 * Refuses what no local mechanism can promise: a device that takes part is seen to, so its presence cannot be hidden.
 *
 * @throws CofactorError CONFIG_INVALID
 */
export function refuseAddRemove(kind: string, neighboring: Neighboring): void {
  if (neighboring !== "add-remove") return;
  throw new CofactorError(
    "CONFIG_INVALID",
    `mechanism "${kind}" expected "neighboring" to be replace or zero-out: a device is seen to take part`,
  );
}
