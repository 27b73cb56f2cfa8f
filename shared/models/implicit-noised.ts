/**
 * Implicit alternating least squares fit for noise: contributions of bounded entries, and item rows from noised sums. May import math.
 *
 * Bounded, the person's vector p has a norm of at most `factor` in all of the contribution: s p p' for the Gram matrix of all, and per rated
 * item s p p', p, and `countScale` in place of 1; s is `gramScale`. An item's row is the best linear estimate under the penalty as a prior,
 * for pairs of variance 1; it says no more than a preference of 2 to a person at the bound.
 *
 * Source: Chien et al. 2021, https://arxiv.org/abs/2107.09802
 */
import * as v from "valibot";
import { addScaled, packedSize } from "../math/linear.ts";
import type { ImplicitProblem } from "./implicit-solve.ts";
import { type Aggregate, type ParameterSpec, tensorOf } from "./model.ts";
import { boundNorm, estimateCounts, gramScales, meanGram, moveRow, semidefinite, shrinkGram } from "./noised-rows.ts";
import { positive } from "./options.ts";

/** How contributions are bounded. */
export interface ImplicitNoisedOptions {
  /** Greatest norm of a person's factors in a contribution. */
  readonly factor: number;
  /** What p p' is multiplied with: how much of a contribution's norm it takes beside p. */
  readonly gramScale: number;
  /** Likewise the 1 of a rated item. */
  readonly countScale: number;
}

/** The options of `ImplicitNoisedOptions`. */
export const implicitNoisedOptions: v.GenericSchema<unknown, ImplicitNoisedOptions> = v.strictObject({
  factor: positive(1),
  gramScale: positive(0.3),
  countScale: positive(0.25),
});

/** What the two halves depend on. */
export interface NoisedImplicit {
  readonly options: ImplicitNoisedOptions;
  /** Whether contributions are bounded and scaled: else they are those of the exact algorithm. */
  readonly isBounded: boolean;
  /** [packed] what the cells of p p' are multiplied with. */
  readonly scales: Float64Array;
}

/** Both halves' setting. @param written none where contributions are those of the exact algorithm */
export function createNoisedImplicit(written: ImplicitNoisedOptions | undefined, rank: number): NoisedImplicit {
  if (written !== undefined) return { options: written, isBounded: true, scales: gramScales(rank, written.gramScale) };
  return { options: { factor: 1, gramScale: 1, countScale: 1 }, isBounded: false, scales: new Float64Array(packedSize(rank)).fill(1) };
}

/** The greatest entry of a bounded contribution. */
export function greatestEntry({ factor, gramScale, countScale }: ImplicitNoisedOptions): number {
  return Math.max(factor, gramScale * Math.SQRT2 * factor ** 2, countScale);
}

/** The next item rows [items x rank] from a noised sum. @param itemWeights [items] of unrated pairs */
export function advanceNoisedImplicit(
  { options, scales, isBounded }: NoisedImplicit,
  { items, rank, l2 }: ImplicitProblem,
  contribution: ParameterSpec,
  itemWeights: Float64Array,
  aggregate: Aggregate,
): Float64Array {
  const packed = scales.length;
  // Where noise is none, next to none: estimates are the ridge's up to rounding.
  const stddev = Math.max(1e-4, aggregate.noiseStddev ?? 0);
  const most = isBounded ? options.factor ** 2 : Number.POSITIVE_INFINITY;
  const users = semidefinite(
    tensorOf(aggregate.values, contribution, "userGram").map((value, cell) => value / scales[cell]!),
    rank,
    most * aggregate.count,
  );
  const grams = tensorOf(aggregate.values, contribution, "itemGram").map((value, at) => value / scales[at % packed]!);
  const counts = estimateCounts(
    tensorOf(aggregate.values, contribution, "itemCount").map((value) => value / options.countScale),
    stddev / options.countScale,
    aggregate.count,
  );
  const noised = { order: rank, grams, variances: scales.map((scale) => (stddev / scale) ** 2), counts };
  const mean = meanGram(noised, most);
  const shared = tensorOf(aggregate.values, contribution, "itemTarget").slice();
  for (let item = 0; item < items; item++) {
    const matrix = shrinkGram(noised, mean, item);
    addScaled(matrix, 0, itemWeights[item]!, users, 0, packed);
    const prior = new Float64Array(rank).fill(1 / (l2 * (counts[item]! + itemWeights[item]! * aggregate.count)));
    shared.set(moveRow(matrix, shared.subarray(item * rank, (item + 1) * rank), prior, 1, stddev * stddev), item * rank);
    boundNorm(shared, item * rank, rank, 2 / options.factor);
  }
  return shared;
}
