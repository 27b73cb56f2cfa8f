/** What a device of a masked round checks of a neighbor before it shares anything with it. Imports crypto/masks, the seams. */
import { equalBytes, toBase64url } from "../crypto/encoding.ts";
import { verifyPath } from "../crypto/masks/merkle.ts";
import { type NeighborKeys, parseKeysAnswer } from "../crypto/masks/messages.ts";
import type { Neighborhood } from "../crypto/masks/neighborhood.ts";
import type { Primitives } from "../crypto/primitives.ts";
import { CofactorError } from "../errors.ts";
import { signedAnswer, stageOf } from "./masked-round.ts";
import type { RoundFrame } from "./protection.ts";

/** Where a device stands in the cohort. */
export interface OwnPlace {
  readonly index: number;
  /** [32] of the tree over the cohort. */
  readonly root: Uint8Array;
  readonly graph: Neighborhood;
  readonly outNeighbors: ReadonlySet<number>;
}

/** A neighbor whose announcement was verified: only what is needed of it later, for a device may have many. */
export interface Neighbor {
  readonly id: string;
  readonly sealKey: Uint8Array;
  readonly maskKey: Uint8Array;
  /** True when this device is one of its out-neighbors. */
  readonly hasPickedSelf: boolean;
  /** What both seal keys agree on, kept from sealing to opening. */
  sealSecret?: Uint8Array;
}

/**
 * Checks what a neighbor announced.
 *
 * Guarantees: the announcement is signed by `entry.id` for this run's terms, round and stage; that device has the index in the cohort that the
 * own root stands for, is another one than `self`, and is an out- or in-neighbor.
 * @throws CofactorError UPDATE_REJECTED otherwise; MESSAGE_MALFORMED, SHAPE_MISMATCH for an announcement that is none
 */
export async function verifyNeighbor(
  primitives: Primitives,
  frame: RoundFrame,
  self: string,
  own: OwnPlace,
  { index, id, path, answer, signature }: NeighborKeys,
): Promise<Neighbor> {
  const { devices, neighbors: count } = own.graph;
  const keys = parseKeysAnswer(answer, devices);
  const isSameCohort = keys.index === index && index !== own.index && equalBytes(keys.root, own.root);
  if (!isSameCohort || id === self) throw refused(`device ${index} expected to be another one of the same cohort`);
  if (keys.neighbors.length !== count) throw refused(`device ${index} expected to have ${count} neighbors, got ${keys.neighbors.length}`);
  const hasPickedSelf = keys.neighbors.includes(own.index);
  if (!own.outNeighbors.has(index) && !hasPickedSelf) throw refused(`device ${index} is no neighbor`);
  const digest = primitives.digest.bind(primitives);
  if (!(await verifyPath(digest, own.root, devices, index, id, path))) throw refused(`device ${index} is not where the cohort has it`);
  const message = await signedAnswer(primitives, frame, stageOf.keys, answer);
  if (!(await primitives.verify(id, "answer", message, toBase64url(signature)))) {
    throw refused(`the keys of device ${index} are not signed by it`);
  }
  return { id, sealKey: keys.sealKey, maskKey: keys.maskKey, hasPickedSelf };
}

/** What a device answers to a brief that it must not answer. */
export function refused(message: string): CofactorError {
  return new CofactorError("UPDATE_REJECTED", message);
}
