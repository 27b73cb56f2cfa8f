/**
 * Bytes of a masked round for a device that stays to the end. Imports shared.
 *
 * Exact for the full graph. In a random graph a device has as many out-neighbors as the terms say, and on average as many in-neighbors; those that
 * are both are counted once: these are averages over the cohort. Devices are taken to be lost after they shared their secrets, the latest
 * and dearest moment: those who are lost earlier make the messages of the others shorter.
 */

import type { Neighborhood } from "../../shared/crypto/masks/neighborhood.ts";
import { bitmapBytes, nodeBytes, pathLength, sealedShareBytes, secretBytes } from "../../shared/crypto/masks/sizes.ts";

const [short, digest, signature] = [2, 32, 64];

/** Bytes by stage. */
export interface StageBytes {
  readonly up: readonly number[];
  readonly down: readonly number[];
}

/** Out- and in-neighbors of a device, on average, those that are both counted once. */
export function meanNeighbors({ devices, neighbors }: Neighborhood): number {
  const share = neighbors / (devices - 1);
  return (devices - 1) * share * (2 - share);
}

/** The bytes of all stages: keys, shares, contribution, consistency, unmask. */
export function maskedBytes(graph: Neighborhood, contribution: number): StageBytes {
  const { devices, neighbors: k, threshold } = graph;
  const around = meanNeighbors(graph);
  const place = 2 * short + digest;
  const keys = place + 3 * digest + 1 + (k === devices - 1 ? 0 : short * (1 + k));
  let nodes = 0;
  for (let index = 0; index < devices; index++) nodes += pathLength(devices, index);
  const neighbor = short + digest + (nodeBytes * nodes) / devices + short + keys + signature;
  const box = short + sealedShareBytes;
  const set = bitmapBytes(devices);
  return {
    up: [keys, short + k * box, contribution, digest, short + k * (short + 1 + secretBytes)],
    down: [place, short + around * neighbor, 2 * short + k * box + around * short, set, set + short + threshold * (short + signature)],
  };
}
