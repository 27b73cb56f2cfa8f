/** Devices whose vectors outweigh all others. Imports the seam. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";
import { scaleInPlace } from "./vectors.ts";

/** Options of scaling. */
export interface ScaledOptions {
  readonly kind: "scaled";
  /** By default as large as it takes to outvote the whole cohort: all devices over those that scale. */
  readonly gain?: number | undefined;
}

/** The honest vector times a gain: the aggregate is what the scaling devices want, their own taste above everyone's ("model replacement"). */
export const scaled: AdversaryDefinition<ScaledOptions> = {
  kind: "scaled",
  summary: "Sends its honest vector so large that the aggregate is its own.",
  source: "Bagdasaryan et al. 2020, https://arxiv.org/abs/1807.00459",
  options: v.strictObject({ kind: v.literal("scaled"), gain: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0))) }),
  create({ gain }, { participants, devices }) {
    const factor = gain ?? participants / devices;
    return { kind: "scaled", vector: (values) => scaleInPlace(values, factor) };
  },
};
