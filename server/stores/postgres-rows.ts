/** Rows of a run, written within a transaction of a PostgreSQL store. Imports the link's and the seam's types. */
import type { LedgerEntry } from "../../shared/privacy/ledger.ts";
import type { Publication, RoundRecord } from "../store.ts";
import type { Transaction } from "./postgres-link.ts";

/** Locks a run's row, so that its drivers' writes come one after the other. @returns its epoch; undefined for a run that is not there */
export async function lockedEpoch({ query }: Transaction, run: string): Promise<number | undefined> {
  const [row] = await query("SELECT epoch FROM cofactor.runs WHERE run = $1 FOR NO KEY UPDATE", [run]);
  return row === undefined ? undefined : Number(row["epoch"]);
}

/** The ledger's next entry, where there is one. */
export async function append({ query }: Transaction, run: string, entry: LedgerEntry | undefined): Promise<void> {
  if (entry === undefined) return;
  const { seq, round, kind, clients, previous, hash } = entry;
  await query("INSERT INTO cofactor.ledger (run, seq, round, kind, clients, previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)", [
    run,
    seq,
    round,
    kind,
    JSON.stringify(clients),
    previous,
    hash,
  ]);
}

/** A published model. */
export async function insertModel(
  { query }: Transaction,
  run: string,
  { round, advanced, sha256, model, state, noise }: Publication,
): Promise<void> {
  await query("INSERT INTO cofactor.models (run, round, advanced, sha256, model, state, noise) VALUES ($1, $2, $3, $4, $5, $6, $7)", [
    run,
    round,
    advanced,
    sha256,
    model,
    new Uint8Array(state.buffer, state.byteOffset, state.byteLength),
    noise ?? null,
  ]);
}

/** What became of a round. */
export async function insertRecord({ query }: Transaction, run: string, record: RoundRecord): Promise<void> {
  const { round, outcome, invited, accepted, dropped, sha256, reason, quality, contributors } = record;
  const told = [quality, contributors].map((value) => (value === undefined ? null : JSON.stringify(value)));
  await query(
    `INSERT INTO cofactor.records (run, round, outcome, invited, accepted, dropped, sha256, reason, quality, contributors)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [run, round, outcome, invited, accepted, dropped, sha256, reason, ...told],
  );
}

/** Keeps a round's record, and forgets the open round with its answers. */
export async function endRound(transaction: Transaction, run: string, record: RoundRecord | undefined): Promise<void> {
  if (record !== undefined) await insertRecord(transaction, run, record);
  await transaction.query("DELETE FROM cofactor.answers WHERE run = $1", [run]);
  await transaction.query("DELETE FROM cofactor.open_rounds WHERE run = $1", [run]);
}
