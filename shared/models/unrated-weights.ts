/**
 * How much it says of an item that a person did not rate it: more for the popular, which the person has likely met, than for the obscure,
 * which may be liked and not known. Popularity is a sum over devices: each contributes a 1 for every rated item, as it does the rest, under
 * the same protection, clip and noise. May import math.
 *
 * Weight of item i: a0 s_i^power over the mean of s^power, with s_i the share of contributors who rated it, plus one more in the cohort.
 * Power 0 weighs all alike, and sends and publishes nothing.
 *
 * Source: He et al. 2016, section 4.1, https://arxiv.org/abs/1708.05024
 */
import type { ModelShape, ParameterSpec } from "./model.ts";

/** The options of weights. */
export interface UnratedOptions {
  /** Weight a0 of a (user, item) pair as an unrated one, on average over the items. */
  readonly unratedWeight: number;
  /** How the weight follows popularity: 0, not at all; 1, in proportion. */
  readonly unratedPower: number;
}

/** The weights' part of a model: what stands behind the item factors of the published vector, and in the server's memory. */
export interface UnratedWeights {
  /** Whether weights differ. */
  readonly isWeighted: boolean;
  /** [items] relative weights of mean 1; no tensor where all weigh alike. */
  readonly shared: ParameterSpec;
  /** Sums over all rounds so far. */
  readonly state: ParameterSpec;
  /** The weights before round 1, when nothing is known. */
  readonly initial: Float64Array;
  /** [items] a0 times the relative weights that a published vector ends with. */
  read(shared: Float64Array): Float64Array;
  /**
   * Writes what a round adds over the end of the next shared vector and of the next state.
   * @param counts [items] how many of the round's contributors rated each; noised ones may be negative
   * @param people contributors of the round
   */
  update(counts: Float64Array, people: number, shared: Float64Array, state: Float64Array): void;
}

/** The weights' part for these options. */
export function createUnratedWeights(
  { unratedWeight, unratedPower }: UnratedOptions,
  { items, cohort }: Pick<ModelShape, "items" | "cohort">,
): UnratedWeights {
  const isWeighted = unratedPower > 0;
  return {
    isWeighted,
    shared: isWeighted ? [{ name: "itemWeight", shape: [items] }] : [],
    state: isWeighted
      ? [
          { name: "ratedCount", shape: [items] },
          { name: "contributors", shape: [1] },
        ]
      : [],
    initial: new Float64Array(isWeighted ? items : 0).fill(1),
    read(shared) {
      const weights = new Float64Array(items).fill(unratedWeight);
      const from = shared.length - items;
      for (let item = 0; isWeighted && item < items; item++) weights[item] = unratedWeight * shared[from + item]!;
      return weights;
    },
    update(counts, people, shared, state) {
      if (!isWeighted) return;
      const sums = state.subarray(state.length - items - 1);
      for (let item = 0; item < items; item++) sums[item] = sums[item]! + counts[item]!;
      const total = (sums[items] = sums[items]! + people);
      const weights = shared.subarray(shared.length - items);
      let mean = 0;
      for (let item = 0; item < items; item++) {
        weights[item] = Math.min(1, Math.max(0, sums[item]! / total) + 1 / cohort) ** unratedPower;
        mean += weights[item]! / items;
      }
      for (let item = 0; item < items; item++) weights[item] = weights[item]! / mean;
    },
  };
}
