/** Devices that write beyond their slot. Imports the seam. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";

/** Options of the overflow. */
export interface OverflowOptions {
  readonly kind: "overflow";
  /** By so many bits values are too large, taken from those that are kept free for the cohort's sum. */
  readonly bits: number;
}

/**
 * Takes the range for 2^bits times as large and the cohort for as many times smaller: a slot is as wide as everyone's, and what this device writes
 * into it leaves no room for others, so that sums run over into the next slot. Every value is the greatest that it believes to be allowed.
 *
 * Under Paillier the opened sum holds what no honest one holds, and the group is spoiled. A masked device that was told of a smaller cohort refuses the
 * round itself (`garble` sends any number of the ring). In clear there are no slots, and the values are what they are: 2^40.
 */
export const overflow: AdversaryDefinition<OverflowOptions> = {
  kind: "overflow",
  summary: "Writes values far beyond the range, into the bits of a slot that are kept free for the cohort's sum.",
  source: "Packing with guard bits: Zhang et al. 2020, https://www.usenix.org/conference/atc20/presentation/zhang-chengliang",
  options: v.strictObject({
    kind: v.literal("overflow"),
    bits: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(20)), 6),
  }),
  create: ({ bits }) => ({
    kind: "overflow",
    vector(values) {
      // The protection's own encoder cuts to the range that the frame below states.
      values.fill(2 ** 40);
    },
    frame(frame) {
      const { range, cohort } = frame;
      const guardBits = 32 - Math.clz32(cohort.size - 1);
      const taken = Math.min(bits, guardBits);
      const size = 2 ** (guardBits - taken);
      return { ...frame, range: { ...range, maxAbs: range.maxAbs * 2 ** taken }, cohort: { size, min: Math.min(size, cohort.min) } };
    },
  }),
};
