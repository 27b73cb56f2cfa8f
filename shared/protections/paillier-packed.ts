/** How contributions are packed into plaintexts, for both halves of `paillier`. Imports crypto, wire, types. */
import type { PaillierPublicKey } from "../crypto/paillier/keys.ts";
import { blockCount, createPacking, type Packing } from "../crypto/paillier/packing.ts";
import { encodedBits } from "../wire/fixed-point.ts";
import type { RoundFrame } from "./protection.ts";

/** The packing that a round's range and largest cohort ask for. @throws CofactorError CONFIG_INVALID when a slot would be too wide */
export function packingOf(key: PaillierPublicKey, frame: RoundFrame): Packing {
  return createPacking(key.bits, encodedBits(frame.range), frame.cohort.size);
}

/** Ciphertexts of a contribution. */
export function ciphertextsOf(key: PaillierPublicKey, frame: RoundFrame): number {
  return blockCount(packingOf(key, frame), frame.size);
}

/** Bytes of a ciphertext on the wire. Said here too, so that whoever only counts does not load the arithmetic. */
export function wireBytes(key: PaillierPublicKey): number {
  return 2 * key.bytes;
}
