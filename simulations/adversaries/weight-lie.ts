/** Devices that lie about how much they weigh. Imports the seam. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";
import { positive } from "./options.ts";
import { scaleInPlace } from "./vectors.ts";

/** Options of the weight lie. */
export interface WeightLieOptions {
  readonly kind: "weight-lie";
  /** So many times as many ratings as there are. */
  readonly claims: number;
}

/**
 * Claims `claims` times as many ratings as there are. No weight has a field of its own on the wire: what is summed is weighted already, so that the lie
 * is a longer vector, counts and statistics in it included, and whatever bounds vectors bounds the lie.
 */
export const weightLie: AdversaryDefinition<WeightLieOptions> = {
  kind: "weight-lie",
  summary: "Claims to have many times as many ratings as it has.",
  source: "Portnoy, Tirosh, Hendler 2020, https://arxiv.org/abs/2004.04986",
  options: v.strictObject({ kind: v.literal("weight-lie"), claims: positive(10) }),
  create: ({ claims }) => ({
    kind: "weight-lie",
    vector: (values) => scaleInPlace(values, claims),
  }),
};
