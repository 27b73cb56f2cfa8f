/** A run as a whole in a PostgreSQL store. Imports errors, the rows, the seam's types. */
import { CofactorError } from "../../shared/errors.ts";
import type { OpenRound, RunContents } from "../store.ts";
import type { Transaction } from "./postgres-link.ts";
import { append, insertModel, insertRecord } from "./postgres-rows.ts";
import { toCatalogue, toCounted, toEntry, toPublication, toRecord } from "./rows.ts";

/** What is kept of a run, at one moment: its driver's writes wait meanwhile. Orders that come meanwhile are in or not. */
export async function readContents({ query }: Transaction, run: string): Promise<RunContents | undefined> {
  const [stored] = await query("SELECT terms FROM cofactor.runs WHERE run = $1 FOR SHARE", [run]);
  if (stored === undefined) return undefined;
  const all = (what: string): Promise<Record<string, unknown>[]> => query(`SELECT ${what}`, [run]);
  const [open] = await all("round, stage, cohort FROM cofactor.open_rounds WHERE run = $1");
  const orders = await all("kind, item FROM cofactor.item_orders WHERE run = $1 ORDER BY seq");
  return {
    terms: String(stored["terms"]),
    models: (await all("* FROM cofactor.models WHERE run = $1 ORDER BY round")).map(toPublication),
    records: (await all("* FROM cofactor.records WHERE run = $1 ORDER BY round")).map(toRecord),
    ledger: (await all("* FROM cofactor.ledger WHERE run = $1 ORDER BY seq")).map(toEntry),
    open: open === undefined ? undefined : toOpenRound(open),
    counted: (await all('client, round FROM cofactor.counted WHERE run = $1 ORDER BY client COLLATE "C"')).map(toCounted),
    catalogues: (await all("version, whole, delta FROM cofactor.catalogues WHERE run = $1 ORDER BY version")).map(toCatalogue),
    orders: orders.map((row) => ({ kind: row["kind"] === "add" ? "add" : "remove", id: String(row["item"]) })),
  };
}

/** The open round. */
export function toOpenRound(row: Readonly<Record<string, unknown>>): OpenRound {
  return { round: Number(row["round"]), stage: Number(row["stage"]), cohort: row["cohort"] as string[] };
}

/**
 * Keeps all but the orders. @throws CofactorError STORE_FAILED for a run that is there
 */
export async function writeContents(
  transaction: Transaction,
  run: string,
  identitySeed: Uint8Array,
  { terms, models, records, ledger, open, counted, catalogues }: RunContents,
): Promise<void> {
  const { query } = transaction;
  const found = await query(
    "INSERT INTO cofactor.runs (run, terms, identity_seed) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1",
    [run, terms, identitySeed],
  );
  if (found.length === 0) throw new CofactorError("STORE_FAILED", "the store has a run of that name already");
  for (const model of models) await insertModel(transaction, run, model);
  for (const record of records) await insertRecord(transaction, run, record);
  for (const entry of ledger) await append(transaction, run, entry);
  if (open !== undefined) {
    await query("INSERT INTO cofactor.open_rounds (run, round, stage, cohort) VALUES ($1, $2, $3, $4)", [
      run,
      open.round,
      open.stage,
      JSON.stringify(open.cohort),
    ]);
  }
  await query(
    "INSERT INTO cofactor.counted (run, client, round) SELECT $1, client, round FROM unnest($2::text[], $3::int[]) AS listed (client, round)",
    [run, counted.map(([client]) => client), counted.map(([, round]) => round)],
  );
  for (const { version, whole = null, delta = null } of catalogues) {
    await query("INSERT INTO cofactor.catalogues (run, version, whole, delta) VALUES ($1, $2, $3, $4)", [run, version, whole, delta]);
  }
}
