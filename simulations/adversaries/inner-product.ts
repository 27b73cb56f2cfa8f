/** Colluders that turn the aggregate against the honest mean. Imports the seam. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";
import { knowledge, positive } from "./options.ts";

/** Options of inner-product manipulation. */
export interface InnerProductOptions {
  readonly kind: "inner-product";
  /** How many times the mean, the other way. Small ones lie in the midst of honest vectors, large ones carry a mean off. */
  readonly epsilon: number;
  /** Whose mean they know. */
  readonly knowledge: "colluders" | "everyone";
}

/** All colluders send -epsilon times the mean of what they would have sent if they were honest. */
export const innerProduct: AdversaryDefinition<InnerProductOptions> = {
  kind: "inner-product",
  summary: "Colluders send the opposite of the mean of their honest vectors, `epsilon` times as long.",
  source: "Xie, Koyejo, Gupta 2019, https://arxiv.org/abs/1903.03936",
  options: v.strictObject({ kind: v.literal("inner-product"), epsilon: positive(0.5), knowledge }),
  create: ({ epsilon, knowledge: watches }) => ({
    kind: "inner-product",
    watches,
    vector(values, { crowd }) {
      if (crowd === undefined) return;
      for (let i = 0; i < values.length; i++) values[i] = -epsilon * crowd.mean[i]!;
    },
  }),
};
