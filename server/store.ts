/**
 * The seam for stores: everything that a run needs to survive the end of the process. Implementations in stores/, one
 * conformance suite for all. Imports nothing but types.
 *
 * Guarantees every store gives: what a settled call acknowledged is there after the process was killed; `publish` happens whole or
 * not at all; a contribution is kept once for each round, stage and client; a write that cannot be made durable rejects with STORE_FAILED.
 * A ledger's entry is kept with the write that it comes with, or neither is; entries are only ever added: no number is taken twice.
 *
 * One driver at a time: whoever takes a run over gets an epoch above all before it, and from then on every write that belongs to the driving of
 * the run and names an older epoch is refused with FENCED, in the write's own transaction: it changes nothing. So are the operator's orders: each is
 * known to whoever drives. What no driver writes (enrolments, orders of items) carries no epoch.
 */

import type { ItemOrder } from "../shared/catalogue/step.ts";
import type { OperatorOrder } from "../shared/console/feed.ts";
import type { RoundQuality } from "../shared/evaluation/evaluation.ts";
import type { LedgerEntry } from "../shared/privacy/ledger.ts";

/** A run's signed terms and the server's identity. */
export interface StoredRun {
  readonly terms: string;
  /** 32-byte seed of the server's signing key: secret. */
  readonly identitySeed: Uint8Array;
}

/** The round that is open. `stage` equals the protection's number of stages once the sum is being revealed. */
export interface OpenRound {
  readonly round: number;
  readonly stage: number;
  readonly cohort: readonly string[];
}

/** An answer that was acknowledged, or is about to be. */
export interface StoredAnswer {
  readonly stage: number;
  readonly client: string;
  /** sha256 in base64url. */
  readonly digest: string;
  /** The client's signature of it, base64url. */
  readonly signature: string;
  readonly bytes: Uint8Array;
}

/** An answer by name, without its bytes and signature. */
export type AnswerKey = Pick<StoredAnswer, "stage" | "client" | "digest">;

/** Who drives a run: `epoch` is its fencing token. */
export interface Driver {
  readonly run: string;
  /** From 1, one higher each time that the run is taken over. */
  readonly epoch: number;
}

/**
 * What became of an answer: it is durable now; it was before, the same; another answer of that stage and client is kept; or its round and stage
 * are not the open ones, and nothing was kept.
 */
export type AnswerFate = "saved" | "duplicate" | "conflict" | "closed";

/** What became of a client that was to be enrolled: it is now; it was before; or there is no room, and nothing was kept. */
export type EnrolFate = "new" | "known" | "full";

/** What became of a round. */
export interface RoundRecord {
  readonly round: number;
  readonly outcome: "published" | "abandoned";
  readonly invited: number;
  readonly accepted: number;
  readonly dropped: number;
  /** Content hash of the published model; the last one's when abandoned. */
  readonly sha256: string;
  readonly reason: string;
  /** What the round's devices found about the model before it, where they judged it: the cohort's figures, nobody's own. */
  readonly quality?: RoundQuality | undefined;
  /** Whose contributions are in the sum, kept where terms ask for rewards, which follow from it; also of devices that left since. */
  readonly contributors?: readonly string[] | undefined;
}

/** A model as it was published, with what the server needs to go on from it. */
export interface Publication {
  /** 0 for the start. */
  readonly round: number;
  /** How many times the model has advanced. */
  readonly advanced: number;
  readonly sha256: string;
  readonly model: Uint8Array;
  /** The server's own state: optimizer moments. */
  readonly state: Float64Array;
  /** Secret state of noise that hangs together over rounds: it goes on from here, and never from an earlier release's. */
  readonly noise?: Uint8Array | undefined;
  /** The catalogue that the model names, where items come and go. */
  readonly catalogue?: PublishedCatalogue | undefined;
  /** Whose contributions it counts, where they are differences and each must know which of its own was the last. */
  readonly counts?: readonly string[] | undefined;
}

/** A catalogue as it was published, and what it came of. Kept with its model or not at all. */
export interface PublishedCatalogue {
  readonly version: number;
  readonly whole: Uint8Array;
  /** What led here from the version before; undefined when the version was published before, and for a run's first. */
  readonly delta?: Uint8Array | undefined;
  /** `seq` of the orders that are done with. */
  readonly taken: readonly number[];
}

/** What the catalogues of runs need beside their publications. */
export interface CatalogueStore {
  /** Keeps orders, all or none, under numbers that ascend and never come again. */
  order(run: string, orders: readonly Omit<ItemOrder, "seq">[]): Promise<void>;
  /** The orders that no publication has taken, ascending. */
  orders(run: string): Promise<ItemOrder[]>;
  /** The bytes of a version that is still kept: of the last `keptModels`. */
  whole(run: string, version: number): Promise<Uint8Array | undefined>;
  /** The deltas behind version `from` up to version `to`; undefined unless all are kept: of the last `keptDeltas` versions. */
  deltas(run: string, from: number, to: number): Promise<Uint8Array[] | undefined>;
}

/** A version of a catalogue as far as it is kept. */
export interface KeptCatalogue {
  readonly version: number;
  readonly whole: Uint8Array | undefined;
  readonly delta: Uint8Array | undefined;
}

