/** The same for everyone: items by how many people chose them; for ratings, each item's shrunken mean. Imports the seam. */
import type { Baseline } from "./baseline.ts";

/** How many ratings of the global mean an item's mean starts with. */
const shrinkage = 5;

/** Popularity over everyone's training part, also of those whose devices do not take part: the stronger baseline. */
export const popularity: Baseline = {
  name: "popularity",
  summary: "the same list for everyone, by how many people chose an item (for ratings: the item's mean)",
  prepare({ run, split }) {
    const { itemIndex, values, items } = split.training;
    const counts = new Float64Array(items);
    const sums = new Float64Array(items);
    let total = 0;
    for (let at = 0; at < itemIndex.length; at++) {
      counts[itemIndex[at]!]! += 1;
      sums[itemIndex[at]!]! += values[at]!;
      total += values[at]!;
    }
    const mean = total / Math.max(1, itemIndex.length);
    const scores =
      run.model.objective === "ranking" ? counts : sums.map((sum, item) => (sum + shrinkage * mean) / (counts[item]! + shrinkage));
    return { scoresFor: (_user, out) => out.set(scores) };
  },
};
