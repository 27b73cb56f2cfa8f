/**
 * Amplification by sampling for correlated noise with few bands: what such a run costs, from its numbers alone. Imports the events, check.
 *
 * Source: Choquette-Choo et al. 2023, theorem 4, https://arxiv.org/abs/2306.08153
 */
import { integer } from "../check.ts";
import { type PrivacyEvent, poissonGaussianEvent, selfComposedEvent } from "./event.ts";

/** A run with banded correlated noise. */
export interface BandedRun {
  readonly rounds: number;
  /** Bands of the strategy matrix; rows further apart than this are orthogonal. */
  readonly bands: number;
  readonly population: number;
  /** Expected size of a round's cohort. */
  readonly cohort: number;
  /** Stddev over the sensitivity of one contribution, for a strategy matrix whose columns have norm 1. */
  readonly noiseMultiplier: number;
  readonly neighboring: "add-remove" | "zero-out";
}

/**
 * The event of a whole run in which the population is split into `bands` groups, once and independently of the data, and round t
 * samples each member of group t mod `bands` with probability cohort * bands / population.
 *
 * Guarantees: holds for any strategy matrix with this number of bands and columns of norm at most 1. With one band it is independent
 * noise and Poisson sampling; with population / cohort bands no sampling is left: every ceil(rounds / bands) participations count.
 * `seenBy(event, "server")` gives the cost without amplification.
 *
 * @throws RangeError when a number is out of range, or a group is smaller than a cohort
 */
export function bandedEvent(run: BandedRun): PrivacyEvent {
  integer(run.rounds, 1, Number.MAX_SAFE_INTEGER, "rounds");
  integer(run.bands, 1, run.rounds, "bands");
  integer(run.population, 1, Number.MAX_SAFE_INTEGER, "population");
  const samplingRate = (run.cohort * run.bands) / run.population;
  if (!(samplingRate >= 0 && samplingRate <= 1)) {
    throw new RangeError(`"cohort" expected at most population / bands = ${run.population / run.bands}, got ${run.cohort}`);
  }
  const { neighboring, noiseMultiplier } = run;
  return selfComposedEvent(poissonGaussianEvent({ neighboring, noiseMultiplier, samplingRate }), Math.ceil(run.rounds / run.bands));
}
