/**
 * The bytes of what aggregator and devices send each other in a masked round, for the stages keys, shares and contribution; the last two stages
 * are in closing-messages.ts. Imports bytes, mask, merkle, neighborhood, encoding, errors, ids.
 *
 * Form: fields in the order of the types, integers in 16 bits, little-endian, lists behind their length; one message has one form. Masked
 * vectors travel as ring.ts writes them.
 * Every parser throws CofactorError MESSAGE_MALFORMED for bytes that are no such message, and allocates in proportion to what came.
 */

import { CofactorError } from "../../errors.ts";
import { type ClientId, toClientId } from "../../ids.ts";
import { concatenate, fromBase64url, toBase64url } from "../encoding.ts";
import { ByteReader, fixedBytes, listBytes, shortBytes } from "./bytes.ts";
import { nodeBytes, pathLength, sealedShareBytes } from "./sizes.ts";

/** Bytes of keys, digests, ids and commitments. */
const blockBytes = 32;
/** Bytes of an Ed25519 signature. */
const signatureBytes = 64;
const allOthers = 0;
const listed = 1;

/** Stage keys, to a device: where it stands in the cohort. */
export interface KeysBrief {
  /** n. */
  readonly devices: number;
  readonly index: number;
  /** [32] root of the tree over the cohort's ids. */
  readonly root: Uint8Array;
}

/** Stage keys, from a device. */
export interface KeysAnswer extends KeysBrief {
  /** [32] X25519, for sealed shares. */
  readonly sealKey: Uint8Array;
  /** [32] X25519, for pair masks. */
  readonly maskKey: Uint8Array;
  /** [32] commitment to the self mask's seed. */
  readonly commitment: Uint8Array;
  /** Out-neighbors, ascending. */
  readonly neighbors: readonly number[];
}

/** What a device is told about one neighbor. */
export interface NeighborKeys {
  readonly index: number;
  readonly id: ClientId;
  /** Siblings of its leaf in the cohort's tree. */
  readonly path: readonly Uint8Array[];
  /** Its answer for the stage keys, as it came. */
  readonly answer: Uint8Array;
  /** [64] its signature of that answer. */
  readonly signature: Uint8Array;
}

/** Two shares sealed for or by a device. */
export interface SealedShares {
  /** The other end. */
  readonly index: number;
  /** [80]. */
  readonly box: Uint8Array;
}

/** Stage contribution, to a device. */
export interface ContributionBrief {
  /** Shares from its in-neighbors that are still there, ascending. */
  readonly shares: readonly SealedShares[];
  /** All neighbors that are still there, ascending. */
  readonly present: readonly number[];
}

/** Bytes of a keys brief. */
export function encodeKeysBrief(brief: KeysBrief): Uint8Array {
  return concatenate(shortBytes(brief.devices), shortBytes(brief.index), fixedBytes(brief.root, blockBytes, "root"));
}

/** A keys brief from its bytes. */
export function parseKeysBrief(bytes: Uint8Array): KeysBrief {
  const reader = new ByteReader(bytes, "keys brief");
  const brief = readPlace(reader);
  reader.end();
  return brief;
}

/** Bytes of a keys answer; the full graph takes one byte for its list. */
export function encodeKeysAnswer(answer: KeysAnswer): Uint8Array {
  const { devices, neighbors } = answer;
  const list =
    neighbors.length === devices - 1 ? Uint8Array.of(allOthers) : concatenate(Uint8Array.of(listed), listBytes(neighbors, shortBytes));
  const blocks = [answer.sealKey, answer.maskKey, answer.commitment].map((block) => fixedBytes(block, blockBytes, "key"));
  return concatenate(encodeKeysBrief(answer), ...blocks, list);
}

/**
 * A keys answer from its bytes, in a cohort of `devices`.
 *
 * Guarantees: neighbors are distinct devices of the cohort, ascending, without the device itself.
 * @throws CofactorError SHAPE_MISMATCH for a cohort of another size
 */
export function parseKeysAnswer(bytes: Uint8Array, devices: number): KeysAnswer {
  const reader = new ByteReader(bytes, "keys answer");
  const place = readPlace(reader);
  if (place.devices !== devices) {
    throw new CofactorError("SHAPE_MISMATCH", `a keys answer expected a cohort of ${devices} devices, got ${place.devices}`);
  }
  const [sealKey, maskKey, commitment] = [reader.take(blockBytes), reader.take(blockBytes), reader.take(blockBytes)];
  const neighbors = readNeighbors(reader, place);
  reader.end();
  return { ...place, sealKey, maskKey, commitment, neighbors };
}

