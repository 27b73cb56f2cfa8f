/** Shapley values of a few players, exactly. Imports the seam. */
import * as v from "valibot";
import { assertFew, shapleyAmong, worthTable } from "../game.ts";
import type { SchemeDefinition } from "../scheme.ts";

/** Options: none. */
export interface ShapleyOptions {
  readonly kind: "shapley";
}

/** Of so many players every coalition can be asked for. */
export const mostExact = 12;

/** Exact Shapley values: the only ones that are efficient, symmetric, linear, and nothing for who adds nothing. */
export const shapley: SchemeDefinition<ShapleyOptions> = {
  kind: "shapley",
  summary: `Exact Shapley values of at most ${mostExact} players: every coalition is asked for.`,
  source: "Shapley 1953, https://doi.org/10.1515/9781400881970-018",
  options: v.strictObject({ kind: v.literal("shapley") }),
  cost: (_options, players) => 2 ** players - 1,
  create: () => ({
    kind: "shapley",
    claims: { isEfficient: true, symmetry: "exact", isLinear: true, isTimeAware: false },
    mostPlayers: mostExact,
    values(game) {
      assertFew(game.players, "shapley", mostExact);
      return shapleyAmong(worthTable(game), game.players, 2 ** game.players - 1);
    },
  }),
};
