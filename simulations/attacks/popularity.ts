/** Who sees nothing but what everybody knows. Imports the seam. */
import type { Attack } from "./attack.ts";

/** The baseline: guesses that people rated what many rated, and highly what is rated highly. */
export const popularity: Attack = {
  kind: "popularity",
  summary: "The baseline: no run is looked at; what many rated counts as rated, what is rated highly as rated highly.",
  source: "none",
  async learn({ crowd }, goal) {
    const known = goal === "items" ? crowd.counts : crowd.means;
    return async (_person, items) => Float64Array.from(items, (item) => known[item]!);
  },
};
