/** What the rows of a data base hold, checked and in the seam's form. Imports errors, the seam's types. */

import type { OperatorOrder } from "../../shared/console/feed.ts";
import { CofactorError } from "../../shared/errors.ts";
import type { LedgerEntry } from "../../shared/privacy/ledger.ts";
import type { AnswerKey, KeptCatalogue, Publication, RoundRecord, StoredAnswer } from "../store.ts";

type Row = Readonly<Record<string, unknown>>;

/** Bytes of their own. @throws CofactorError STORE_FAILED for anything else */
export function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return Buffer.isBuffer(value) ? new Uint8Array(value) : value;
  throw new CofactorError("STORE_FAILED", "the store expected bytes in a row: it is damaged");
}

/** A publication without its catalogue and its counts. */
export function toPublication(row: Row): Publication {
  const state = toBytes(row["state"]).slice();
  return {
    round: Number(row["round"]),
    advanced: Number(row["advanced"]),
    sha256: String(row["sha256"]),
    model: toBytes(row["model"]),
    state: new Float64Array(state.buffer),
    ...(row["noise"] === null ? {} : { noise: toBytes(row["noise"]) }),
  };
}

/** A version of a catalogue. */
export function toCatalogue(row: Row): KeptCatalogue {
  const bytesOf = (value: unknown): Uint8Array | undefined => (value === null ? undefined : toBytes(value));
  return { version: Number(row["version"]), whole: bytesOf(row["whole"]), delta: bytesOf(row["delta"]) };
}

/** A client and the last round that counts it. */
export function toCounted(row: Row): readonly [client: string, round: number] {
  return [String(row["client"]), Number(row["round"])];
}

/** An answer. */
export function toAnswer(row: Row): StoredAnswer {
  return {
    stage: Number(row["stage"]),
    client: String(row["client"]),
    digest: String(row["digest"]),
    signature: String(row["signature"]),
    bytes: toBytes(row["bytes"]),
  };
}

/** An order of the operator. */
export function toOrder(row: Row): OperatorOrder {
  const order = String(row["word"]) as OperatorOrder["order"];
  return { order, by: String(row["given_by"]), atMs: Number(row["at_ms"]), round: Number(row["round"]) };
}

/** An answer by name. */
export function toAnswerKey(row: Row): AnswerKey {
  return { stage: Number(row["stage"]), client: String(row["client"]), digest: String(row["digest"]) };
}

/** A round's record. */
export function toRecord(row: Row): RoundRecord {
  const quality = row["quality"] === null ? undefined : (fromJson(row["quality"]) as NonNullable<RoundRecord["quality"]>);
  return {
    round: Number(row["round"]),
    outcome: row["outcome"] === "published" ? "published" : "abandoned",
    invited: Number(row["invited"]),
    accepted: Number(row["accepted"]),
    dropped: Number(row["dropped"]),
    sha256: String(row["sha256"]),
    reason: String(row["reason"]),
    ...(quality === undefined ? {} : { quality }),
    ...(row["contributors"] === null ? {} : { contributors: (fromJson(row["contributors"]) as unknown[]).map(String) }),
  };
}

/** An entry as it stands there: what is wrong with it is the chain's to find. */
export function toEntry(row: Row): LedgerEntry {
  return {
    seq: Number(row["seq"]),
    round: Number(row["round"]),
    kind: String(row["kind"]) as LedgerEntry["kind"],
    clients: toNames(row["clients"]),
    previous: String(row["previous"]),
    hash: String(row["hash"]),
  };
}

/** Names of an entry of the ledger. @throws CofactorError LEDGER_CORRUPT */
function toNames(value: unknown): string[] {
  try {
    const names = fromJson(value);
    if (Array.isArray(names)) return names.map(String);
  } catch {
    // Said below.
  }
  throw new CofactorError("LEDGER_CORRUPT", "the ledger's chain is broken: an entry names no clients");
}

/** JSON as text, or as a driver has read it already. */
function fromJson(value: unknown): unknown {
  return typeof value === "string" ? (JSON.parse(value) as unknown) : value;
}
