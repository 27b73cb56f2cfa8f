/**
 * The seam for protections: how a contribution is hidden from the aggregator, and how only the cohort's sum comes out.
 * May import models' and crypto's types, wire, terms. Each implementation is one file holding both halves; index.ts lists them.
 *
 * A round has one or more stages. At each the aggregator sends every device a brief and collects its answer; a device
 * that does not answer a stage is gone for the later ones. `open` and `paillier` have one stage, the contribution;
 * secure aggregation has one for keys, one for shares, one for the masked contribution and one for unmasking.
 */
import type { Aggregate, ContributionRange } from "../models/model.ts";
import type { SecureRng } from "../random.ts";
import type { Definition } from "../registry.ts";

/** What both halves of a protection know about a round before it begins. */
export interface RoundFrame {
  readonly run: string;
  readonly round: number;
  /** Length of a contribution's vector. */
  readonly size: number;
  readonly range: ContributionRange;
  /** A sum is revealed over at least `min` and at most `size` contributors. */
  readonly cohort: { readonly size: number; readonly min: number };
}

/** A device's half, for one round; keeps its secrets for the round's stages. */
export interface DeviceHalf {
  /**
   * Answers a stage.
   *
   * @param brief what the aggregator sent with the stage; not trusted
   * @param values [size] the contribution, read only at the contribution's stage; fixed-point protections clamp it to `frame.range`
   * @returns the answer; it may share memory with `values`, so whoever uses that again copies it first
   * @throws CofactorError VALUE_NOT_FINITE, or UPDATE_REJECTED when the brief must not be answered
   */
  answer(stage: number, brief: Uint8Array, values: Float64Array): Promise<Uint8Array>;
}

/** The aggregator's half, for one round. */
export interface AggregatorHalf {
  /** How many contributions are in the sum. */
  readonly count: number;
  /** What to send to a device when a stage begins. */
  brief(stage: number, client: string): Uint8Array;
  /**
   * Checks an answer and changes nothing.
   * @throws CofactorError UPDATE_REJECTED, SHAPE_MISMATCH, VALUE_NOT_FINITE, MESSAGE_TOO_LARGE
   */
  admit(stage: number, client: string, answer: Uint8Array): void;
  /** Takes in an admitted answer. The caller sees to it that each client's answer comes in once. */
  combine(stage: number, client: string, answer: Uint8Array): void;
  /** The sum so far, as bytes that another aggregator's half can merge. */
  export(): Uint8Array;
  /** Adds an exported sum of other clients. */
  merge(part: Uint8Array): void;
  /**
   * The sum as real numbers.
   * @param opener what opens a sum, for the protections that need keyholders
   * @throws CofactorError COHORT_TOO_SMALL below `cohort.min`, DECRYPT_FAILED, AGGREGATION_FAILED with the culprits
   */
  reveal(opener: Opener | undefined): Promise<Aggregate>;
}

/** What opens encrypted sums: one keyholder, or several together. */
export interface Opener {
  /** @returns the plaintexts, in the protection's own form */
  open(request: OpenRequest): Promise<Uint8Array>;
}

/** A sum to open. */
export interface OpenRequest {
  readonly run: string;
  readonly round: number;
  /** How many contributions were summed. */
  readonly contributors: number;
  /** The encrypted sum, in the protection's own form. */
  readonly sum: Uint8Array;
}

/** How contributions are hidden. */
export interface Protection {
  readonly kind: string;
  /** Names of the stages, in order. */
  readonly stages: readonly string[];
  /** The stage at which the contribution is sealed. */
  readonly contributionStage: number;
  /** True when the aggregator can read a single contribution. */
  readonly revealsContributions: boolean;
  /** Greatest length of an answer to a stage, in bytes: longer ones are refused before the first byte is taken in. */
  maxAnswerBytes(stage: number, frame: RoundFrame): number;
  createDevice(frame: RoundFrame, secure: SecureRng): DeviceHalf;
  createAggregator(frame: RoundFrame): AggregatorHalf;
}

/** Keys that a protection needs before a run can begin. */
export interface Provision<Options> {
  /** The options with the public keys filled in. */
  readonly options: Options;
  /** The private keys, as text for the keyholder's key file. */
  readonly secret: string;
}

/** A protection's entry in the index. */
export interface ProtectionDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  /** Makes fresh keys for options that name none; absent when the protection needs none. @param drawPrime a random prime of so many bits, 3 mod 4 */
  provision?(options: Options, drawPrime: (bits: number) => Promise<bigint>): Promise<Provision<Options>>;
  /** What opens sums with a private key; `powerMod` may bring a faster, constant-time exponentiation than BigInt's. */
  createOpener?(options: Options, secret: string, powerMod?: PowerModFactory): Opener;
  /** @throws CofactorError CONFIG_INVALID when the options are not sound for the frame's sizes */
  create(options: Options): Protection;
}

/** Makes `base -> base^exponent mod modulus` for a fixed secret exponent and a fixed modulus. */
export type PowerModFactory = (exponent: bigint, modulus: bigint) => (base: bigint) => bigint;
