/** The plain rule: the sum over all groups. Imports the seam, the means and valibot. */
import * as v from "valibot";
import { addTimes, totalOf } from "./means.ts";
import type { RuleDefinition } from "./rule.ts";

/** Options of the plain rule: none. */
export interface SumOptions {
  readonly kind: "sum";
}

/** The sum over all groups: what every exact model expects, and no defense against a lying device. */
export const sum: RuleDefinition<SumOptions> = {
  kind: "sum",
  summary: "The plain sum of all contributions; a lying device is not noticed.",
  source: "McMahan et al. 2017, https://arxiv.org/abs/1602.05629",
  options: v.strictObject({ kind: v.literal("sum") }),
  create: () => ({
    kind: "sum",
    keepsSums: true,
    least: 1,
    tolerates: () => 0,
    step(groups) {
      if (groups.length === 1) return { values: groups[0]!.values, count: groups[0]!.count };
      const values = groups[0]!.values.slice();
      for (let group = 1; group < groups.length; group++) addTimes(values, 1, groups[group]!.values);
      return { values, count: totalOf(groups) };
    },
  }),
};
