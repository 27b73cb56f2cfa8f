/**
 * The seam for mechanisms: what adds noise to a vector, and what that costs. May import the events, random, registry.
 * One file per mechanism under mechanisms/, whose index lists them; the conformance suite proves each.
 *
 * Nobody types a noise scale: `noiseMultiplier` is calibrated from a budget (calibrate.ts), the sensitivity comes from the clip.
 */
import { CofactorError } from "../errors.ts";
import type { SecureRng } from "../random.ts";
import type { Definition } from "../registry.ts";
import type { Neighboring, PrivacyEvent } from "./event.ts";

/** Where noise is added: on each device, with no trust in anyone, or once to the sum. */
export type Placement = "local" | "central";

/** A vector with its noise, and what making it cost. */
export interface Noised {
  readonly values: Float64Array;
  readonly events: readonly PrivacyEvent[];
}

/** Adds noise. Its randomness is from the CSPRNG; it keeps no state that a restart could replay. */
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
  /** The variance of an entry of the result whose value was `value`, within the bound. */
  variance(value: number): number;
}

/** What sizes the noise. */
export interface NoiseLevel {
  /** Standard deviation (Laplace: scale) over sensitivity; 1 / epsilon for mechanisms of pure epsilon. */
  readonly noiseMultiplier: number;
  readonly neighboring: Neighboring;
}

/** What a mechanism is made for. */
export interface MechanismSetting extends NoiseLevel {
  /** Values of a vector. */
  readonly dimension: number;
  /** L2 sensitivity of the vector under the relation, for central mechanisms; local ones bound the vector themselves. */
  readonly sensitivity: number;
  readonly rng: SecureRng;
}

/** A mechanism's entry in the index. */
export interface MechanismDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  readonly placement: Placement;
  /** What one round costs whoever sees the result and knows who took part; sampling is the plan's to add. */
  event(options: Options, level: NoiseLevel): PrivacyEvent;
  /** @throws CofactorError CONFIG_INVALID when the relation or the noise does not suit the mechanism */
  create(options: Options, setting: MechanismSetting): Mechanism;
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
