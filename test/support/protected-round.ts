/** A whole round of one protection in memory, both halves, with devices lost wherever a test wants them lost. Imports the seam. */
import { createPrivateKey, sign } from "node:crypto";
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { digestOf } from "../../shared/crypto/hash.ts";
import { createIdentity, type Identity, seedOf, signedBytes } from "../../shared/crypto/identity.ts";
import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import type { AggregatorHalf, DeviceHalf, Opener, Protection, ProtectionTools, RoundFrame } from "../../shared/protections/protection.ts";
import { secureRng } from "../../shared/random.ts";
import { answerBytes } from "../../shared/wire/signed.ts";

/** Real randomness and primitives. */
export const realTools: ProtectionTools = { secure: secureRng, primitives: nodePrimitives };

/** Identities that tests share: making one costs more than a round. */
export const identities: readonly Identity[] = Array.from({ length: 24 }, () => createIdentity(secureRng));

/** What a test may change in a round. */
export interface RoundChanges {
  /** Says whether a device is lost before its answer to a stage has come. */
  readonly isLost?: (device: number, stage: number) => boolean;
  /** What arrives instead of a brief. */
  readonly brief?: (device: number, stage: number, brief: Uint8Array) => Uint8Array;
  /** What arrives instead of an answer. */
  readonly answer?: (device: number, stage: number, answer: Uint8Array, half: AggregatorHalf) => Uint8Array;
  /** What the aggregator's half is, at first and after each stage: a test may replace it by one restored from what was kept. */
  readonly aggregator?: (half: AggregatorHalf, stage: number) => Promise<AggregatorHalf> | AggregatorHalf;
}

/** What was seen of a round. */
export interface RoundTrace {
  readonly half: AggregatorHalf;
  readonly devices: readonly DeviceHalf[];
  /** Who answered, by stage. */
  readonly answered: readonly (readonly number[])[];
  /** Every answer with its signature, by stage, as a store keeps them. */
  readonly answers: readonly { readonly stage: number; readonly device: number; readonly bytes: Uint8Array; readonly signature: string }[];
  /** Devices that refused a stage, with their reasons. */
  readonly refusals: readonly { readonly device: number; readonly stage: number; readonly message: string }[];
}

/** Plays all stages up to the reveal, which is the test's own call. A stage with fewer answers than the minimum ends the play. */
export async function playRound(
  protection: Protection,
  frame: RoundFrame,
  contributions: readonly Float64Array[],
  changes: RoundChanges = {},
): Promise<RoundTrace> {
  const ids = contributions.map((_, device) => identities[device]!.id);
  let half = await protection.createAggregator(frame, realTools);
  const devices = await Promise.all(ids.map((id) => protection.createDevice(frame, id, realTools)));
  const answers: { stage: number; device: number; bytes: Uint8Array; signature: string }[] = [];
  const refusals: { device: number; stage: number; message: string }[] = [];
  const answered: number[][] = [];
  let asked = contributions.map((_, device) => device);
  for (let stage = 0; stage < protection.stages.length; stage++) {
    const came: number[] = [];
    await half.begin(
      stage,
      asked.map((device) => ids[device]!),
    );
    for (const device of asked) {
      const sent = half.brief(stage, ids[device]!);
      if (changes.isLost?.(device, stage) === true) continue;
      try {
        const brief = changes.brief?.(device, stage, sent) ?? sent;
        const own = await devices[device]!.answer(stage, brief, contributions[device]!.slice());
        const bytes = changes.answer?.(device, stage, own, half) ?? own;
        const signature = await signatureOf(identities[device]!, frame, stage, bytes);
        half.admit(stage, ids[device]!, bytes);
        half.combine(stage, ids[device]!, bytes, signature);
        answers.push({ stage, device, bytes: bytes.slice(), signature });
        came.push(device);
      } catch (error) {
        refusals.push({ device, stage, message: error instanceof Error ? error.message : String(error) });
      }
    }
    answered.push(came);
    asked = came;
    if (came.length < (stage <= protection.contributionStage ? frame.cohort.min : 1)) break;
    half = (await changes.aggregator?.(half, stage)) ?? half;
  }
  return { half, devices, answered, answers, refusals };
}

const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

/** The signature that a session puts under an answer; by OpenSSL, which takes a fortieth of the time for the same bytes. */
export async function signatureOf(identity: Identity, frame: RoundFrame, stage: number, bytes: Uint8Array): Promise<string> {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seedOf(identity)]), format: "der", type: "pkcs8" });
  const message = answerBytes(frame.terms, frame.round, stage, await digestOf(bytes));
  return toBase64url(new Uint8Array(sign(null, signedBytes("answer", message), key)));
}

/** The sum of a round in which nobody is lost. */
export async function revealAll(
  protection: Protection,
  frame: RoundFrame,
  contributions: readonly Float64Array[],
  opener: Opener | undefined,
): Promise<Float64Array> {
  const { half } = await playRound(protection, frame, contributions);
  return (await half.reveal(opener)).values;
}
