/** The hybrid randomizer: piecewise or Duchi's, by a coin that knows nothing of the value. Imports the two, the scalar seam, valibot. */
import * as v from "valibot";
import type { MechanismDefinition } from "../mechanism.ts";
import type { RandomBits } from "../samplers/bits.ts";
import { createDuchi } from "./local-duchi.ts";
import { createPiecewise } from "./local-piecewise.ts";
import { coinRange, createSampledMechanism, pureLevelEvent, type ScalarRandomizer } from "./scalar.ts";

/** Options of the hybrid randomizer. */
export interface LocalHybridOptions {
  readonly kind: "local-hybrid";
  /** Entries are cut to +-bound. */
  readonly bound: number;
}

/** The hybrid randomizer as a mechanism: at every epsilon its worst variance is at most that of both. */
export const localHybrid: MechanismDefinition<LocalHybridOptions> = {
  kind: "local-hybrid",
  summary: "Each device sends a few entries, drawn at random, by the better mixture of two randomizers: the usual choice.",
  source: "Wang et al. 2019, section III-C, https://arxiv.org/abs/1907.00782",
  placement: "local",
  options: v.strictObject({ kind: v.literal("local-hybrid"), bound: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), 1) }),
  event: (_options, level) => pureLevelEvent(level),
  create: ({ bound }, setting) => createSampledMechanism("local-hybrid", bound, setting, createHybrid),
};

/** Up to this epsilon Duchi's randomizer alone is best. */
const crossing = 0.61;

/** The randomizer. */
export function createHybrid(epsilon: number, bits: RandomBits): ScalarRandomizer {
  const duchi = createDuchi(epsilon, bits);
  if (epsilon <= crossing) return duchi;
  const piecewise = createPiecewise(epsilon, bits);
  const share = -Math.expm1(-epsilon / 2);
  return {
    reach: Math.max(piecewise.reach, duchi.reach),
    randomize: (value) => (bits.below(coinRange) < share * coinRange ? piecewise : duchi).randomize(value),
    variance: (value) => share * piecewise.variance(value) + (1 - share) * duchi.variance(value),
  };
}
