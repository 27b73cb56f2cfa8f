/** The aggregator reads what one device sent. Imports by-evidence, readings, the seam. */
import type { Attack, Evidence } from "./attack.ts";
import { learnByEvidence } from "./by-evidence.ts";
import { readingsOf } from "./readings.ts";

/**
 * Of the last round in which the device took part: its contribution as numbers of every form that the bytes could hold, and all that it sent in all stages
 * as raw bytes.
 */
export const single: Attack = {
  kind: "single",
  summary: "The aggregator reads every byte that one device sent in a round.",
  source: "Chai et al. 2019, https://arxiv.org/abs/1906.05108",
  learn: learnByEvidence(
    async ({ run, rounds, wireSize, read }, person) => {
      const { answers, round, before } = rounds.findLast((seen) => seen.answers.has(person))!;
      const sent = answers.get(person)!;
      const everything = readingsOf(Buffer.concat(sent), wireSize).at(-1)!;
      return [...readingsOf(sent[run.protection.contributionStage]!, wireSize), everything].map(
        (values): Evidence => ({ values: read(values, round), spec: run.model.parameters.contribution, published: before }),
      );
    },
    { from: "known" },
  ),
};
