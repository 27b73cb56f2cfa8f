/** What it costs to write and read the long messages of a masked round: those about every neighbor. Imports shared, workbench. */

import { createIdentity } from "../../shared/crypto/identity.ts";
import {
  encodeContributionBrief,
  encodeKeysAnswer,
  encodeSharesAnswer,
  encodeSharesBrief,
  parseContributionBrief,
  parseKeysAnswer,
  parseSharesAnswer,
  parseSharesBrief,
} from "../../shared/crypto/masks/messages.ts";
import type { Neighborhood } from "../../shared/crypto/masks/neighborhood.ts";
import { pathLength, sealedShareBytes } from "../../shared/crypto/masks/sizes.ts";
import { secureRng } from "../../shared/random.ts";
import { meanNeighbors } from "./masked-sizes.ts";
import type { Workbench } from "./workbench.ts";

/** CPU milliseconds for one device's messages. */
export interface MessageTimes {
  /** By the device. */
  readonly device: number;
  /** By the aggregator. */
  readonly server: number;
}

/** Keys and shares of a device's neighbors, written by the aggregator and read by the device, and the other way round. */
export async function timeMessages(graph: Neighborhood, workbench: Workbench): Promise<MessageTimes> {
  const { devices, neighbors: k } = graph;
  const block = secureRng.bytes(32);
  const { id } = createIdentity(secureRng);
  const neighbors = Array.from({ length: k }, (_, at) => at);
  const answer = encodeKeysAnswer({
    devices,
    index: devices - 1,
    root: block,
    sealKey: block,
    maskKey: block,
    commitment: block,
    neighbors,
  });
  const around = Array.from({ length: Math.round(meanNeighbors(graph)) }, (_, index) => index);
  const known = around.map((index) => {
    const path = Array.from({ length: pathLength(devices, index) }, () => block);
    return { index, id, path, answer, signature: secureRng.bytes(64) };
  });
  const shares = neighbors.map((index) => ({ index, box: secureRng.bytes(sealedShareBytes) }));
  const keysBrief = encodeSharesBrief(known);
  const sharesAnswer = encodeSharesAnswer(shares);
  const sharesBrief = encodeContributionBrief({ shares, present: around });
  const write = await workbench.time(() => encodeSharesBrief(known), 0.03);
  const read = await workbench.time(() => {
    for (const neighbor of parseSharesBrief(keysBrief, devices)) parseKeysAnswer(neighbor.answer, devices);
  }, 0.03);
  // The aggregator reads an answer when it is admitted, and again when its boxes are delivered.
  const deliver = await workbench.time(() => {
    parseSharesAnswer(sharesAnswer, devices);
    parseSharesAnswer(sharesAnswer, devices);
    encodeContributionBrief({ shares, present: around });
  }, 0.03);
  const take = await workbench.time(() => {
    encodeSharesAnswer(shares);
    parseContributionBrief(sharesBrief, devices);
  }, 0.03);
  return { device: read + take, server: write + deliver };
}
