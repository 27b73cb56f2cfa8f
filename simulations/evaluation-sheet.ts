/** Figures of one person after another, from what the held-out items came to; for everyone, or for a part of the catalogue. Imports shared. */

import { hitRateAt, ndcgAt, type Rank, recallAt } from "../shared/math/metrics.ts";
import type { RatingMatrix } from "../shared/math/ratings.ts";
import { type Distance, listDistance } from "./co-ratings.ts";
import type { ListMetric, Metric, RankedMetric } from "./evaluation-options.ts";

/** What one person's held-out items came to; every list is in their order. */
export interface Outcome {
  /** [n] clipped prediction less rating; empty when no metric asks for it. */
  readonly errors: Float64Array;
  /** [n] among all candidates; empty when no metric ranks. */
  readonly ranks: readonly Rank[];
  /** [draws][n] among sampled candidates. */
  readonly drawn: readonly (readonly Rank[])[];
  /** The first candidates, best first; empty when no metric looks at lists. */
  readonly list: Int32Array;
}

/** Which figures a sheet has. */
export interface SheetColumns {
  /** All of them, in the order in which they are read. */
  readonly names: readonly string[];
  /** Of errors. */
  readonly rated: readonly Metric[];
  /** Of ranks among all candidates. */
  readonly whole: readonly RankedMetric[];
  /** Of ranks among sampled candidates. */
  readonly sampled: readonly RankedMetric[];
  readonly draws: number;
  /** Of lists. */
  readonly listed: readonly ListMetric[];
  readonly distance: Distance;
  readonly items: number;
}

/** A filled sheet: see `PeopleEvaluation`. */
export interface SheetFigures {
  readonly users: Int32Array;
  readonly heldOut: Int32Array;
  readonly values: Readonly<Record<string, Float64Array>>;
  readonly perDraw: Readonly<Record<string, readonly Float64Array[]>>;
  /** [n] each person's list; empty ones when no metric looks at lists. */
  readonly lists: readonly Int32Array[];
}

/** A sheet to be filled. */
export interface Sheet {
  /** Adds a person. @param heldOut how many items the outcome is of, at least 1 */
  add(user: number, heldOut: number, outcome: Outcome): void;
  read(): SheetFigures;
}

/** An empty sheet. */
export function createSheet({ names, rated, whole, sampled, draws, listed, distance, items }: SheetColumns): Sheet {
  const users: number[] = [];
  const held: number[] = [];
  const lists: Int32Array[] = [];
  const values = new Map(names.map((name) => [name, [] as number[]]));
  const perDraw = new Map(sampled.map(({ name }) => [name, Array.from({ length: draws }, () => [] as number[])]));
  return {
    add(user, heldOut, { errors, ranks, drawn, list }) {
      users.push(user);
      held.push(heldOut);
      lists.push(list);
      for (const metric of rated) values.get(metric.name)!.push(errorFigure(metric.kind === "rmse", errors));
      for (const metric of whole) values.get(metric.name)!.push(rankedFigure(metric, ranks));
      for (const { name, kind, k } of listed) {
        const first = list.subarray(0, k);
        values.get(name)!.push(kind === "ild" ? listDistance(first, distance) : first.length / items);
      }
      for (const metric of sampled) {
        let mean = 0;
        for (const [draw, among] of drawn.entries()) {
          const figure = rankedFigure(metric, among);
          perDraw.get(metric.name)![draw]!.push(figure);
          mean += figure / draws;
        }
        values.get(metric.name)!.push(mean);
      }
    },
    read: () => ({
      users: Int32Array.from(users),
      heldOut: Int32Array.from(held),
      values: Object.fromEntries([...values].map(([name, list]) => [name, Float64Array.from(list)])),
      lists,
      perDraw: Object.fromEntries([...perDraw].map(([name, lists]) => [name, lists.map((list) => Float64Array.from(list))])),
    }),
  };
}

/** The outcome of some of the held-out items alone, by their places; ranks stay those among everything. */
export function pickOutcome({ errors, ranks, drawn, list }: Outcome, places: readonly number[]): Outcome {
  const pick = <T>(list: readonly T[]): T[] => (list.length === 0 ? [] : places.map((at) => list[at]!));
  return { errors: Float64Array.from(pick([...errors])), ranks: pick(ranks), drawn: drawn.map(pick), list };
}

/** [n] one person's clipped predictions less the held-out ratings. */
export function clippedErrors(
  scores: Float64Array,
  { rowStart, itemIndex, values }: RatingMatrix,
  user: number,
  [low, high]: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): Float64Array {
  const from = rowStart[user]!;
  const errors = new Float64Array(rowStart[user + 1]! - from);
  for (let at = 0; at < errors.length; at++) {
    errors[at] = Math.min(high, Math.max(low, scores[itemIndex[from + at]!]!)) - values[from + at]!;
  }
  return errors;
}

function errorFigure(isSquared: boolean, errors: Float64Array): number {
  let sum = 0;
  for (const error of errors) sum += isSquared ? error * error : Math.abs(error);
  return isSquared ? Math.sqrt(sum / errors.length) : sum / errors.length;
}

function rankedFigure(metric: RankedMetric, ranks: readonly Rank[]): number {
  if (metric.kind === "hr") return hitRateAt(metric.k, ranks);
  return metric.kind === "ndcg" ? ndcgAt(metric.k, ranks) : recallAt(metric.k, ranks);
}
