/** Duchi's randomizer: one of two numbers, by a coin that leans with the value. Imports the scalar seam, valibot. */
import * as v from "valibot";
import type { MechanismDefinition } from "../mechanism.ts";
import type { RandomBits } from "../samplers/bits.ts";
import { coinRange, createSampledMechanism, pureLevelEvent, type ScalarRandomizer } from "./scalar.ts";

/** Options of Duchi's randomizer. */
export interface LocalDuchiOptions {
  readonly kind: "local-duchi";
  /** Entries are cut to +-bound. */
  readonly bound: number;
}

/** Duchi's randomizer as a mechanism: best for small epsilon. */
export const localDuchi: MechanismDefinition<LocalDuchiOptions> = {
  kind: "local-duchi",
  summary: "Each device sends a few entries, drawn at random, as one of two numbers: best for an epsilon below 0.6.",
  source: "Duchi, Jordan and Wainwright 2018, https://arxiv.org/abs/1604.02390",
  placement: "local",
  options: v.strictObject({ kind: v.literal("local-duchi"), bound: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), 1) }),
  event: (_options, level) => pureLevelEvent(level),
  create: ({ bound }, setting) => createSampledMechanism("local-duchi", bound, setting, createDuchi),
};

/**
 * +-reach with reach = (e^epsilon + 1) / (e^epsilon - 1), plus with probability 1/2 + value / (2 reach).
 *
 * Guarantees: exactly of its epsilon, since the coin's whole-number probability is kept off the ends that would exceed it; unbiased to
 * 2^-50 of the reach.
 */
export function createDuchi(epsilon: number, bits: RandomBits): ScalarRandomizer {
  const reach = 1 / Math.tanh(epsilon / 2);
  // No outcome may be rarer than 1 / (e^epsilon + 1).
  const least = Math.ceil(coinRange / (1 + Math.exp(epsilon))) + 1;
  return {
    reach,
    randomize(value) {
      const wanted = Math.round(coinRange * (0.5 + value / (2 * reach)));
      const threshold = Math.min(coinRange - least, Math.max(least, wanted));
      return bits.below(coinRange) < threshold ? reach : -reach;
    },
    variance: (value) => reach * reach - value * value,
  };
}
