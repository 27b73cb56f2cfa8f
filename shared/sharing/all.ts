/** Everything leaves. Imports the seam, models' types, valibot. */
import * as v from "valibot";
import { sizeOf } from "../models/model.ts";
import type { SharingDefinition } from "./sharing.ts";

/** Options of sharing everything: none. */
export interface AllOptions {
  readonly kind: "all";
}

/** The whole contribution, as the model made it. */
export const all: SharingDefinition<AllOptions> = {
  kind: "all",
  summary: "The whole contribution.",
  source: "none",
  options: v.strictObject({ kind: v.literal("all") }),
  create: (_options, { contribution }) => ({
    kind: "all",
    size: sizeOf(contribution),
    spec: contribution,
    encode: (values) => values,
    decode: (sum) => sum,
    noiseGain: 1,
    entryGain: 1,
  }),
};
