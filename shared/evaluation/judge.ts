/** Judges a model by what one person keeps aside, on the device. Imports math, models' types, random. */
import { rankAmongAll } from "../math/metrics.ts";
import type { UserRatings } from "../math/ratings.ts";
import type { Model } from "../models/model.ts";
import type { PrivatePart } from "../models/private-part.ts";
import type { Rng } from "../random.ts";
import type { HeldOutOutcome, Metric } from "./metrics.ts";

/** What a judge is made for. */
export interface JudgeSetting {
  readonly model: Model;
  readonly items: number;
  readonly metrics: readonly Metric[];
  /** Predicted ratings are clipped to it. */
  readonly ratingRange?: readonly [number, number] | undefined;
}

/**
 * What a person's held-out ratings say about a model: their own part is fitted to it with what they train on, and every item of the catalogue
 * but those is a candidate.
 *
 * @param opened the model, opened
 * @returns undefined when nothing is held out
 */
export type Judge = (
  opened: unknown,
  initial: PrivatePart,
  training: UserRatings,
  heldOut: UserRatings,
  rng: Rng,
) => HeldOutOutcome | undefined;

/** A judge with memory of its own for scores: one for each thread. */
export function createJudge({ model, items, metrics, ratingRange }: JudgeSetting): Judge {
  const scores = new Float64Array(items);
  const excluded = new Uint8Array(items);
  const [low, high] = ratingRange ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const isRanked = metrics.some((metric) => "k" in metric);
  const isRated = metrics.some((metric) => !("k" in metric));
  return (opened, initial, training, heldOut, rng) => {
    const count = heldOut.items.length;
    if (count === 0) return undefined;
    model.score(opened, model.fit(opened, initial, training, rng), scores);
    const errors = new Float64Array(isRated ? count : 0);
    for (let at = 0; at < errors.length; at++) {
      errors[at] = Math.min(high, Math.max(low, scores[heldOut.items[at]!]!)) - heldOut.values[at]!;
    }
    if (!isRanked) return { errors, ranks: [], heldOut: count };
    for (const item of training.items) excluded[item] = 1;
    const ranks = rankAmongAll(scores, heldOut.items, excluded);
    for (const item of training.items) excluded[item] = 0;
    return { errors, ranks, heldOut: count };
  };
}
