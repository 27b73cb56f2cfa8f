/**
 * The seam inside masked protections: how a masked vector travels and is summed. In clear (carrier-plain.ts: masked numbers look random by
 * themselves), or under encryption (carrier-paillier.ts). Imports types.
 */
import type { RingBits } from "../crypto/masks/ring.ts";
import type { SecureRng } from "../random.ts";
import type { Opener, RoundFrame } from "./protection.ts";

/** The ring and length of a round's vectors. */
export interface VectorForm {
  /** Values of a vector. */
  readonly size: number;
  readonly bits: RingBits;
}

/** How masked vectors travel. */
export interface Carrier {
  /** @throws CofactorError CONFIG_INVALID when a run's sums do not fit */
  assertSound(form: VectorForm, frame: RoundFrame): void;
  /** Bytes of a vector on its way. */
  answerBytes(form: VectorForm, frame: RoundFrame): number;
  /** A vector as a device sends it. */
  seal(vector: Uint32Array, form: VectorForm, frame: RoundFrame, secure: SecureRng): Promise<Uint8Array>;
  /** May load code that no device needs. */
  createSum(form: VectorForm, frame: RoundFrame): Promise<CarriedSum>;
}

/** The running sum of vectors. */
export interface CarriedSum {
  /** Checks a vector's bytes and changes nothing. @throws CofactorError SHAPE_MISMATCH, UPDATE_REJECTED */
  check(answer: Uint8Array): void;
  /** Adds a vector that was checked, or an exported sum. */
  add(answer: Uint8Array): void;
  /** The sum so far, in a form that `add` takes. */
  export(): Uint8Array;
  /** The sum of `count` vectors in the ring. @throws CofactorError DECRYPT_FAILED, AGGREGATION_FAILED */
  reveal(opener: Opener | undefined, count: number): Promise<Uint32Array>;
}
