/** The plain rule: the sum over all groups. Imports the seam and valibot. */
import * as v from "valibot";
import type { GroupSum, RuleDefinition } from "./rule.ts";

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
  create: () => ({ kind: "sum", step: (groups) => groups.reduce(add) }),
};

function add(left: GroupSum, right: GroupSum): GroupSum {
  return { values: left.values.map((value, index) => value + right.values[index]!), count: left.count + right.count };
}
