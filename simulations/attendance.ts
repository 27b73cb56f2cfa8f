/**
 * Who is asked in each round of a simulation: cohorts by seed, within what the terms promise of a device's participation. Imports shared,
 * population.
 */
import { isAdmissible } from "../shared/privacy/matrix/participation.ts";
import { createRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import { drawCohort } from "./population.ts";

/** The cohorts of a simulation, and who was in them. */
export class Attendance {
  readonly #run: Run;
  readonly #participants: Int32Array;
  readonly #seed: number;
  /** By device, ascending: the rounds that it was asked in; kept only where a promise limits them. */
  readonly #rounds = new Map<number, number[]>();

  constructor(run: Run, participants: Int32Array, seed: number) {
    this.#run = run;
    this.#participants = participants;
    this.#seed = seed;
  }

  /**
   * The cohort of a round, ascending: drawn from those who may still take part, or by a coin for each device.
   *
   * Guarantees: depends on the seed and the rounds before; a device that is drawn counts as having taken part, whatever becomes of it.
   * @param candidates who has anything to contribute, ascending; by default everyone
   */
  draw(round: number, candidates: Int32Array = this.#participants): Int32Array {
    const promise = this.#run.privacy?.terms;
    const { size } = this.#run.terms.cohort;
    if (promise === undefined) return drawCohort(candidates, size, this.#seed, round);
    const eligible = candidates.filter((user) => isAdmissible(promise.participation, [...(this.#rounds.get(user) ?? []), round]));
    const cohort =
      promise.sampling === undefined
        ? drawCohort(eligible, size, this.#seed, round)
        : tossCoins(eligible, promise.sampling.rate, this.#seed, round);
    for (const user of cohort) this.#rounds.set(user, [...(this.#rounds.get(user) ?? []), round]);
    return cohort;
  }

  /** The rounds of every device that took part in any. */
  get log(): Iterable<readonly number[]> {
    return this.#rounds.values();
  }
}

/** Each device by a coin of its own: what amplification by sampling rests on. */
function tossCoins(users: Int32Array, rate: number, seed: number, round: number): Int32Array {
  const rng = createRng(seed, "coins", round);
  return users.filter(() => rng.float() < rate);
}
