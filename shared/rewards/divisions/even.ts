/** Every member of a group gets the same. Imports the seam. */
import * as v from "valibot";
import type { DivisionDefinition } from "../division.ts";

/** Options: none. */
export interface EvenOptions {
  readonly kind: "even";
}

/** Equal parts: rewards taking part and in which company, and tells of nobody's data beyond what the groups' values do. */
export const even: DivisionDefinition<EvenOptions> = {
  kind: "even",
  summary: "Every member of a group gets the same part of its value.",
  source: "the Shapley value of a group of which nothing is known but its sum",
  options: v.strictObject({ kind: v.literal("even") }),
  create: () => ({
    kind: "even",
    findsNull: false,
    divide(groups, people) {
      const values = new Float64Array(people);
      for (const { members, value } of groups) {
        const part = value / members.length;
        for (let at = 0; at < members.length; at++) values[members[at]!] = values[members[at]!]! + part;
      }
      return values;
    },
  }),
};
