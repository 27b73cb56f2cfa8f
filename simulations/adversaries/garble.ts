/** Devices whose answers are damaged. Imports the seam. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";
import { share } from "./options.ts";

/** Options of damage. */
export interface GarbleOptions {
  readonly kind: "garble";
  /** Share of the bytes that are drawn anew. */
  readonly bytes: number;
}

/**
 * Draws bytes of the sealed answer anew: numbers of any size in clear, where they are refused unless all are finite; any number of the ring under masks;
 * any plaintext under Paillier, slots overflowed.
 */
export const garble: AdversaryDefinition<GarbleOptions> = {
  kind: "garble",
  summary: "Sends its sealed answer with bytes drawn anew: whatever the wire carries.",
  source: "Lamport, Shostak, Pease 1982, https://doi.org/10.1145/357172.357176",
  options: v.strictObject({ kind: v.literal("garble"), bytes: share(1) }),
  create: ({ bytes }) => ({
    kind: "garble",
    answer: (sealed, { rng }) => sealed.map((byte) => (rng.float() < bytes ? rng.below(256) : byte)),
  }),
};
