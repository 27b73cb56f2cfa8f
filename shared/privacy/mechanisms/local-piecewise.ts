/**
 * The piecewise randomizer on a lattice: likely near the value, possible everywhere. Imports the scalar seam, valibot.
 *
 * The paper's output is a real number, whose low bits would tell of the value; here it is one of 2^20 places of a lattice, with a window
 * of w likely places. The value picks the window's place, by a fair rounding that keeps its mean.
 */
import * as v from "valibot";
import type { MechanismDefinition } from "../mechanism.ts";
import type { RandomBits } from "../samplers/bits.ts";
import { coinRange, createSampledMechanism, pureLevelEvent, type ScalarRandomizer } from "./scalar.ts";

/** Options of the piecewise randomizer. */
export interface LocalPiecewiseOptions {
  readonly kind: "local-piecewise";
  /** Entries are cut to +-bound. */
  readonly bound: number;
}

/** The piecewise randomizer as a mechanism: best for large epsilon. */
export const localPiecewise: MechanismDefinition<LocalPiecewiseOptions> = {
  kind: "local-piecewise",
  summary: "Each device sends a few entries, drawn at random, as numbers that are likely near the true ones.",
  source: "Wang et al. 2019, algorithm 2, https://arxiv.org/abs/1907.00782",
  placement: "local",
  options: v.strictObject({ kind: v.literal("local-piecewise"), bound: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), 1) }),
  event: (_options, level) => pureLevelEvent(level),
  create: ({ bound }, setting) => createSampledMechanism("local-piecewise", bound, setting, createPiecewise),
};

/** Places of the lattice. */
const places = 2 ** 20;

/** The constants of the lattice's randomizer for an epsilon. */
export interface PiecewisePlan {
  /** Places of the window. */
  readonly window: number;
  /** With this probability, in 2^-52, the result is uniform in the window; else it is uniform everywhere. */
  readonly inside: number;
  readonly reach: number;
  /** The probability density inside the window per unit of the result; outside it is e^-epsilon times that. */
  readonly density: number;
}

/**
 * The lattice's constants: a window of places / (e^(epsilon / 2) + 1), as wide as the paper's.
 *
 * Guarantees: a place inside is at most e^epsilon times as likely as one outside: the coin's probability is rounded down.
 */
export function planPiecewise(epsilon: number): PiecewisePlan {
  const window = Math.max(1, Math.round(places / (Math.exp(epsilon / 2) + 1)));
  const odds = (Math.expm1(Math.min(epsilon, 100)) * window) / places;
  const inside = Math.floor((coinRange * odds * (1 - 2 ** -50)) / (1 + odds));
  const share = inside / coinRange;
  const reach = (places - 1) / (share * (places - window));
  const density = (((1 - share) / places + share / window) * (places - 1)) / (2 * reach);
  return { window, inside, reach, density };
}

/** The randomizer; unbiased to rounding. Its variance is the paper's, which the lattice meets to 1e-5. */
export function createPiecewise(epsilon: number, bits: RandomBits): ScalarRandomizer {
  const { window, inside, reach } = planPiecewise(epsilon);
  const shifts = places - window;
  const root = Math.exp(epsilon / 2);
  return {
    reach,
    randomize(value) {
      const exact = ((value + 1) / 2) * shifts;
      const low = Math.min(shifts, Math.max(0, Math.floor(exact)));
      const shift = low < shifts && bits.below(coinRange) < (exact - low) * coinRange ? low + 1 : low;
      const place = bits.below(coinRange) < inside ? shift + bits.below(window) : bits.below(places);
      // The mean of the place is linear in the shift: this line undoes it.
      return ((2 * place) / (places - 1) - 1) * reach;
    },
    variance: (value) => (value * value) / (root - 1) + (root + 3) / (3 * (root - 1) ** 2),
  };
}
