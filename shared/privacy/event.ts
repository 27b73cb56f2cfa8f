/**
 * Privacy events: what one use of private data costs, as plain frozen data that accountants read and ledgers keep.
 * Imports check, event-checks.
 *
 * `noiseMultiplier` is always the noise's standard deviation (for Laplace: its scale) divided by the sensitivity under the event's own
 * neighboring relation: a clip's `sensitivity(neighboring)`, which doubles under "replace".
 *
 * Edge cases of every `noiseMultiplier`: 0 -> no privacy, every accountant says infinity; infinity -> costs nothing; NaN or
 * negative -> RangeError when the event is made.
 *
 * Source: the events of dp_accounting, https://github.com/google/differential-privacy/tree/main/python/dp_accounting
 */
import { inRange, integer } from "../check.ts";
import { knownRelation, nonNegative, notBelowZero, refuseRelation } from "./event-checks.ts";

/**
 * When two datasets count as neighbors: a unit is added or removed; or replaced by any other; or replaced by one that contributes
 * zeros (the number of units is public).
 */
export type Neighboring = "add-remove" | "replace" | "zero-out";

/** Who looks: the server, which sees who takes part, or whoever receives what is released, who does not. */
export type PrivacyView = "server" | "release";

/** Gaussian noise on a vector of bounded L2 sensitivity. */
export interface GaussianEvent {
  readonly kind: "gaussian";
  readonly neighboring: Neighboring;
  readonly noiseMultiplier: number;
}

/** Laplace noise on a vector of bounded L1 sensitivity; `noiseMultiplier` is scale / sensitivity, so pure epsilon is its inverse. */
export interface LaplaceEvent {
  readonly kind: "laplace";
  readonly neighboring: Neighboring;
  readonly noiseMultiplier: number;
}

/** Gaussian noise on a sum over a cohort that each unit joins by a coin of its own. Its noise must not depend on the cohort's size. */
export interface PoissonGaussianEvent {
  readonly kind: "poisson-gaussian";
  readonly neighboring: "add-remove" | "zero-out";
  readonly noiseMultiplier: number;
  readonly samplingRate: number;
}

/** Gaussian noise on a sum over a cohort of fixed size drawn without replacement. */
export interface FixedSizeGaussianEvent {
  readonly kind: "fixed-size-gaussian";
  readonly neighboring: "replace";
  readonly noiseMultiplier: number;
  readonly population: number;
  readonly cohort: number;
}

/** Discrete Gaussian noise from one trusted source on an integer vector of bounded L2 sensitivity. */
export interface DiscreteGaussianEvent {
  readonly kind: "discrete-gaussian";
  readonly neighboring: Neighboring;
  readonly noiseMultiplier: number;
}

/** A sum of Skellam shares on an integer vector. All in grid units: the sum's variance, L2 and L1 sensitivity. */
export interface SkellamEvent {
  readonly kind: "skellam";
  readonly neighboring: Neighboring;
  readonly variance: number;
  readonly sensitivity: number;
  readonly l1Sensitivity: number;
}

/** A sum of `shares` independent discrete Gaussians on an integer vector. All in grid units. */
export interface DistributedGaussianEvent {
  readonly kind: "distributed-gaussian";
  readonly neighboring: Neighboring;
  /** Standard deviation of one share. */
  readonly shareStddev: number;
  /** Honest shares that survive into the sum. */
  readonly shares: number;
  readonly dimension: number;
  readonly sensitivity: number;
  readonly l1Sensitivity: number;
}

/** Any mechanism of pure epsilon: randomized response, and through it every local mechanism. */
export interface PureEvent {
  readonly kind: "pure";
  readonly neighboring: Neighboring;
  readonly epsilon: number;
}

/**
 * The exponential mechanism, and any other whose privacy losses on two neighbors lie within a range of length epsilon: it costs less than
 * a mechanism of which only the pure epsilon is known.
 */
export interface ExponentialEvent {
  readonly kind: "exponential";
  readonly neighboring: Neighboring;
  readonly epsilon: number;
}

