/** Time-aware: Shapley values of every time interval among those present in it, weighed. Imports the seam. */
import * as v from "valibot";
import { assertFew } from "../game.ts";
import type { SchemeDefinition } from "../scheme.ts";
import { stagedValues } from "../stages.ts";
import { mostExact } from "./shapley.ts";

/** Options. */
export interface IntervalsOptions {
  readonly kind: "intervals";
  /** How much heavier each interval is than the one before. Towards 0 only the first counts; large ones give plain Shapley values. */
  readonly beta: number;
}

/**
 * Reward cumulation: intervals of one unit of time, from 0 to the one in which the last player joined; the weight of interval t is beta^t over their
 * sum. Whoever has not joined gets what it is worth alone. Times within an interval count from its beginning.
 */
export const intervals: SchemeDefinition<IntervalsOptions> = {
  kind: "intervals",
  summary: "Time-aware: Shapley values of each unit of time among those present, later ones weighing beta times as much.",
  source: "Chen et al. 2025, https://arxiv.org/abs/2510.09240",
  options: v.strictObject({ kind: v.literal("intervals"), beta: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), 1) }),
  cost: (_options, players) => 2 ** players - 1,
  create: ({ beta }) => ({
    kind: "intervals",
    claims: { isEfficient: false, symmetry: "exact", isLinear: true, isTimeAware: true },
    mostPlayers: mostExact,
    values(game) {
      assertFew(game.players, "intervals", mostExact);
      const whole = Float64Array.from({ length: game.players }, (_, player) => Math.floor(game.joined?.[player] ?? 0));
      return stagedValues({ ...game, joined: whole, worth: (members) => game.worth(members) }, ({ from, to }, latest) => {
        const count = latest + 1;
        return share(beta, from, Math.min(to, count), count);
      });
    },
  }),
};

/** The sum of beta^t for t from `from` to `to` - 1, over that for t from 0 to `count` - 1; no power of beta overflows. */
function share(beta: number, from: number, to: number, count: number): number {
  if (beta === 1) return (to - from) / count;
  // Powers of the smaller of beta and 1 / beta alone.
  if (beta < 1) return (beta ** from - beta ** to) / (1 - beta ** count);
  const inverse = 1 / beta;
  return (inverse ** (count - to) - inverse ** (count - from)) / (1 - inverse ** count);
}
