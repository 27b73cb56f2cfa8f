/** What is lost without a player. Imports the seam. */
import * as v from "valibot";
import type { SchemeDefinition } from "../scheme.ts";

/** Options: none. */
export interface LeaveOneOutOptions {
  readonly kind: "leave-one-out";
}

/** The worth of all less the worth of all but one: cheap, and nearly 0 for everyone where many know the same. */
export const leaveOneOut: SchemeDefinition<LeaveOneOutOptions> = {
  kind: "leave-one-out",
  summary: "What is lost without a player: one coalition for each, values do not add up.",
  source: "Cook 1977, https://doi.org/10.1080/00401706.1977.10489493",
  options: v.strictObject({ kind: v.literal("leave-one-out") }),
  cost: (_options, players) => players + 1,
  create: () => ({
    kind: "leave-one-out",
    claims: { isEfficient: false, symmetry: "exact", isLinear: true, isTimeAware: false },
    mostPlayers: Number.MAX_SAFE_INTEGER,
    values(game) {
      const members = new Uint8Array(game.players).fill(1);
      const all = game.worth(members);
      return Float64Array.from({ length: game.players }, (_, player) => {
        members[player] = 0;
        const rest = game.players === 1 ? 0 : game.worth(members);
        members[player] = 1;
        return all - rest;
      });
    },
  }),
};
