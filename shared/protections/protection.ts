/**
 * The seam for protections: how a contribution is hidden from the aggregator, and how only the cohort's sum comes out.
 * May import models' and crypto's types, wire, terms. Each implementation is one file holding both halves; index.ts lists them.
 *
 * A round has one or more stages. At each the aggregator sends every device a brief and collects its answer; a device
 * that does not answer a stage is gone for the later ones. `open` and `paillier` have one stage, the contribution;
 * secure aggregation has one for keys, one for shares, one for the masked contribution and one for unmasking.
 */

import type { PowerFactory } from "../crypto/paillier/decrypt.ts";
import type { KeyShare, ThresholdKey } from "../crypto/paillier/threshold-key.ts";
import type { Raiser } from "../crypto/paillier/threshold-part.ts";
import type { Awaitable, Primitives } from "../crypto/primitives.ts";
import type { Aggregate, ContributionRange } from "../models/model.ts";
import type { SecureRng } from "../random.ts";
import type { Definition } from "../registry.ts";
import type { Scattered } from "../sharing/sharing.ts";

/** What both halves of a protection know about a round before it begins. */
export interface RoundFrame {
  readonly run: string;
  /** Digest of the run's terms, as run.ts makes it: every signature of the round covers it. */
  readonly terms: string;
  readonly round: number;
  /** Length of a contribution's vector. */
  readonly size: number;
  readonly range: ContributionRange;
  /** The group of the cohort that this frame is of, from 0; left out where the cohort is one group. Each group is a cohort of its own to a protection. */
  readonly group?: number;
  /** A sum is revealed over at least `min` and at most `size` contributors: those of the group. */
  readonly cohort: { readonly size: number; readonly min: number };
  /**
   * True when noise is added to the sum before anyone is told of it. Then no sum may end the round by what it is: a device that sends what it must
   * not would learn from that whether the others' sum is above a number of its choice.
   */
  readonly isNoisedLater?: boolean;
  /** Where devices choose which places they send: how their parts are added up. Only protections under which the aggregator reads them are asked to. */
  readonly scattered?: Scattered;
}

/** What both halves work with beside the frame. */
export interface ProtectionTools {
  readonly secure: SecureRng;
  readonly primitives: Primitives;
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
  /**
   * A stage begins: all answers of the earlier ones are in. Called once for each stage, also when a round is restored. Of a
   * gateway's two halves the one that only takes answers in for another half to merge is not told; the one that makes briefs and checks answers is,
   * and takes in all answers but the contributions themselves.
   * @param clients who is asked, in the order of the cohort: at stage 0 the whole cohort
   * @throws CofactorError when the round cannot go on
   */
  begin(stage: number, clients: readonly string[]): Awaitable<void>;
  /** What to send to a device that is asked. Guarantees: the same answers give the same bytes, in whatever order they came. */
  brief(stage: number, client: string): Uint8Array;
  /**
   * Checks an answer and changes nothing.
   * @throws CofactorError UPDATE_REJECTED, SHAPE_MISMATCH, VALUE_NOT_FINITE, MESSAGE_TOO_LARGE
   */
  admit(stage: number, client: string, answer: Uint8Array): void;
  /**
   * Takes in an admitted answer. The caller sees to it that each client's answer comes in once.
   * @param signature the client's signature of the answer, base64url, for protections that show answers to other devices
   */
  combine(stage: number, client: string, answer: Uint8Array, signature: string): void;
  /** What was taken in so far, as bytes that another aggregator's half can merge. */
  export(): Uint8Array;
  /** Takes in what another half exported, of other clients or of another stage. */
  merge(part: Uint8Array): void;
  /**
   * The sum as real numbers.
   * @param opener what opens a sum, for the protections that need keyholders
   * @throws CofactorError COHORT_TOO_SMALL below `cohort.min`, DECRYPT_FAILED, AGGREGATION_FAILED with the culprits
   */
  reveal(opener: Opener | undefined): Promise<Aggregate>;
  /** Whose contributions made the sum unusable, found among all of them after `reveal` has failed; for protections that can tell. */
  blame?(contributions: Iterable<readonly [client: string, contribution: Uint8Array]>): readonly string[];
}

