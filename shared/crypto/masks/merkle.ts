/**
 * One digest for a cohort, and short proofs that a device has an index in it. Imports encoding, primitives (types).
 *
 * The tree is that of RFC 6962, section 2.1: a level's odd node goes up unchanged. Leaves, nodes and the root are hashed under different
 * first bytes, and the root also over the number of leaves, so that none can stand for another and no leaf can come twice.
 */

import { concatenate, equalBytes, toUtf8 } from "../encoding.ts";
import type { Awaitable } from "../primitives.ts";
import { nodeBytes, pathLength } from "./sizes.ts";

/** SHA-256, such as `primitives.digest`. */
export type Digest = (bytes: Uint8Array) => Awaitable<Uint8Array>;

/** The tree of a cohort. */
export interface MerkleTree {
  /** [32]. */
  readonly root: Uint8Array;
  readonly size: number;
  /** [level][index][32], from the leaves up. */
  readonly levels: readonly (readonly Uint8Array[])[];
}

/** The tree over ids in the order of their indexes. @throws RangeError without ids */
export async function buildTree(digest: Digest, ids: readonly string[]): Promise<MerkleTree> {
  if (ids.length === 0) throw new RangeError('"ids" expected at least one id');
  let level: readonly Uint8Array[] = await Promise.all(ids.map((id, index) => leafOf(digest, index, id)));
  const levels = [level];
  while (level.length > 1) {
    const below = level;
    const pairs = Math.floor(below.length / 2);
    const parents = Array.from({ length: pairs }, (_, at) => nodeOf(digest, below[2 * at]!, below[2 * at + 1]!));
    level = [...(await Promise.all(parents)), ...below.slice(2 * pairs)];
    levels.push(level);
  }
  return { root: await rootOf(digest, ids.length, level[0]!), size: ids.length, levels };
}

/** The siblings from the leaf up that prove the leaf at an index. @throws RangeError for an index outside the tree */
export function pathOf(tree: MerkleTree, index: number): readonly Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= tree.size) throw new RangeError(`"index" expected 0 .. ${tree.size - 1}`);
  return tree.levels.flatMap((level, height) => level[Math.floor(index / 2 ** height) ^ 1] ?? []);
}

/** True when `id` has `index` in the tree of `size` leaves with this root. Anything malformed gives false. */
export async function verifyPath(
  digest: Digest,
  root: Uint8Array,
  size: number,
  index: number,
  id: string,
  path: readonly Uint8Array[],
): Promise<boolean> {
  if (!Number.isInteger(index) || index < 0 || index >= size || path.length !== pathLength(size, index)) return false;
  if (path.some((node) => node.length !== nodeBytes)) return false;
  let node = await leafOf(digest, index, id);
  let next = 0;
  for (let at = index, left = size; left > 1; at = Math.floor(at / 2), left = Math.ceil(left / 2)) {
    if ((at ^ 1) >= left) continue;
    const sibling = path[next++]!;
    node = await (at % 2 === 0 ? nodeOf(digest, node, sibling) : nodeOf(digest, sibling, node));
  }
  return equalBytes(await rootOf(digest, size, node), root);
}

function leafOf(digest: Digest, index: number, id: string): Awaitable<Uint8Array> {
  return digest(concatenate(Uint8Array.of(0), word(index), toUtf8(id)));
}

function nodeOf(digest: Digest, left: Uint8Array, right: Uint8Array): Awaitable<Uint8Array> {
  return digest(concatenate(Uint8Array.of(1), left, right));
}

function rootOf(digest: Digest, size: number, top: Uint8Array): Awaitable<Uint8Array> {
  return digest(concatenate(Uint8Array.of(2), word(size), top));
}

function word(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
}
