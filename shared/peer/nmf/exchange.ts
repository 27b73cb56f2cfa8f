/**
 * The seam for how two neighbors learn a blinded difference of their estimates: one file per exchange; index.ts lists them. Imports program.
 *
 * In every round an agent i makes one offer for all neighbors. A neighbor j answers it with b_ji (X_j - X_i), b_ji drawn anew, one for each
 * block of `blockSize` values. Blinds are whole numbers over `blindUnit`, between half and one and a half.
 */
import type { PeerId } from "../program.ts";

/** A blind of this size stands for 1. */
export const blindUnit = 256;
/** The least blind. */
export const leastBlind = 128;
/** The greatest blind. */
export const greatestBlind = 384;

/** One agent's side of an exchange. */
export interface DifferenceExchange {
  readonly kind: string;
  /** Values that share a blind. */
  readonly blockSize: number;
  /**
   * This round's offer of `values`, for all neighbors.
   * @returns the offer, and what a neighbor is sent whose edge has just begun
   * @throws CofactorError ENCODE_OVERFLOW for values beyond what the exchange carries
   */
  offer(values: Float64Array): Promise<{ readonly offer: Uint8Array; readonly first: Uint8Array }>;
  /**
   * The answer to a neighbor's offer: blind (own - theirs), for their eyes alone.
   * @param blinds [blocks]
   */
  answer(from: PeerId, offer: Uint8Array, own: Float64Array, blinds: Int32Array): Promise<Uint8Array>;
  /** The blinded differences of an answer to an own offer. @throws CofactorError UPDATE_REJECTED for what no honest neighbor answers */
  open(answer: Uint8Array): Promise<Float64Array>;
  /** @throws CofactorError for bytes that are no offer, or no answer */
  check(from: PeerId, kind: "offer" | "answer", message: Uint8Array): void;
  /** Forgets what belongs to an edge. */
  forget(neighbor: PeerId): void;
}

/** Blocks of `size` values. */
export function blocksOf(size: number, exchange: { readonly blockSize: number }): number {
  return Math.ceil(size / exchange.blockSize);
}
