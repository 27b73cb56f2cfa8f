/**
 * Negatives for evaluation with sampled candidates, from random streams of their own that training never reads.
 * Imports shared.
 */
import { createRng, type Rng } from "../shared/random.ts";

/** How many negatives stand beside the held-out items. */
export const sampledNegatives = 99;

/** Names a stream of evaluation negatives. */
export interface NegativeStream {
  readonly seed: number;
  /** "honest" draws anew for each part, so that validation is an independent check of test. */
  readonly negatives: "honest" | "paper-compat";
  readonly part: "validation" | "test";
  /** Which of several draws. */
  readonly draw: number;
}

/** The generator of a stream; fork it with the person's index. */
export function negativeRng({ seed, negatives, part, draw }: NegativeStream): Rng {
  return negatives === "honest" ? createRng(seed, "evaluation-negatives", part, draw) : createRng(seed, "evaluation-negatives", draw);
}

/**
 * Draws distinct items from those whose `excluded` is 0, uniformly; all of them when there are no more than `count`.
 *
 * Shape: `excluded` [items], given back as it came; `eligible` is how many zeros it holds.
 */
export function drawNegatives(rng: Rng, excluded: Uint8Array, eligible: number, count: number = sampledNegatives): Int32Array {
  if (eligible <= count) {
    const all = new Int32Array(eligible);
    let found = 0;
    for (let item = 0; item < excluded.length; item++) if (excluded[item] === 0) all[found++] = item;
    return all;
  }
  const drawn = new Int32Array(count);
  for (let at = 0; at < count; ) {
    const item = rng.below(excluded.length);
    if (excluded[item] !== 0) continue;
    excluded[item] = 1;
    drawn[at++] = item;
  }
  for (const item of drawn) excluded[item] = 0;
  return drawn;
}
