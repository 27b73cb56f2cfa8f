/**
 * What both halves of a masked protection agree on: stages, options, graph, lengths. Imports crypto/masks, wire, the seams.
 *
 * Bonawitz et al. 2017, https://eprint.iacr.org/2017/281, on a random graph as Bell et al. 2020, https://eprint.iacr.org/2020/704, against
 * an aggregator that may lie. In five stages every device
 *  1. draws fresh keys, a seed, and its k out-neighbors in a cohort whose order the aggregator has committed to;
 *  2. shares the secret behind its mask key, and its seed, among its out-neighbors, sealed;
 *  3. sends its vector plus a mask from its seed plus or minus a mask with each neighbor;
 *  4. signs the one set of devices whose vectors are in;
 *  5. once t of its out-neighbors have signed the same set, itself in it, gives out for each device whose shares it holds one share: of
 *     the seed when the vector is in, of the mask key when it is not.
 * The aggregator takes the seeds' masks off, and the pair masks of those who were lost; the others cancel.
 */

import { toBase64url } from "../crypto/encoding.ts";
import { ringFor, wholeWords } from "../crypto/masks/ring.ts";
import { bitmapBytes, nodeBytes, pathLength, sealedShareBytes, secretBytes } from "../crypto/masks/sizes.ts";
import type { Primitives } from "../crypto/primitives.ts";
import { encodedBits } from "../wire/fixed-point.ts";
import { answerBytes } from "../wire/signed.ts";
import type { VectorForm } from "./carrier.ts";
import type { RoundFrame } from "./protection.ts";

/** The stages, in order. */
export const maskedStages = ["keys", "shares", "contribution", "consistency", "unmask"] as const;

/** Their numbers. */
export const stageOf = { keys: 0, shares: 1, contribution: 2, consistency: 3, unmask: 4 } as const;

/** What terms say of masks. */
export interface MaskOptions {
  /** Share of the cohort that may collude with the aggregator. */
  readonly corruption: number;
  /** Share of the cohort that may be lost in a round. */
  readonly dropout: number;
  /** Out-neighbors of each device; by default as many as the two shares ask for. */
  readonly neighbors?: number | undefined;
  /** Share of the out-neighbors that it takes to open a secret; by default what the two shares ask for. */
  readonly threshold?: number | undefined;
}

/** The ring in which no sum of a full cohort wraps; a wide one where noise comes later, which may be far larger than the sum. */
export function formOf(frame: RoundFrame): VectorForm {
  const bits = ringFor(encodedBits(frame.range), frame.cohort.size);
  return { size: frame.size, bits: frame.isNoisedLater === true ? wholeWords(bits) : bits };
}

/** Greatest length of a stage's brief. A device has at most all others as neighbors. */
export function maxBriefBytesOf(stage: number, { cohort }: RoundFrame): number {
  const others = cohort.size - 1;
  const path = nodeBytes * pathLength(cohort.size, 0);
  const keysAnswer = maxKeysAnswerBytes(cohort.size);
  const sizes = [
    4 + 32,
    2 + others * (2 + 32 + path + 2 + keysAnswer + 64),
    4 + others * (2 + sealedShareBytes + 2),
    bitmapBytes(cohort.size),
    bitmapBytes(cohort.size) + 2 + others * (2 + 64),
  ];
  return sizes[stage]!;
}

/** Greatest length of a stage's answer; the contribution's is the carrier's to say. */
export function maxAnswerBytesOf(stage: number, { cohort }: RoundFrame, contributionBytes: number): number {
  const others = cohort.size - 1;
  const sizes = [
    maxKeysAnswerBytes(cohort.size),
    2 + others * (2 + sealedShareBytes),
    contributionBytes,
    32,
    2 + others * (3 + secretBytes),
  ];
  return sizes[stage]!;
}

/** What a device signs, and its neighbors verify, of an answer that they are shown. */
export async function signedAnswer(primitives: Primitives, frame: RoundFrame, stage: number, answer: Uint8Array): Promise<Uint8Array> {
  return answerBytes(frame.terms, frame.round, stage, toBase64url(await primitives.digest(answer)));
}

/** The answer to the stage consistency: a digest of the set of contributors, in the cohort that the root stands for. */
export async function consistencyAnswer(primitives: Primitives, root: Uint8Array, contributors: Uint8Array): Promise<Uint8Array> {
  const bytes = new Uint8Array(root.length + contributors.length);
  bytes.set(root);
  bytes.set(contributors, root.length);
  return primitives.digest(bytes);
}

function maxKeysAnswerBytes(devices: number): number {
  return 4 + 32 + 3 * 32 + 1 + 2 + 2 * Math.max(0, devices - 1);
}
