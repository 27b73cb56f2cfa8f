/**
 * The masks of a contribution, and the boxes and commitments around their secrets. Imports tweetnacl, encoding, errors, keystream, primitives,
 * types.
 *
 * A device adds to its vector a mask of its own and one with every neighbor. The pair's masks are equal, added by the device with the lower
 * index and subtracted by the other: in a sum over both they cancel. Every key comes from HKDF-SHA-256 over the run, the round, what the key is
 * for and both indexes, salted with both public keys, and serves once.
 * Source: Bonawitz et al. 2017, section 4 and figure 4, https://eprint.iacr.org/2017/281
 */

import nacl from "tweetnacl";
import { CofactorError } from "../../errors.ts";
import { concatenate, toUtf8 } from "../encoding.ts";
import { fromWords } from "../keystream.ts";
import type { Awaitable, Direction, Primitives } from "../primitives.ts";
import type { RingBits } from "./ring.ts";
import { sealedShareBytes, secretBytes } from "./sizes.ts";

/** What every key of a round is bound to. */
export interface MaskContext {
  readonly run: string;
  readonly round: number;
}

/** One end of a pair: an index of the cohort, and that device's public key. */
export interface PairEnd {
  readonly index: number;
  readonly publicKey: Uint8Array;
}

/** The end whose secret is at hand: the own one, or one that was given back. */
export interface OpenEnd extends PairEnd {
  readonly secretKey: Uint8Array;
}

/** What two neighbors seal for each other: a share of the mask key's secret and one of the self mask's seed. */
export interface SharePair {
  /** [32]. */
  readonly keyShare: Uint8Array;
  /** [32]. */
  readonly seedShare: Uint8Array;
}

/** Adds a device's own mask, from its seed, times `direction` into a vector of 32- or 64-bit values, in place. */
export async function addSelfMask(
  primitives: Primitives,
  context: MaskContext,
  index: number,
  seed: Uint8Array,
  vector: Uint32Array,
  bits: RingBits,
  direction: Direction,
): Promise<void> {
  const key = await primitives.hkdf(seed, new Uint8Array(0), infoOf(context, "self", index, index), 32);
  await addStream(primitives, key, vector, bits, direction);
}

/**
 * Adds the mask that device `own` has with its neighbor, as `own` adds it, times `direction`, in place.
 *
 * Guarantees: the masks of both ends sum to zero in the ring.
 * @throws CofactorError AUTH_FAILED when the neighbor's key is no usable point
 */
export async function addPairMask(
  primitives: Primitives,
  context: MaskContext,
  own: OpenEnd,
  neighbor: PairEnd,
  vector: Uint32Array,
  bits: RingBits,
  direction: Direction,
): Promise<void> {
  const [low, high] = own.index < neighbor.index ? [own, neighbor] : [neighbor, own];
  const secret = await primitives.agree(own.secretKey, neighbor.publicKey);
  const salt = concatenate(low.publicKey, high.publicKey);
  const key = await primitives.hkdf(secret, salt, infoOf(context, "pair", low.index, high.index), 32);
  await addStream(primitives, key, vector, bits, low === own ? direction : direction === 1 ? -1 : 1);
}

/**
 * Locks two shares from `own` for `neighbor`, 80 bytes.
 *
 * Guarantees: only the two ends can open or make the box, and only for this run, round and direction.
 * @param secret what the two keys agree on, where it is known already
 */
export async function sealShares(
  primitives: Primitives,
  context: MaskContext,
  own: OpenEnd,
  neighbor: PairEnd,
  shares: SharePair,
  secret: Awaitable<Uint8Array> = primitives.agree(own.secretKey, neighbor.publicKey),
): Promise<Uint8Array> {
  const key = await shareKey(primitives, context, own, neighbor, await secret);
  return nacl.secretbox(concatenate(shares.keyShare, shares.seedShare), new Uint8Array(24), key);
}

/** Opens what `neighbor` sealed for `own`; `secret` as for `sealShares`. @throws CofactorError DECRYPT_FAILED when any byte, key or part of the context differs */
export async function openShares(
  primitives: Primitives,
  context: MaskContext,
  own: OpenEnd,
  neighbor: PairEnd,
  box: Uint8Array,
  secret: Awaitable<Uint8Array> = primitives.agree(own.secretKey, neighbor.publicKey),
): Promise<SharePair> {
  const key = await shareKey(primitives, context, neighbor, own, await secret);
  const content = box.length === sealedShareBytes ? nacl.secretbox.open(box, new Uint8Array(24), key) : null;
  if (content === null) throw new CofactorError("DECRYPT_FAILED", `the shares from device ${neighbor.index} do not open`);
  return { keyShare: content.slice(0, secretBytes), seedShare: content.slice(secretBytes) };
}

/** The commitment to a self mask's seed, by which the aggregator knows that it has got the right one. */
export function commitToSeed(primitives: Primitives, context: MaskContext, index: number, seed: Uint8Array): Awaitable<Uint8Array> {
  return primitives.digest(concatenate(infoOf(context, "seed", index, index), seed));
}

/** The key of the one box from one end to the other; the nonce may thus be zero. */
function shareKey(primitives: Primitives, context: MaskContext, from: PairEnd, to: PairEnd, secret: Uint8Array): Awaitable<Uint8Array> {
  return primitives.hkdf(secret, concatenate(from.publicKey, to.publicKey), infoOf(context, "share", from.index, to.index), 32);
}

function addStream(primitives: Primitives, key: Uint8Array, vector: Uint32Array, bits: RingBits, direction: Direction): Awaitable<void> {
  return bits <= 32 ? primitives.addKeystream(key, vector, direction) : primitives.addKeystream64(key, vector, direction);
}

const labels = {
  self: toUtf8("cofactor/masks/1/self\0"),
  pair: toUtf8("cofactor/masks/1/pair\0"),
  share: toUtf8("cofactor/masks/1/share\0"),
  seed: toUtf8("cofactor/masks/1/seed\0"),
} as const;

/** Label and purpose have no zero byte and end with one; the run comes last: no two contexts have the same bytes. */
function infoOf(context: MaskContext, purpose: keyof typeof labels, first: number, second: number): Uint8Array {
  const numbers = Uint32Array.of(context.round, Math.floor(context.round / 2 ** 32), first, second);
  return concatenate(labels[purpose], fromWords(numbers), toUtf8(context.run));
}