/** Bytes of a shares brief. */
export function encodeSharesBrief(neighbors: readonly NeighborKeys[]): Uint8Array {
  return joinNeighborKeys(neighbors.map(encodeNeighborKeys));
}

/** Bytes of one neighbor in a shares brief: the same in every brief that names it. */
export function encodeNeighborKeys({ index, id, path, answer, signature }: NeighborKeys): Uint8Array {
  return concatenate(
    shortBytes(index),
    fixedBytes(fromBase64url(id), blockBytes, "id"),
    ...path.map((node) => fixedBytes(node, nodeBytes, "path")),
    shortBytes(answer.length),
    answer,
    fixedBytes(signature, signatureBytes, "signature"),
  );
}

/** A shares brief from the bytes of its neighbors, ascending. */
export function joinNeighborKeys(neighbors: readonly Uint8Array[]): Uint8Array {
  return listBytes(neighbors, (bytes) => bytes);
}

/**
 * A shares brief from its bytes; a path has as many siblings as its index has in a cohort of `devices`. Answers are parsed by the
 * caller; they, paths and signatures are views of `bytes`.
 */
export function parseSharesBrief(bytes: Uint8Array, devices: number): readonly NeighborKeys[] {
  const reader = new ByteReader(bytes, "shares brief");
  const neighbors: NeighborKeys[] = [];
  let index = -1;
  for (let left = reader.count(4 + blockBytes + signatureBytes); left > 0; left--) {
    index = reader.index(devices, index);
    const id = toClientId(toBase64url(reader.view(blockBytes)));
    const path: Uint8Array[] = [];
    for (let siblings = pathLength(devices, index); siblings > 0; siblings--) path.push(reader.view(nodeBytes));
    neighbors.push({ index, id, path, answer: reader.view(reader.short()), signature: reader.view(signatureBytes) });
  }
  reader.end();
  return neighbors;
}

/** Bytes of a shares answer: one box for every present out-neighbor, ascending. */
export function encodeSharesAnswer(shares: readonly SealedShares[]): Uint8Array {
  return listBytes(shares, sealedBytes);
}

/** A shares answer from its bytes. */
export function parseSharesAnswer(bytes: Uint8Array, devices: number): readonly SealedShares[] {
  const reader = new ByteReader(bytes, "shares answer");
  const shares = readSealed(reader, devices);
  reader.end();
  return shares;
}

/** Bytes of a contribution brief. */
export function encodeContributionBrief(brief: ContributionBrief): Uint8Array {
  return concatenate(listBytes(brief.shares, sealedBytes), listBytes(brief.present, shortBytes));
}

/** A contribution brief from its bytes. */
export function parseContributionBrief(bytes: Uint8Array, devices: number): ContributionBrief {
  const reader = new ByteReader(bytes, "contribution brief");
  const shares = readSealed(reader, devices);
  const present = readIndexes(reader, devices);
  reader.end();
  return { shares, present };
}

function readPlace(reader: ByteReader): KeysBrief {
  const devices = reader.short();
  return { devices, index: reader.index(devices), root: reader.take(blockBytes) };
}

function readNeighbors(reader: ByteReader, { devices, index }: KeysBrief): readonly number[] {
  const form = reader.byte();
  if (form === allOthers) return Array.from({ length: devices - 1 }, (_, at) => (at < index ? at : at + 1));
  if (form !== listed) reader.fail("expected a list of neighbors");
  const neighbors = readIndexes(reader, devices);
  if (neighbors.includes(index) || neighbors.length === devices - 1) reader.fail("expected a list of some other devices");
  return neighbors;
}

function readIndexes(reader: ByteReader, devices: number): readonly number[] {
  const indexes: number[] = [];
  let index = -1;
  for (let left = reader.count(2); left > 0; left--) {
    index = reader.index(devices, index);
    indexes.push(index);
  }
  return indexes;
}

function sealedBytes({ index, box }: SealedShares): Uint8Array {
  return concatenate(shortBytes(index), fixedBytes(box, sealedShareBytes, "box"));
}

function readSealed(reader: ByteReader, devices: number): readonly SealedShares[] {
  const shares: SealedShares[] = [];
  let index = -1;
  for (let left = reader.count(2 + sealedShareBytes); left > 0; left--) {
    index = reader.index(devices, index);
    shares.push({ index, box: reader.view(sealedShareBytes) });
  }
  return shares;
}
