/** The aggregator reads cohorts' sums, and knows who was in them. Imports by-evidence, contrast, the seam. */
import type { Attack } from "./attack.ts";
import { learnByEvidence } from "./by-evidence.ts";
import { contrastOf } from "./contrast.ts";

/** What sums with the person in them have that those without do not. */
export const sums: Attack = {
  kind: "sums",
  summary: "The aggregator compares the sums of rounds in which a person took part with those of the others.",
  source:
    "Dwork et al. 2015, https://doi.org/10.1109/FOCS.2015.46 (tracing); Homer et al. 2008, https://doi.org/10.1371/journal.pgen.1000167",
  learn: learnByEvidence(
    async ({ run, rounds }, person) => [{ ...contrastOf(rounds, person, ({ sum }) => sum), spec: run.model.parameters.contribution }],
    { from: "shadow" },
  ),
};
