/** Devices that take the model and give nothing. Imports the seam. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";

/** Options of free riders. */
export interface FreeRiderOptions {
  readonly kind: "free-rider";
  /** "zeros": nothing at all. "stale": what it sent the first time, ever again. */
  readonly sends: "zeros" | "stale";
}

/** Saves itself the work: sends zeros, or a stale copy of what it once trained. */
export const freeRider: AdversaryDefinition<FreeRiderOptions> = {
  kind: "free-rider",
  summary: "Takes the model and does no work: sends zeros, or a stale copy of its first vector.",
  source: "Lin, Du, Liu 2019, https://arxiv.org/abs/1911.12560; Fraboni, Vidal, Lorenzi 2021, https://arxiv.org/abs/2006.11901",
  options: v.strictObject({ kind: v.literal("free-rider"), sends: v.optional(v.picklist(["zeros", "stale"]), "zeros") }),
  create: ({ sends }) => ({
    kind: "free-rider",
    remembers: sends === "stale",
    vector(values, { last }) {
      if (sends === "zeros") values.fill(0);
      else if (last !== undefined) values.set(last);
    },
  }),
};
