/**
 * Push-sum: what a neighborhood adds up without a center. Every agent holds a vector and a weight, splits them evenly among itself and its
 * neighbors, and adds what it gets; vector over weight tends to the mean of all agents' vectors at every agent. Pure. Imports errors.
 *
 * Source: Kempe, Dobra and Gehrke 2003, https://doi.org/10.1109/SFCS.2003.1238221
 */
import { CofactorError } from "../errors.ts";
import type { PeerId } from "./program.ts";

/** An agent's share of a push-sum: values, the weight at the end. */
export type Share = Float64Array;

/** The share of an agent with a value. */
export function openShare(values: Float64Array): Share {
  const share = new Float64Array(values.length + 1);
  share.set(values);
  share[values.length] = 1;
  return share;
}

/** What stays and what each of `neighbors` neighbors is sent: all equal. */
export function splitShare(share: Share, neighbors: number): Share {
  return share.map((value) => value / (neighbors + 1));
}

/** What stays, and what the neighbors sent. */
export function joinShares(kept: Share, messages: ReadonlyMap<PeerId, Uint8Array>): Share {
  const out = kept.slice();
  for (const message of messages.values()) {
    const theirs = decodeShare(message);
    for (let at = 0; at < out.length; at++) out[at] = out[at]! + theirs[at]!;
  }
  return out;
}

/** The estimate of the mean. */
export function readShare(share: Share): Float64Array {
  const weight = share[share.length - 1]!;
  return share.subarray(0, -1).map((value) => value / weight);
}

/** A share as bytes. */
export function encodeShare(share: Share): Uint8Array {
  return new Uint8Array(share.slice().buffer);
}

/** @throws CofactorError SHAPE_MISMATCH, VALUE_NOT_FINITE, UPDATE_REJECTED for a weight that no honest agent sends */
export function checkShare(message: Uint8Array, length: number): void {
  if (message.length !== 8 * (length + 1)) throw new CofactorError("SHAPE_MISMATCH", `a share expected ${length + 1} numbers`);
  const share = decodeShare(message);
  if (!share.every(Number.isFinite)) throw new CofactorError("VALUE_NOT_FINITE", "a share expected finite numbers");
  if (!(share[length]! > 0)) throw new CofactorError("UPDATE_REJECTED", "a share expected a weight above zero");
}

function decodeShare(message: Uint8Array): Share {
  return new Float64Array(message.slice().buffer);
}
