/** Whoever gets the published models compares them. Imports by-evidence, contrast, the seam. */
import type { Attack, SeenRound } from "./attack.ts";
import { learnByEvidence } from "./by-evidence.ts";
import { contrastOf } from "./contrast.ts";

/** How much of its last step an optimizer with momentum repeats: Adam's and heavy ball's usual number. */
const momentum = 0.9;

/**
 * How models changed in rounds with the person in them, beside how they did in the others: as it is, and less what momentum carries on of the change
 * before.
 */
export const differences: Attack = {
  kind: "differences",
  summary:
    "Whoever gets every published model, and knows when a person took part, compares how models changed in those rounds and in others.",
  source: "Nasr, Shokri and Houmansadr 2019, https://arxiv.org/abs/1812.00910",
  learn: learnByEvidence(
    async ({ run, rounds }, person) => {
      const before = new Map(rounds.map((seen, at) => [seen, rounds[at - 1]]));
      const spec = run.model.parameters.shared;
      return [0, momentum].map((carried) => ({
        ...contrastOf(rounds, person, (seen) => changeOf(seen, before.get(seen), carried)),
        spec,
      }));
    },
    { from: "shadow" },
  ),
};

/** [size of the shared spec] by how much the model fell in a round, less the share that the round before accounts for. */
function changeOf(seen: SeenRound, last: SeenRound | undefined, carried: number): Float64Array {
  return seen.before.map((value, i) => value - seen.after[i]! - (last === undefined ? 0 : carried * (last.before[i]! - last.after[i]!)));
}
