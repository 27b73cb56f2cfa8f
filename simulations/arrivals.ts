/**
 * Ratings that arrive over a simulated run: the training ratings by their time, a first part and then so many equal steps, each with rounds of its
 * own; and what each step came to. Imports shared.
 */
import { CofactorError } from "../shared/errors.ts";
import type { RatingMatrix } from "../shared/math/ratings.ts";
import type { ModelState } from "../shared/models/model.ts";
import type { ArrivalOptions, StepFigures } from "./arrival-options.ts";
import type { Prepared } from "./prepare.ts";

/** What of a round its step is told by. */
export interface PassedRound {
  readonly result: { readonly outcome: "published" | "abandoned"; readonly bytesUp: number; readonly bytesDown: number };
  /** Whose contributions are in the sum. */
  readonly contributors: Int32Array;
}

/** Whose ratings are there, from round to round. */
export class Arrivals {
  readonly #options: ArrivalOptions;
  readonly #firstRounds: number;
  readonly #participants: Int32Array;
  readonly #training: RatingMatrix;
  /** [training ratings] the step with which each comes. */
  readonly #stepOf: Uint16Array;
  #step = -1;
  #known!: RatingMatrix;
  #present = new Int32Array(0);
  readonly #figures: StepFigures[] = [];
  #took = new Set<number>();
  #sums = { contributions: 0, published: 0, bytesUp: 0, bytesDown: 0 };
  #stale: ModelState | undefined;

  /** @throws CofactorError CONFIG_INVALID for data without times */
  constructor({ dataset, split, scenario, participants }: Prepared, options: ArrivalOptions) {
    this.#options = options;
    this.#firstRounds = scenario.rounds;
    this.#participants = participants;
    this.#training = split.training;
    this.#stepOf = stepsByTime(timesOf(dataset.matrix, split.training), options);
  }

  /** The training ratings that are there. */
  get known(): RatingMatrix {
    return this.#known;
  }

  /** Devices that take part and have ratings, ascending. */
  get present(): Int32Array {
    return this.#present;
  }

  get figures(): readonly StepFigures[] {
    return this.#figures;
  }

  /** A round comes. @returns whether ratings have arrived with it */
  enter(round: number): boolean {
    const { roundsPerStep } = this.#options;
    const step = Math.max(0, Math.ceil((round - this.#firstRounds) / roundsPerStep));
    if (step === this.#step) return false;
    this.#step = step;
    this.#known = selectRatings(this.#training, (at) => this.#stepOf[at]! <= step);
    this.#present = this.#participants.filter((user) => this.#known.rowStart[user + 1]! > this.#known.rowStart[user]!);
    this.#took = new Set();
    this.#sums = { contributions: 0, published: 0, bytesUp: 0, bytesDown: 0 };
    return true;
  }

  /**
   * A round is over.
   * @param state the model behind it
   * @param judge figures of a model for the ratings that are there
   */
  leave(round: number, outcome: PassedRound, state: ModelState, judge: (state: ModelState) => StepFigures["metrics"]): void {
    const { contributors, result } = outcome;
    for (const user of contributors) this.#took.add(user);
    this.#sums.contributions += contributors.length;
    this.#sums.published += result.outcome === "published" ? 1 : 0;
    this.#sums.bytesUp += result.bytesUp;
    this.#sums.bytesDown += result.bytesDown;
    if ((round - this.#firstRounds) % this.#options.roundsPerStep !== 0 || round < this.#firstRounds) return;
    this.#stale ??= state;
    const metrics = judge(state);
    this.#figures.push({
      step: this.#step,
      ratings: this.#known.values.length,
      present: this.#present.length,
      tookPart: this.#took.size,
      ...this.#sums,
      metrics,
      stale: this.#stale === state ? metrics : judge(this.#stale),
    });
  }
}

/** [training ratings] when each was given. @throws CofactorError CONFIG_INVALID for data without times */
function timesOf(matrix: Prepared["dataset"]["matrix"], training: RatingMatrix): Float64Array {
  if (matrix.times === undefined) throw new CofactorError("CONFIG_INVALID", '"timeline" expected data with times');
  const times = new Float64Array(training.values.length);
  for (let user = 0; user < matrix.users; user++) {
    let at = training.rowStart[user]!;
    for (let cell = matrix.rowStart[user]!; cell < matrix.rowStart[user + 1]! && at < training.rowStart[user + 1]!; cell++) {
      if (matrix.itemIndex[cell] === training.itemIndex[at]) times[at++] = matrix.times[cell]!;
    }
  }
  return times;
}

/** The step of each rating: `from` of them, the earliest, come with step 0, and as many of the others with each further one. Ties go by place. */
function stepsByTime(times: Float64Array, { steps, from }: ArrivalOptions): Uint16Array {
  const order = Uint32Array.from(times, (_, at) => at).sort((a, b) => times[a]! - times[b]! || a - b);
  const first = Math.round(from * times.length);
  const stepOf = new Uint16Array(times.length);
  for (let place = first; place < order.length; place++) {
    stepOf[order[place]!] = 1 + Math.floor(((place - first) * steps) / (order.length - first));
  }
  return stepOf;
}

function selectRatings(
  { users, items, rowStart: starts, itemIndex, values }: RatingMatrix,
  isWanted: (at: number) => boolean,
): RatingMatrix {
  const rowStart = new Int32Array(users + 1);
  const kept: number[] = [];
  for (let user = 0; user < users; user++) {
    for (let at = starts[user]!; at < starts[user + 1]!; at++) if (isWanted(at)) kept.push(at);
    rowStart[user + 1] = kept.length;
  }
  return {
    users,
    items,
    rowStart,
    itemIndex: Int32Array.from(kept, (at) => itemIndex[at]!),
    values: Float64Array.from(kept, (at) => values[at]!),
  };
}