/** Any mechanism of zero-concentrated privacy rho. */
export interface ZcdpEvent {
  readonly kind: "zcdp";
  readonly neighboring: Neighboring;
  readonly rho: number;
}

/** What may be sampled beside Gaussian noise, which has a tighter analysis of its own. */
export type SampleableEvent = LaplaceEvent | DiscreteGaussianEvent | SkellamEvent | DistributedGaussianEvent | PureEvent | ZcdpEvent;

/** Noise of another kind on a sum over a cohort that each unit joins by a coin of its own. */
export interface PoissonSampledEvent {
  readonly kind: "poisson-sampled";
  readonly neighboring: "add-remove" | "zero-out";
  readonly samplingRate: number;
  readonly event: SampleableEvent;
}

/** An event that happens once. */
export type SimpleEvent =
  | GaussianEvent
  | PoissonSampledEvent
  | LaplaceEvent
  | PoissonGaussianEvent
  | FixedSizeGaussianEvent
  | DiscreteGaussianEvent
  | SkellamEvent
  | DistributedGaussianEvent
  | PureEvent
  | ExponentialEvent
  | ZcdpEvent;

/** Several events on the same data, each free to depend on what the earlier ones released. */
export interface ComposedEvent {
  readonly kind: "composed";
  readonly neighboring: Neighboring;
  readonly events: readonly PrivacyEvent[];
}

/** One event, `count` times. */
export interface SelfComposedEvent {
  readonly kind: "self-composed";
  readonly neighboring: Neighboring;
  readonly event: PrivacyEvent;
  readonly count: number;
}

/** What one use of private data costs. */
export type PrivacyEvent = SimpleEvent | ComposedEvent | SelfComposedEvent;

/** An event's fields without its kind. */
export type Fields<Event> = Omit<Event, "kind">;

/** Gaussian noise on a vector. @throws RangeError when noiseMultiplier is negative or NaN, or the relation is unknown */
export function gaussianEvent(fields: Fields<GaussianEvent>): GaussianEvent {
  return Object.freeze({ kind: "gaussian", ...withNoise(fields) });
}

/** Laplace noise on a vector. @throws RangeError when noiseMultiplier is negative or NaN, or the relation is unknown */
export function laplaceEvent(fields: Fields<LaplaceEvent>): LaplaceEvent {
  return Object.freeze({ kind: "laplace", ...withNoise(fields) });
}

/** Gaussian noise on a Poisson-sampled sum. @throws RangeError for a samplingRate outside [0, 1], or the relation "replace" */
export function poissonGaussianEvent(fields: Fields<PoissonGaussianEvent>): PoissonGaussianEvent {
  inRange(fields.samplingRate, 0, 1, "samplingRate");
  refuseRelation(fields.neighboring, ["add-remove", "zero-out"], "Poisson sampling");
  return Object.freeze({ kind: "poisson-gaussian", ...withNoise(fields) });
}

/** Gaussian noise on a fixed-size cohort's sum. @throws RangeError for a cohort above the population, or another relation than "replace" */
export function fixedSizeGaussianEvent(fields: Fields<FixedSizeGaussianEvent>): FixedSizeGaussianEvent {
  integer(fields.population, 1, Number.MAX_SAFE_INTEGER, "population");
  integer(fields.cohort, 0, fields.population, "cohort");
  refuseRelation(fields.neighboring, ["replace"], "sampling of a fixed size");
  return Object.freeze({ kind: "fixed-size-gaussian", ...withNoise(fields) });
}

/** Discrete Gaussian noise on an integer vector. @throws RangeError when noiseMultiplier is negative or NaN, or the relation is unknown */
export function discreteGaussianEvent(fields: Fields<DiscreteGaussianEvent>): DiscreteGaussianEvent {
  return Object.freeze({ kind: "discrete-gaussian", ...withNoise(fields) });
}

