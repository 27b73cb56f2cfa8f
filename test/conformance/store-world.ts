/** What the cases of the stores' suite work with: places, and things to keep. */
import { afterEach } from "vitest";
import type { Driver, Publication, RoundRecord, Store, StoredAnswer, StoredRun } from "../../server/store.ts";
import type { LedgerEntry, LedgerKind } from "../../shared/privacy/ledger.ts";

/** One store's persistent place. */
export interface StorePlace {
  /** Opens the store; after `close`, opens it again with what it kept. */
  open(): Store | Promise<Store>;
  remove(): void | Promise<void>;
}

/** A store under test. */
export interface StoreCase {
  readonly name: string;
  /** False for stores that keep nothing once they are closed: the cases that open again are skipped. */
  readonly isDurable: boolean;
  createPlace(): StorePlace | Promise<StorePlace>;
}

/** The run of the cases. */
export const run = "films-1";
/** Its terms and key. */
export const stored: StoredRun = { terms: '{"id":"films-1"}', identitySeed: Uint8Array.from({ length: 32 }, (_, index) => index) };

/** A publication of a round. */
export function publication(round: number, name = `model-${round}`): Publication {
  return { round, advanced: round, sha256: name, model: Uint8Array.of(round, 2, 3), state: Float64Array.of(round, Number.MIN_VALUE, -0) };
}

/** A record of a round. */
export function record(round: number, outcome: RoundRecord["outcome"] = "published"): RoundRecord {
  return {
    round,
    outcome,
    invited: 5,
    accepted: 4,
    dropped: 1,
    sha256: `model-${round}`,
    reason: outcome === "published" ? "" : "expected more",
  };
}

/** An answer. */
export function answer(client: string, stage = 0, byte = 1): StoredAnswer {
  return { stage, client, digest: `digest-${client}-${byte}`, signature: `signed-${client}-${byte}`, bytes: Uint8Array.of(byte, 0, 255) };
}

/** An entry of the ledger. */
export function entry(seq: number, round: number, kind: LedgerKind, clients: readonly string[] = []): LedgerEntry {
  return { seq, round, kind, clients, previous: `hash-${seq - 1}`, hash: `hash-${seq}` };
}

/** A case's world. */
export interface StoreWorld {
  readonly isDurable: boolean;
  /** A place that is removed behind the case. */
  place(): Promise<StorePlace>;
  /** The store as a new process would find it; the same object where nothing outlives it. */
  reopen(at: StorePlace, store: Store): Promise<Store>;
  /** A store with the run and its start, and who drives it. */
  founded(at: StorePlace): Promise<{ readonly store: Store; readonly driver: Driver }>;
}

/** Within a suite: the world of its cases, cleared behind each. */
export function storeWorld({ isDurable, createPlace }: StoreCase): StoreWorld {
  const places: StorePlace[] = [];
  let current: Store | undefined;
  afterEach(async () => {
    await current?.close();
    for (const place of places.splice(0)) await place.remove();
  });
  const place = async (): Promise<StorePlace> => {
    const made = await createPlace();
    places.push(made);
    return { ...made, open: async () => (current = await made.open()) };
  };
  /** The store as a new process would find it; the same object where nothing outlives it. */
  const reopen = async (at: StorePlace, store: Store): Promise<Store> => {
    if (!isDurable) return store;
    await store.close();
    return at.open();
  };
  /** A store with the run and its start, and who drives it. */
  const founded = async (at: StorePlace): Promise<{ readonly store: Store; readonly driver: Driver }> => {
    const store = await at.open();
    await store.saveRun(run, stored);
    const driver = await store.takeOver(run);
    await store.publish(driver, publication(0), undefined);
    return { store, driver };
  };
  return { isDurable, place, reopen, founded };
}
