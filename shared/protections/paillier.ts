/**
 * Contributions encrypted under a Paillier key that nobody holds alone: the aggregator multiplies ciphertexts, keyholders together open the
 * sum. Packed fixed-point values with guard bits. May import crypto, wire, and the seam.
 *
 * The aggregator sees ciphertexts and one sum a round. It takes `threshold` keyholders colluding with it to see a contribution; with one holder
 * (holders: 1, for quick starts) that is one process to trust. Ranges are not proved: a device can lie within its slot, and one that overflows
 * its slot makes the round fail, unnamed.
 *
 * Source: Paillier 1999, https://doi.org/10.1007/3-540-48910-X_16; Damgard and Jurik 2001, section 4, https://doi.org/10.1007/3-540-44586-2_9;
 * packing as in Chai et al. 2019, https://arxiv.org/abs/1906.05108
 */
import * as v from "valibot";
import { parsePublicKey } from "../crypto/paillier/keys.ts";
import { pack } from "../crypto/paillier/packing.ts";
import { encodeFixed } from "../wire/fixed-point.ts";
import { createOpening, createPaillierKeyholder, provisionKey } from "./paillier-key.ts";
import { keyEntries, type PaillierKeyOptions, withHolders } from "./paillier-options.ts";
import { ciphertextsOf, packingOf, wireBytes } from "./paillier-packed.ts";
import type { Protection, ProtectionDefinition } from "./protection.ts";

/** Options of Paillier encryption. */
export interface PaillierOptions extends PaillierKeyOptions {
  readonly kind: "paillier";
}

/** The definition of Paillier encryption. */
export const paillier: ProtectionDefinition<PaillierOptions> = {
  kind: "paillier",
  summary: "Encrypted under a key that nobody holds alone; keyholders together open only sums.",
  source: "Paillier 1999, https://doi.org/10.1007/3-540-48910-X_16; Damgard and Jurik 2001, https://doi.org/10.1007/3-540-44586-2_9",
  options: v.pipe(v.strictObject({ kind: v.literal("paillier"), ...keyEntries }), v.transform(withHolders)),
  provision: provisionKey,
  createKeyholder: (options, secret, tools = {}) =>
    createPaillierKeyholder(options, secret, tools, (frame) => ciphertextsOf(parsePublicKey(options.publicKey!), frame)),
  create: createProtection,
};

function createProtection(options: PaillierOptions): Protection {
  const opening = createOpening(options);
  const { key } = opening;
  return {
    kind: "paillier",
    stages: ["contribution"],
    contributionStage: 0,
    revealsContributions: false,
    wrapsCleanly: false,
    assertSound: (frame) => void packingOf(key, frame),
    maxBriefBytes: () => 0,
    maxAnswerBytes: (_stage, frame) => ciphertextsOf(key, frame) * wireBytes(key),
    createDevice: async (frame, _self, { secure }) => {
      const { encryptBlocks } = await import("../crypto/paillier/ciphertext.ts");
      return {
        answer: async (_stage, _brief, values) => {
          if (values.length !== frame.size) throw new RangeError(`"values" expected ${frame.size} values, got ${values.length}`);
          const { integers } = encodeFixed(values, frame.range);
          return encryptBlocks(key, pack(packingOf(key, frame), integers), options.exponentBits, secure);
        },
      };
    },
    createAggregator: async (frame) => {
      const { PaillierAggregator } = await import("./paillier-aggregator.ts");
      return new PaillierAggregator(opening, frame);
    },
  };
}
