/** Shapley values by drawn orders of the players. Imports the seam, random. */
import * as v from "valibot";
import { shuffled } from "../../random.ts";
import type { SchemeDefinition } from "../scheme.ts";

/** Options. */
export interface PermutationsOptions {
  readonly kind: "permutations";
  /** Orders drawn; each is taken forwards and backwards, which halves the noise of what is nearly additive. */
  readonly draws: number;
}

/** Monte Carlo Shapley values: what each player adds to those before it, in the mean over orders. */
export const permutations: SchemeDefinition<PermutationsOptions> = {
  kind: "permutations",
  summary: "Shapley values by drawn orders, forwards and backwards: any number of players, unbiased.",
  source:
    "Castro, Gomez and Tejada 2009, https://doi.org/10.1016/j.cor.2008.04.004; both ways: Mitchell et al. 2022, https://arxiv.org/abs/2104.12199",
  options: v.strictObject({
    kind: v.literal("permutations"),
    draws: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)), 8),
  }),
  // Each order ends with everyone, which is asked for once.
  cost: ({ draws }, players) => 2 * draws * (players - 1) + 1,
  create: ({ draws }) => ({
    kind: "permutations",
    claims: { isEfficient: true, symmetry: "expected", isLinear: true, isTimeAware: false },
    mostPlayers: Number.MAX_SAFE_INTEGER,
    values(game, rng) {
      const { players } = game;
      const members = new Uint8Array(players).fill(1);
      const whole = game.worth(members);
      const sums = new Float64Array(players);
      const walk = (playerAt: (place: number) => number): void => {
        members.fill(0);
        let before = 0;
        for (let place = 0; place < players; place++) {
          const player = playerAt(place);
          members[player] = 1;
          const worth = place === players - 1 ? whole : game.worth(members);
          sums[player] = sums[player]! + worth - before;
          before = worth;
        }
      };
      for (let draw = 0; draw < draws; draw++) {
        const order = shuffled(players, rng);
        walk((place) => order[place]!);
        walk((place) => order[players - 1 - place]!);
      }
      return sums.map((sum) => sum / (2 * draws));
    },
  }),
};