/** All that is kept of a run but the server's signing key, its enrolled clients and the open round's answers: what an archive is made of. */
export interface RunContents {
  readonly terms: string;
  /** By round, ascending; without catalogues and counts, which stand below. */
  readonly models: readonly Publication[];
  readonly records: readonly RoundRecord[];
  readonly ledger: readonly LedgerEntry[];
  readonly open: OpenRound | undefined;
  /** By client: the last publication's round that counts it. */
  readonly counted: readonly (readonly [client: string, round: number])[];
  /** By version, ascending. */
  readonly catalogues: readonly KeptCatalogue[];
  readonly orders: readonly Omit<ItemOrder, "seq">[];
  /** The operator's, in the order in which they were given: a run that was ended stays so. */
  readonly words: readonly OperatorOrder[];
}

/** Runs as a whole. */
export interface ArchiveStore {
  /** Names of the runs that are kept, ascending. */
  runs(): Promise<string[]>;
  /** What is kept of a run, at one moment. */
  contents(run: string): Promise<RunContents | undefined>;
  /** Keeps a run with all that was kept of it elsewhere: all or nothing. @throws CofactorError STORE_FAILED for a run that is there */
  restore(run: string, identitySeed: Uint8Array, contents: RunContents): Promise<void>;
}

/** The operator's words about runs: they are only ever added, each by who drives its run, so that the driver knows of all of them. */
export interface OrderStore {
  /** Keeps an order; settles once it is durable. @throws CofactorError FENCED, STORE_FAILED */
  give(driver: Driver, order: OperatorOrder): Promise<void>;
  /** All orders, in the order in which they were given. */
  given(run: string): Promise<OperatorOrder[]>;
}

/** Durable state of runs. */
export interface Store extends ArchiveStore {
  loadRun(run: string): Promise<StoredRun | undefined>;
  saveRun(run: string, stored: StoredRun): Promise<void>;
  /** Makes the caller the run's only driver: earlier ones are refused from now on. @throws CofactorError STORE_FAILED for a run that is not there */
  takeOver(run: string): Promise<Driver>;
  /**
   * Enrols a client, unless `most` are; by default as many as come. However many servers of one store enrol at once, no more than `most` are.
   * @throws CofactorError STORE_FAILED
   */
  enrol(run: string, client: string, most?: number): Promise<EnrolFate>;
  /**
   * How many clients are enrolled, in a time that does not grow with them. What other servers of the same store enrolled within the last second
   * may be missing.
   */
  countEnrolled(run: string): Promise<number>;
  forget(run: string, client: string): Promise<void>;
  /** The newest round that is published or abandoned; 0 before the first. */
  overRound(run: string): Promise<number>;
  /** The newest publication. */
  latest(run: string): Promise<Publication | undefined>;
  /** The last publication's round whose `counts` name a client; 0 for none. It outlives `forget`: what was counted stays counted. */
  counted(run: string, client: string): Promise<number>;
  /** The bytes of a published model that is still kept. */
  model(run: string, sha256: string): Promise<Uint8Array | undefined>;
  /**
   * Saves a publication, its round's record when it has one, and forgets the open round with its answers: all or nothing.
   * @throws CofactorError FENCED, STORE_FAILED
   */
  publish(driver: Driver, publication: Publication, record: RoundRecord | undefined, entry?: LedgerEntry): Promise<void>;
  /** Saves a round's record as abandoned and forgets its answers. @throws CofactorError FENCED, STORE_FAILED */
  abandon(driver: Driver, record: RoundRecord, entry?: LedgerEntry): Promise<void>;
  openRound(run: string): Promise<OpenRound | undefined>;
  /** Saves the open round, or its next stage. @throws CofactorError FENCED, STORE_FAILED */
  saveRound(driver: Driver, open: OpenRound, entry?: LedgerEntry): Promise<void>;
  /** The ledger's entries, in the order of their numbers. */
  ledger(run: string): Promise<LedgerEntry[]>;
  /**
   * Keeps an answer of the open round and stage; settles once it is durable. A second one of the same stage and client changes nothing.
   * @throws CofactorError FENCED, STORE_FAILED
   */
  saveAnswer(driver: Driver, round: number, answer: StoredAnswer): Promise<AnswerFate>;
  /** The open round's answers, those of one stage where it is named, in the order in which they came. */
  answers(run: string, round: number, stage?: number): Promise<StoredAnswer[]>;
  /** Which answers of the open round are kept, in the order in which they came: once a stage is over, exactly who answered it. */
  answerKeys(run: string, round: number): Promise<AnswerKey[]>;
  /** One answer of the open round. */
  answer(run: string, round: number, stage: number, client: string): Promise<StoredAnswer | undefined>;
  /** Records of all rounds, in order. */
  records(run: string): Promise<RoundRecord[]>;
  readonly catalogue: CatalogueStore;
  readonly orders: OrderStore;
  /** Ends the store; what was handed over before is made durable first. */
  close(): Promise<void>;
}

/** How many published models a store keeps for devices that have an older one. */
export const keptModels = 8;

/** How many versions of a catalogue a device may have missed and still follow by deltas. */
export const keptDeltas = 512;
