/** The aggregator fills a cohort with devices of its own, all but one, and takes them off the sum. Imports by-evidence, the seam. */
import type { Attack } from "./attack.ts";
import { learnByEvidence } from "./by-evidence.ts";

/** n - 1: as many devices that it made up as `cohort.min` asks for beside the person's, each with keys of its own and zeros for a contribution. */
export const filledCohort: Attack = {
  kind: "n-1",
  summary: "A lying aggregator fills a cohort with devices that it made up, all but one, and takes their part off the sum.",
  source:
    "Serjantov, Dingledine and Syverson 2002, https://doi.org/10.1007/3-540-36415-3_3; Boenisch et al. 2023, https://arxiv.org/abs/2301.04017",
  mostPeople: 8,
  learn: learnByEvidence(async (record, person) => [await record.fill(person)], {
    from: "shadow",
    imitate: async (record, person) => [await record.imitate(person)],
  }),
};
