/** Time-aware: what only a coalition can do counts less the later its last member came. Imports the seam. */
import * as v from "valibot";
import { assertFew } from "../game.ts";
import type { SchemeDefinition } from "../scheme.ts";
import { stagedValues } from "../stages.ts";
import { mostExact } from "./shapley.ts";

/** Options. */
export interface DiscountedOptions {
  readonly kind: "discounted";
  /** How fast a coalition's own worth fades with its latest member's time, in units of one over time. 0: plain Shapley values. */
  readonly gamma: number;
}

/**
 * Data valuation: the Harsanyi dividend of a coalition of two or more counts exp(-gamma t), t the time of the last of them; Shapley values of the game
 * that comes of it. A player's worth alone is never discounted.
 */
export const discounted: SchemeDefinition<DiscountedOptions> = {
  kind: "discounted",
  summary: "Time-aware: what only a coalition can do is discounted by exp(-gamma t) of its latest member, then shared by Shapley.",
  source: "Chen et al. 2025, https://arxiv.org/abs/2510.09240; dividends: Harsanyi 1963, https://doi.org/10.2307/2525487",
  options: v.strictObject({ kind: v.literal("discounted"), gamma: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 0.1) }),
  cost: (_options, players) => 2 ** players - 1,
  create: ({ gamma }) => ({
    kind: "discounted",
    claims: { isEfficient: false, symmetry: "exact", isLinear: true, isTimeAware: true },
    mostPlayers: mostExact,
    values(game) {
      assertFew(game.players, "discounted", mostExact);
      return stagedValues(
        game,
        ({ from, to }) => Math.exp(-gamma * from) - (gamma > 0 && to < Number.POSITIVE_INFINITY ? Math.exp(-gamma * to) : 0),
      );
    },
  }),
};
