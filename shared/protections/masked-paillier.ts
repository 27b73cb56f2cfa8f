/**
 * Masks inside of encryption: contributions are masked as under `masks`, and the masked vectors are encrypted as under `paillier`. It takes
 * both failing to see one: the assumed share of devices colluding, and the threshold of keyholders. Imports the masked halves, the key, the
 * seam.
 *
 * A keyholder that opens "the sum" of one device sees a masked vector; an aggregator with all of a device's neighbors sees a ciphertext. It costs
 * both: the stages and the dropout bounds of masks, the bytes and time of encryption. Cohorts of at most 4,096 devices.
 *
 * Source: as masks.ts and paillier.ts
 */
import * as v from "valibot";
import { parsePublicKey } from "../crypto/paillier/keys.ts";
import { maskedCiphertexts, paillierCarrier } from "./carrier-paillier.ts";
import { formOf, type MaskOptions } from "./masked-round.ts";
import { createMasked, maskEntries } from "./masks.ts";
import { createOpening, createPaillierKeyholder, provisionKey } from "./paillier-key.ts";
import { keyEntries, type PaillierKeyOptions, withHolders } from "./paillier-options.ts";
import type { ProtectionDefinition } from "./protection.ts";

/** Options of both. */
export interface MaskedPaillierOptions extends PaillierKeyOptions {
  readonly kind: "masked-paillier";
  readonly masks: MaskOptions;
}

const maskSchema: v.GenericSchema<object, MaskOptions> = v.strictObject(maskEntries);

/** The definition of masks inside of encryption. */
export const maskedPaillier: ProtectionDefinition<MaskedPaillierOptions> = {
  kind: "masked-paillier",
  summary: "Masked and then encrypted: both the masks and the keyholders would have to fail.",
  source: "Bonawitz et al. 2017, https://eprint.iacr.org/2017/281; Paillier 1999, https://doi.org/10.1007/3-540-48910-X_16",
  options: v.pipe(
    v.strictObject({ kind: v.literal("masked-paillier"), masks: v.optional(maskSchema, {}), ...keyEntries }),
    v.transform(withHolders),
  ),
  provision: provisionKey,
  createKeyholder: (options, secret, tools = {}) =>
    createPaillierKeyholder(options, secret, tools, (frame) =>
      maskedCiphertexts({ key: parsePublicKey(options.publicKey!) }, formOf(frame), frame),
    ),
  create: (options) => createMasked("masked-paillier", options.masks, paillierCarrier(createOpening(options), options), false),
};
