/** The prior that has made up its mind: everybody counts. Imports the seam, valibot. */
import * as v from "valibot";
import type { PriorDefinition } from "./prior.ts";

/** Options of the prior: none. */
export interface DiracOptions {
  readonly kind: "dirac";
}

/** All neighbors alike, whatever the evidence: decentralised gradient descent. */
export const dirac: PriorDefinition<DiracOptions> = {
  kind: "dirac",
  summary: "Every neighbor counts fully: decentralised gradient descent without personal choice.",
  source: "SCooL (ICML 2023), https://arxiv.org/abs/2306.09595; D-PSGD: Lian et al. 2017, https://arxiv.org/abs/1705.09056",
  options: v.strictObject({ kind: v.literal("dirac") }),
  create: () => ({
    kind: "dirac",
    publishedLength: 0,
    start: () => undefined,
    publish: () => new Float64Array(0),
    weigh: (state, _departure, known) => ({ state, weights: new Map(known.map(({ id }) => [id, 1])) }),
  }),
};
