/** What the steps of a masked round cost on this machine. Imports shared, workbench. */

import { concatenate } from "../../shared/crypto/encoding.ts";
import { addPairMask, addSelfMask, commitToSeed, openShares, sealShares } from "../../shared/crypto/masks/mask.ts";
import type { Neighborhood } from "../../shared/crypto/masks/neighborhood.ts";
import { recover } from "../../shared/crypto/masks/recover.ts";
import { addRing, type RingBits, ringFromBytes, ringToBytes, ringWords, toRing } from "../../shared/crypto/masks/ring.ts";
import { split } from "../../shared/crypto/masks/shamir.ts";
import { pathLength } from "../../shared/crypto/masks/sizes.ts";
import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import { formOf } from "../../shared/protections/masked-round.ts";
import { secureRng } from "../../shared/random.ts";
import { encodeFixed } from "../../shared/wire/fixed-point.ts";
import { timeMessages } from "./masked-messages.ts";
import { meanNeighbors } from "./masked-sizes.ts";
import { frameOf, type Job, stayingOf, type Times } from "./pricing.ts";
import { timeSigning } from "./signing.ts";
import type { Workbench } from "./workbench.ts";

/** Values of the vectors that are timed, at most; longer ones take in proportion. */
const mostTimed = 65_536;
const context = { run: "plan", round: 1 };

/** CPU milliseconds of single steps. */
interface StepTimes {
  readonly keys: number;
  readonly split: number;
  readonly seal: number;
  readonly open: number;
  readonly hash: number;
  readonly pairMask: number;
  readonly selfMask: number;
  readonly encode: number;
  readonly add: number;
  readonly recover: number;
}

/** The masked part of a round: everything but how the masked vector travels and is summed up, which `add` says of masks alone. */
export interface MaskedTimes extends Times {
  /** Adding all vectors that came, without encryption. */
  readonly add: number;
}

/** Steps times counts. Looking up who is whose neighbor is not in it. */
export async function timeMasked(job: Job, graph: Neighborhood, workbench: Workbench): Promise<MaskedTimes> {
  const { sign, verify } = await timeSigning(workbench);
  const steps = await workbench.once("masks", () => timeSteps(job, graph, workbench));
  const messages = await workbench.once("messages", () => timeMessages(graph, workbench));
  const { staying, lost } = stayingOf(job);
  const { neighbors: k, threshold, devices } = graph;
  const around = meanNeighbors(graph);
  const path = pathLength(devices, 0) + 2;
  const announced = around * (verify + path * steps.hash);
  const masking = around * steps.pairMask + steps.selfMask + steps.encode;
  return {
    client:
      5 * sign + messages.device + steps.keys + announced + 2 * steps.split + k * (steps.seal + steps.open) + masking + threshold * verify,
    clientOnce: 0,
    server:
      devices * (2 * verify + messages.server) +
      3 * staying * verify +
      2 * devices * steps.hash +
      (staying + lost) * steps.recover +
      staying * steps.selfMask +
      lost * around * (staying / devices) * steps.pairMask,
    keyholder: 0,
    add: staying * steps.add,
  };
}

async function timeSteps(job: Job, { threshold, neighbors: k }: Neighborhood, workbench: Workbench): Promise<StepTimes> {
  const frame = frameOf(job);
  const { bits } = formOf(frame);
  const size = Math.min(job.values, mostTimed);
  const longer = job.values / size;
  const keys = async () => nodePrimitives.createAgreementKeys(secureRng);
  const [own, peer] = [await keys(), await keys()];
  const end = { index: 0, publicKey: own.publicKey, secretKey: own.secretKey };
  // A neighbor's key is met for the first time: fresh bytes, so that no prepared form of it is found.
  const neighbor = (): { readonly index: number; readonly publicKey: Uint8Array } => ({ index: 1, publicKey: peer.publicKey.slice() });
  const pair = { keyShare: secureRng.bytes(32), seedShare: secureRng.bytes(32) };
  const box = await sealShares(
    nodePrimitives,
    context,
    { ...end, index: 1, secretKey: peer.secretKey, publicKey: peer.publicKey },
    end,
    pair,
  );
  const vector = new Uint32Array(ringWords(size, bits));
  const bytes = ringToBytes(vector, bits);
  const values = new Float64Array(size).fill(1);
  const seed = secureRng.bytes(32);
  const points = Array.from({ length: k }, (_, at) => at + 1);
  const shares = split(seed, threshold, points, secureRng).slice(0, threshold);
  const commitment = await commitToSeed(nodePrimitives, context, 0, seed);
  const node = concatenate(Uint8Array.of(1), seed, seed);
  const time = (step: () => unknown, share: number): Promise<number> => workbench.time(step, share);
  // The two ends of a mask cancel: a vector and its streams are the same work whatever they hold.
  const pairMask = await time(() => addPairMask(nodePrimitives, context, end, neighbor(), vector, bits, 1), 0.05);
  const agree = await time(() => nodePrimitives.agree(own.secretKey, neighbor().publicKey), 0.02);
  const selfMask = await time(() => addSelfMask(nodePrimitives, context, 0, seed, vector, bits, 1), 0.03);
  return {
    keys: 2 * (await time(keys, 0.01)),
    split: await time(() => split(seed, threshold, points, secureRng), 0.02),
    seal: await time(() => sealShares(nodePrimitives, context, end, neighbor(), pair), 0.02),
    open: await time(() => openShares(nodePrimitives, context, end, neighbor(), box), 0.02),
    hash: await time(() => nodePrimitives.digest(node), 0.01),
    pairMask: Math.min(pairMask, agree) + Math.max(0, pairMask - agree) * longer,
    selfMask: selfMask * longer,
    encode: longer * (await time(() => toRing(encodeFixed(values, frame.range).integers, bits), 0.02)),
    add: longer * (await time(() => sumUp(vector, bytes, size, bits), 0.02)),
    recover: await time(async () => recover(shares, threshold, async (secret) => matches(secret, commitment)), 0.03),
  };
}

async function matches(secret: Uint8Array, commitment: Uint8Array): Promise<boolean> {
  const found = await commitToSeed(nodePrimitives, context, 0, secret);
  return found.every((byte, at) => byte === commitment[at]);
}

function sumUp(sum: Uint32Array, bytes: Uint8Array, size: number, bits: RingBits): void {
  addRing(sum, ringFromBytes(bytes, size, bits), bits);
}