/** A keyholder's half, for one round: makes the sum again from the contributions, and opens its part of it. */
export interface KeyholderHalf {
  /**
   * Adds a contribution, or a sum of several: both have the same form.
   * @throws CofactorError SHAPE_MISMATCH, UPDATE_REJECTED; the sum is as it was then
   */
  combine(contribution: Uint8Array): void;
  /** This keyholder's part of opening the sum of what was combined. @throws CofactorError AGGREGATION_FAILED for a sum that is malformed */
  open(): Promise<Uint8Array>;
}

/** Makes a keyholder's half for a round. */
export type KeyholderFactory = (frame: RoundFrame) => KeyholderHalf;

/** The keyholders of a run, wherever they are. */
export interface Opener {
  /**
   * Has keyholders open their parts of a sum, until enough were accepted.
   *
   * @param accept checks a part and keeps it; what it throws blames that keyholder, and another is asked
   * @throws CofactorError DECRYPT_FAILED when fewer than `request.needed` parts can be had; its culprits are the blamed keyholders
   */
  open(request: OpenRequest, accept: AcceptPart): Promise<void>;
}

/** Takes a keyholder's part, or throws: then that keyholder is to blame. */
export type AcceptPart = (part: OpenedPart) => Awaitable<void>;

/** A sum to open. */
export interface OpenRequest {
  readonly frame: RoundFrame;
  /** How many contributions were summed. */
  readonly contributors: number;
  /** The encrypted sum, in the protection's own form. */
  readonly sum: Uint8Array;
  /** How many keyholders' parts it takes. */
  readonly needed: number;
}

/** A keyholder's part of an opened sum. */
export interface OpenedPart {
  /** Place of the keyholder in the terms, from 0. */
  readonly keyholder: number;
  readonly bytes: Uint8Array;
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
  /**
   * True when, for frames that are noised later, whatever devices send the sum is that of their values: exactly, or modulo a public number that
   * `reveal` names.
   */
  readonly wrapsCleanly: boolean;
  /** Share of a cohort that may collude, where the protection's promise rests on one. */
  readonly corruption?: number;
  /**
   * Checks that the protection holds for a run's sizes.
   * @throws CofactorError CONFIG_INVALID or ENCODE_OVERFLOW, with the nearest sound choice
   */
  assertSound(frame: RoundFrame): void;
  /**
   * The part of that check which takes code that no device loads: whoever makes terms calls it before a run begins. A device finds out by its
   * own half, and takes no part.
   * @throws CofactorError CONFIG_INVALID, with the nearest sound choice
   */
  assertHolds?(frame: RoundFrame): Promise<void>;
  /** Greatest length of a stage's brief, in bytes: a device takes part in no stage that is asked with a longer one. */
  maxBriefBytes(stage: number, frame: RoundFrame): number;
  /** Greatest length of an answer to a stage, in bytes: longer ones are refused before the first byte is taken in. */
  maxAnswerBytes(stage: number, frame: RoundFrame): number;
  /** @param self the device's own name in the run */
  createDevice(frame: RoundFrame, self: string, tools: ProtectionTools): Awaitable<DeviceHalf>;
  /** May load code that no device needs. */
  createAggregator(frame: RoundFrame, tools: ProtectionTools): Awaitable<AggregatorHalf>;
}

/** Keys that a protection needs before a run can begin. */
export interface Provision<Options> {
  /** The options with the public keys filled in. */
  readonly options: Options;
  /** Each keyholder's secret, as text for its key file. */
  readonly secrets: readonly string[];
}

/** Draws primes of so many bits, 3 mod 4; `safe` ones p, such that (p - 1) / 2 is prime too. */
export type PrimeSource = (bits: number, options?: { readonly safe?: boolean }) => Promise<bigint>;

/** A protection's entry in the index. */
export interface ProtectionDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  /** Makes fresh keys for options that name none; absent when the protection needs none. */
  provision?(options: Options, drawPrime: PrimeSource): Promise<Provision<Options>>;
  /** A keyholder's halves for its secret. @throws CofactorError CONFIG_INVALID when the secret does not belong to the options */
  createKeyholder?(options: Options, secret: string, tools?: KeyholderTools): Promise<KeyholderFactory>;
  /** @throws CofactorError CONFIG_INVALID when the options do not fit together */
  create(options: Options): Protection;
}

/** What a platform brings for secret exponents: without it BigInt's arithmetic serves, which is slower and not constant-time. */
export interface KeyholderTools {
  readonly power?: PowerFactory;
  /** Raises many ciphertexts at once, on several threads. */
  readonly createRaiser?: (key: ThresholdKey, share: KeyShare) => Raiser;
}
