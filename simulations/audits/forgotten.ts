/**
 * Whether a model has forgotten people: how far it lies from one that never had them, and how well an attacker who knows a person's ratings tells
 * those who left from those who never took part. Imports shared, the traces of unlearning.
 *
 * Source: membership by loss, Yeom et al. 2018, https://arxiv.org/abs/1709.01604; by a reference model, Watson et al. 2022,
 * https://arxiv.org/abs/2111.08440
 */
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import type { ModelState } from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import type { Run } from "../../shared/run.ts";
import { shareBelow } from "../statistics.ts";
import type { Departures } from "../unlearning/departures.ts";
import type { MembershipFigures, UnlearningFigures } from "../unlearning/options.ts";

/** What is compared. */
export interface ForgottenInput {
  readonly run: Run;
  readonly training: RatingMatrix;
  readonly seed: number;
  /** Of the run that people left. */
  readonly departures: Departures;
  /** States of the run that never had them, by rounds advanced, from the start. */
  readonly reference: readonly ModelState[];
}

/** The audit's figures. */
export function auditForgotten(input: ForgottenInput): UnlearningFigures {
  const { departures, reference } = input;
  const { before, states, repeatedRounds, keptStates } = departures.trace;
  const referenceAt = ({ round }: ModelState): ModelState => reference.find((state) => state.round === round) ?? reference.at(-1)!;
  const last = states.at(-1)!;
  const told = [before, ...states.filter((state) => state !== before)];
  return {
    method: departures.method.kind,
    people: departures.leavers.length,
    after: before.round,
    repeatedRounds,
    keptStates,
    distances: told.map((state) => {
      const values = distanceOf(state.shared, referenceAt(state).shared);
      return { round: state.round, values, scores: values === 0 ? 0 : scoreDistance(input, state, referenceAt(state)) };
    }),
    membership: { before: membership(input, before, referenceAt(before)), after: membership(input, last, referenceAt(last)) },
    // Of the area under a curve of two samples of one size from one distribution.
    chance: Math.sqrt((2 * departures.leavers.length + 1) / (12 * departures.leavers.length ** 2)),
  };
}

/** Length of the difference over the length of `b`. */
function distanceOf(a: Float64Array, b: Float64Array): number {
  let difference = 0;
  let length = 0;
  for (let at = 0; at < a.length; at++) {
    difference += (a[at]! - b[at]!) ** 2;
    length += b[at]! ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / length);
}

/** Over the outsiders, of whom neither model knows anything. */
function scoreDistance(input: ForgottenInput, state: ModelState, reference: ModelState): number {
  const [own, other] = [scoresBy(input, state), scoresBy(input, reference)];
  const { items } = input.training;
  const { outsiders } = input.departures;
  const all = new Float64Array(outsiders.length * items);
  const base = new Float64Array(all.length);
  for (const [at, user] of outsiders.entries()) {
    all.set(own(user), at * items);
    base.set(other(user), at * items);
  }
  return distanceOf(all, base);
}

function membership(input: ForgottenInput, state: ModelState, reference: ModelState): MembershipFigures {
  const { leavers, outsiders } = input.departures;
  const lossesOf = (people: Int32Array, model: ModelState): Float64Array => Float64Array.from(people, lossBy(input, model));
  const [own, other] = [lossesOf(leavers, state), lossesOf(outsiders, state)];
  const [ownBase, otherBase] = [lossesOf(leavers, reference), lossesOf(outsiders, reference)];
  return {
    fit: shareBelow(own, other),
    calibrated: shareBelow(
      own.map((loss, at) => loss - ownBase[at]!),
      other.map((loss, at) => loss - otherBase[at]!),
    ),
  };
}

/** [items] one person's scores, by a part that is fitted to its ratings; overwritten by the next. */
function scoresBy({ run, training, seed }: ForgottenInput, { shared: values }: ModelState): (user: number) => Float64Array {
  const shared = run.model.open(values);
  const scores = new Float64Array(training.items);
  return (user) => {
    const ratings = ratingsOf(training, user);
    const initial = run.model.createPrivate(ratings, createRng(seed, "private", user));
    run.model.score(shared, run.model.fit(shared, initial, ratings, createRng(seed, "fit", user)), scores);
    return scores;
  };
}

/** The mean squared error of a person's own training ratings: of choices, how far their scores are from 1. */
function lossBy(input: ForgottenInput, state: ModelState): (user: number) => number {
  const { run, training } = input;
  const scoresOf = scoresBy(input, state);
  return (user) => {
    const ratings = ratingsOf(training, user);
    const scores = scoresOf(user);
    let sum = 0;
    for (const [at, item] of ratings.items.entries()) {
      const target = run.model.objective === "rating" ? ratings.values[at]! : 1;
      sum += (target - scores[item]!) ** 2;
    }
    return ratings.items.length === 0 ? 0 : sum / ratings.items.length;
  };
}
