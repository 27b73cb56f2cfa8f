/** Devices that send an old answer. Imports the seam. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";

/** Options of replays: none. */
export interface ReplayOptions {
  readonly kind: "replay";
}

/**
 * Sends the sealed bytes that it made when it was last asked, in place of new ones. In clear and under Paillier that is a stale contribution; masks of
 * another round do not cancel, so that the sum is spoiled by it, which nobody can tell from a large vector.
 */
export const replay: AdversaryDefinition<ReplayOptions> = {
  kind: "replay",
  summary: "Sends the sealed answer of the last round that it was asked in, once more.",
  source: "Syverson 1994, https://doi.org/10.1109/CSFW.1994.315935",
  options: v.strictObject({ kind: v.literal("replay") }),
  create: () => ({
    kind: "replay",
    remembers: true,
    answer: (sealed, { last }) => last ?? sealed,
  }),
};