/** Skellam noise on an integer vector. @throws RangeError when a field is negative or not finite, or the relation is unknown */
export function skellamEvent(fields: Fields<SkellamEvent>): SkellamEvent {
  nonNegative(fields.variance, "variance");
  return Object.freeze({ kind: "skellam", ...withSensitivities(fields) });
}

/** Shares of discrete Gaussian noise. @throws RangeError for a field that is negative, not finite or not whole where it counts */
export function distributedGaussianEvent(fields: Fields<DistributedGaussianEvent>): DistributedGaussianEvent {
  nonNegative(fields.shareStddev, "shareStddev");
  integer(fields.shares, 0, 1e9, "shares");
  integer(fields.dimension, 1, 1e12, "dimension");
  return Object.freeze({ kind: "distributed-gaussian", ...withSensitivities(fields) });
}

/** A mechanism of pure epsilon. @throws RangeError when epsilon is negative or NaN, or the relation is unknown */
export function pureEvent(fields: Fields<PureEvent>): PureEvent {
  notBelowZero(fields.epsilon, "epsilon");
  knownRelation(fields.neighboring);
  return Object.freeze({ kind: "pure", ...fields });
}

/** The exponential mechanism of an epsilon. @throws RangeError when epsilon is negative or NaN, or the relation is unknown */
export function exponentialEvent(fields: Fields<ExponentialEvent>): ExponentialEvent {
  notBelowZero(fields.epsilon, "epsilon");
  knownRelation(fields.neighboring);
  return Object.freeze({ kind: "exponential", ...fields });
}

/** A mechanism of zero-concentrated privacy. @throws RangeError when rho is negative or NaN, or the relation is unknown */
export function zcdpEvent(fields: Fields<ZcdpEvent>): ZcdpEvent {
  notBelowZero(fields.rho, "rho");
  knownRelation(fields.neighboring);
  return Object.freeze({ kind: "zcdp", ...fields });
}

/** Other noise on a Poisson-sampled sum. @throws RangeError for a samplingRate outside [0, 1], or the relation "replace" */
export function poissonSampledEvent(event: SampleableEvent, samplingRate: number): PoissonSampledEvent {
  inRange(samplingRate, 0, 1, "samplingRate");
  const { neighboring } = event;
  refuseRelation(neighboring, ["add-remove", "zero-out"], "Poisson sampling");
  return Object.freeze({ kind: "poisson-sampled", neighboring: neighboring as "zero-out", samplingRate, event });
}

/** Several events on the same data. @throws RangeError for no event, or different relations: their costs do not add up */
export function composedEvent(events: readonly PrivacyEvent[]): ComposedEvent {
  const [first] = events;
  if (first === undefined) throw new RangeError('"events" expected at least one event, got 0');
  const other = events.find((event) => event.neighboring !== first.neighboring);
  if (other !== undefined) {
    throw new RangeError(`"neighboring" expected one relation for all events, got "${first.neighboring}" and "${other.neighboring}"`);
  }
  return Object.freeze({ kind: "composed", neighboring: first.neighboring, events: Object.freeze([...events]) });
}

/** One event, `count` times. @throws RangeError when count is not a whole number from 0 */
export function selfComposedEvent(event: PrivacyEvent, count: number): SelfComposedEvent {
  integer(count, 0, Number.MAX_SAFE_INTEGER, "count");
  return Object.freeze({ kind: "self-composed", neighboring: event.neighboring, event, count });
}

function withNoise<F extends { readonly neighboring: Neighboring; readonly noiseMultiplier: number }>(fields: F): F {
  notBelowZero(fields.noiseMultiplier, "noiseMultiplier");
  knownRelation(fields.neighboring);
  return fields;
}

function withSensitivities<F extends { readonly neighboring: Neighboring; readonly sensitivity: number; readonly l1Sensitivity: number }>(
  fields: F,
): F {
  nonNegative(fields.sensitivity, "sensitivity");
  nonNegative(fields.l1Sensitivity, "l1Sensitivity");
  knownRelation(fields.neighboring);
  return fields;
}
