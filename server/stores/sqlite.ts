/**
 * A store in one SQLite file, by the SQLite built into Node: write-ahead log, every commit forced to the disk. Answers and enrolments that come
 * in the same turn of the event loop share one commit. Imports node:sqlite, node:fs and the seam.
 *
 * Under the `open` protection the file and its log hold the open round's contributions in clear until the round is over: then they are zeroed.
 * Under the others they hold what the aggregator sees, and no more; where noise hangs together over rounds, its secret state too, in clear.
 */
import { chmodSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { CofactorError } from "../../shared/errors.ts";
import type { LedgerEntry } from "../../shared/privacy/ledger.ts";
import {
  type AnswerFate,
  type AnswerKey,
  type Driver,
  keptModels,
  type OpenRound,
  type Publication,
  type RoundRecord,
  type RunContents,
  type Store,
  type StoredAnswer,
  type StoredRun,
} from "../store.ts";
import { assertDriver } from "./fence.ts";
import { toAnswer, toAnswerKey, toBytes, toCatalogue, toCounted, toEntry, toPublication, toRecord } from "./rows.ts";
import { type CatalogueTables, catalogueMigration, SqliteCatalogues } from "./sqlite-catalogue.ts";
import { ordersMigration, SqliteOrders } from "./sqlite-orders.ts";

/** Entry i brings a file from version i to i + 1. */
const migrations: readonly string[] = [
  `
  CREATE TABLE runs (run TEXT PRIMARY KEY, terms TEXT NOT NULL, identity_seed BLOB NOT NULL) STRICT;
  CREATE TABLE clients (run TEXT NOT NULL REFERENCES runs, client TEXT NOT NULL, PRIMARY KEY (run, client)) STRICT, WITHOUT ROWID;
  CREATE TABLE models (run TEXT NOT NULL REFERENCES runs, round INTEGER NOT NULL, advanced INTEGER NOT NULL, sha256 TEXT NOT NULL,
    model BLOB NOT NULL, state BLOB NOT NULL, PRIMARY KEY (run, round)) STRICT;
  CREATE INDEX models_by_hash ON models (run, sha256);
  CREATE TABLE open_rounds (run TEXT PRIMARY KEY REFERENCES runs, round INTEGER NOT NULL, stage INTEGER NOT NULL, cohort TEXT NOT NULL) STRICT;
  CREATE TABLE answers (id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs, round INTEGER NOT NULL, stage INTEGER NOT NULL,
    client TEXT NOT NULL, digest TEXT NOT NULL, bytes BLOB NOT NULL, UNIQUE (run, round, stage, client)) STRICT;
  CREATE TABLE records (run TEXT NOT NULL REFERENCES runs, round INTEGER NOT NULL, outcome TEXT NOT NULL, invited INTEGER NOT NULL,
    accepted INTEGER NOT NULL, dropped INTEGER NOT NULL, sha256 TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (run, round)) STRICT;
  `,
  "ALTER TABLE answers ADD COLUMN signature TEXT NOT NULL DEFAULT '';",
  "ALTER TABLE models ADD COLUMN noise BLOB;",
  `
  CREATE TABLE ledger (run TEXT NOT NULL REFERENCES runs, seq INTEGER NOT NULL, round INTEGER NOT NULL, kind TEXT NOT NULL,
    clients TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (run, seq)) STRICT;
  CREATE TRIGGER ledger_is_not_changed BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
  CREATE TRIGGER ledger_is_not_cut BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
  `,
  "ALTER TABLE records ADD COLUMN quality TEXT;",
  catalogueMigration,
  `CREATE TABLE counted (run TEXT NOT NULL REFERENCES runs, client TEXT NOT NULL, round INTEGER NOT NULL, PRIMARY KEY (run, client))
    STRICT, WITHOUT ROWID;`,
  "ALTER TABLE records ADD COLUMN contributors TEXT;",
  "ALTER TABLE runs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;",
  ordersMigration,
];

/** The version of these tables. A newer file is refused; older ones are brought forward. */
const schemaVersion = migrations.length;

/** How long a write may wait for others to share its commit. */
const mostWaitMs = 25;

/** A write that shares its commit with others. */
interface PendingWrite {
  /** Writes, and returns what tells the caller once that is durable. */
  readonly write: () => () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A store in the file at `path`, made when it is not there.
 * @throws CofactorError STORE_FAILED when the file is no store, is locked, or was written by a newer version
 */
export function sqliteStore(path: string): Store {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path);
    // The file holds the server's signing key.
    if (path !== ":memory:") chmodSync(path, 0o600);
    // One server for each file: a second one would open rounds of its own.
    database.exec(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA busy_timeout = 1000;",
    );
    migrate(database);
  } catch (cause) {
    if (cause instanceof CofactorError) throw cause;
    throw new CofactorError("STORE_FAILED", "the store could not be opened: is it a Cofactor store, and is no other server using it?", {
      cause,
    });
  }
  return new SqliteStore(database);
}

/** Brings the tables to this version; writes at each start, so that a file in use by another server is noticed at once. */
function migrate(database: DatabaseSync): void {
  const found = Number(database.prepare("PRAGMA user_version").get()!["user_version"]);
  if (found > schemaVersion) {
    throw new CofactorError("STORE_FAILED", `the store has version ${found}, this server knows ${schemaVersion}: update the server`);
  }
  database.exec(`PRAGMA user_version = ${found}`);
  for (let version = found; version < schemaVersion; version++) {
    database.exec(`BEGIN IMMEDIATE; ${migrations[version]!} PRAGMA user_version = ${version + 1}; COMMIT;`);
  }
}

class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly catalogue: SqliteCatalogues;
  readonly orders: SqliteOrders;
  readonly #statements = new Map<string, StatementSync>();
  #pending: PendingWrite[] = [];
  /** How long the last commit of such writes took. */
  #lastCommitMs = 0;
  #closed = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
    const tables: CatalogueTables = { sql: (text) => this.#sql(text), transaction: (work) => this.#transaction(work) };
    this.catalogue = new SqliteCatalogues(tables);
    this.orders = new SqliteOrders(tables);
  }

  async loadRun(run: string): Promise<StoredRun | undefined> {
    const row = this.#sql("SELECT terms, identity_seed FROM runs WHERE run = ?").get(run);
    return row === undefined ? undefined : { terms: String(row["terms"]), identitySeed: toBytes(row["identity_seed"]) };
  }

  async saveRun(run: string, stored: StoredRun): Promise<void> {
    this.#transaction(() => {
      this.#sql("INSERT INTO runs (run, terms, identity_seed) VALUES (?, ?, ?)").run(run, stored.terms, stored.identitySeed);
    });
  }

  async takeOver(run: string): Promise<Driver> {
    return this.#transaction(() => {
      const row = this.#sql("UPDATE runs SET epoch = epoch + 1 WHERE run = ? RETURNING epoch").get(run);
      if (row === undefined) throw new CofactorError("STORE_FAILED", "the store has no run of that name");
      return { run, epoch: Number(row["epoch"]) };
    });
  }

  enrol(run: string, client: string): Promise<boolean> {
    return this.#grouped(() => this.#sql("INSERT OR IGNORE INTO clients (run, client) VALUES (?, ?)").run(run, client).changes === 1);
  }

  async countEnrolled(run: string): Promise<number> {
    return Number(this.#sql("SELECT count(*) AS n FROM clients WHERE run = ?").get(run)!["n"]);
  }

  async forget(run: string, client: string): Promise<void> {
    this.#transaction(() => void this.#sql("DELETE FROM clients WHERE run = ? AND client = ?").run(run, client));
  }

  async latest(run: string): Promise<Publication | undefined> {
    const row = this.#sql("SELECT * FROM models WHERE run = ? ORDER BY round DESC LIMIT 1").get(run);
    if (row === undefined) return undefined;
    return toPublication(row);
  }

  async counted(run: string, client: string): Promise<number> {
    return Number(this.#sql("SELECT round FROM counted WHERE run = ? AND client = ?").get(run, client)?.["round"] ?? 0);
  }

  async model(run: string, sha256: string): Promise<Uint8Array | undefined> {
    const row = this.#sql("SELECT model FROM models WHERE run = ? AND sha256 = ? LIMIT 1").get(run, sha256);
    return row === undefined ? undefined : toBytes(row["model"]);
  }

  async publish(driver: Driver, publication: Publication, record: RoundRecord | undefined, entry?: LedgerEntry): Promise<void> {
    const { run } = driver;
    this.#transaction(() => {
      this.#assertDriver(driver);
      this.#append(run, entry);
      // Of the noise's secret state only the newest is of use to anyone honest.
      this.#sql("UPDATE models SET noise = NULL WHERE run = ? AND noise IS NOT NULL").run(run);
      this.#insertModel(run, publication);
      this.#sql(
        "DELETE FROM models WHERE run = ? AND round NOT IN (SELECT round FROM models WHERE run = ? ORDER BY round DESC LIMIT ?)",
      ).run(run, run, keptModels);
      if (publication.catalogue !== undefined) this.catalogue.publish(run, publication.catalogue);
      const count = this.#sql("INSERT OR REPLACE INTO counted (run, client, round) VALUES (?, ?, ?)");
      for (const client of publication.counts ?? []) count.run(run, client, publication.round);
      this.#endRound(run, record);
    });
    this.#forgetLog();
  }

  async abandon(driver: Driver, record: RoundRecord, entry?: LedgerEntry): Promise<void> {
    const { run } = driver;
    this.#transaction(() => {
      this.#assertDriver(driver);
      this.#append(run, entry);
      this.#endRound(run, record);
    });
  }

  async openRound(run: string): Promise<OpenRound | undefined> {
    const row = this.#sql("SELECT round, stage, cohort FROM open_rounds WHERE run = ?").get(run);
    if (row === undefined) return undefined;
    return { round: Number(row["round"]), stage: Number(row["stage"]), cohort: JSON.parse(String(row["cohort"])) as string[] };
  }

  async saveRound(driver: Driver, open: OpenRound, entry?: LedgerEntry): Promise<void> {
    const { run } = driver;
    this.#transaction(() => {
      this.#assertDriver(driver);
      this.#append(run, entry);
      this.#replaceOpen(run, open);
    });
  }

  async ledger(run: string): Promise<LedgerEntry[]> {
    return this.#sql("SELECT seq, round, kind, clients, previous, hash FROM ledger WHERE run = ? ORDER BY seq").all(run).map(toEntry);
  }

  saveAnswer(driver: Driver, round: number, answer: StoredAnswer): Promise<AnswerFate> {
    return this.#grouped(() => this.#insertAnswer(driver, round, answer));
  }

  async answers(run: string, round: number, stage?: number): Promise<StoredAnswer[]> {
    const select =
      "SELECT stage, client, digest, signature, bytes FROM answers WHERE run = ? AND round = ? AND (? IS NULL OR stage = ?) ORDER BY id";
    return this.#sql(select)
      .all(run, round, stage ?? null, stage ?? null)
      .map(toAnswer);
  }

  async answerKeys(run: string, round: number): Promise<AnswerKey[]> {
    return this.#sql("SELECT stage, client, digest FROM answers WHERE run = ? AND round = ? ORDER BY id").all(run, round).map(toAnswerKey);
  }

  async answer(run: string, round: number, stage: number, client: string): Promise<StoredAnswer | undefined> {
    const row = this.#sql(
      "SELECT stage, client, digest, signature, bytes FROM answers WHERE run = ? AND round = ? AND stage = ? AND client = ?",
    ).get(run, round, stage, client);
    return row === undefined ? undefined : toAnswer(row);
  }

  async records(run: string): Promise<RoundRecord[]> {
    return this.#sql("SELECT * FROM records WHERE run = ? ORDER BY round").all(run).map(toRecord);
  }

  async runs(): Promise<string[]> {
    return this.#sql("SELECT run FROM runs ORDER BY run")
      .all()
      .map((row) => String(row["run"]));
  }

  async contents(run: string): Promise<RunContents | undefined> {
    const stored = await this.loadRun(run);
    if (stored === undefined) return undefined;
    return {
      terms: stored.terms,
      models: this.#sql("SELECT * FROM models WHERE run = ? ORDER BY round").all(run).map(toPublication),
      records: await this.records(run),
      ledger: await this.ledger(run),
      open: await this.openRound(run),
      counted: this.#sql("SELECT client, round FROM counted WHERE run = ? ORDER BY client").all(run).map(toCounted),
      catalogues: this.#sql("SELECT version, whole, delta FROM catalogues WHERE run = ? ORDER BY version").all(run).map(toCatalogue),
      words: await this.orders.given(run),
      orders: (await this.catalogue.orders(run)).map(({ kind, id }) => ({ kind, id })),
    };
  }

  async restore(run: string, identitySeed: Uint8Array, contents: RunContents): Promise<void> {
    this.#transaction(() => {
      this.#sql("INSERT INTO runs (run, terms, identity_seed) VALUES (?, ?, ?)").run(run, contents.terms, identitySeed);
      for (const model of contents.models) this.#insertModel(run, model);
      for (const record of contents.records) this.#insertRecord(run, record);
      for (const entry of contents.ledger) this.#append(run, entry);
      if (contents.open !== undefined) this.#replaceOpen(run, contents.open);
      const count = this.#sql("INSERT INTO counted (run, client, round) VALUES (?, ?, ?)");
      for (const [client, round] of contents.counted) count.run(run, client, round);
      const insert = this.#sql("INSERT INTO catalogues (run, version, whole, delta) VALUES (?, ?, ?, ?)");
      for (const { version, whole = null, delta = null } of contents.catalogues) insert.run(run, version, whole, delta);
      this.catalogue.insertOrders(run, contents.orders);
      for (const word of contents.words) this.orders.insert(run, word);
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#commitPending();
    this.#closed = true;
    this.#database.close();
  }

  /** One commit for all; what is refused is refused alone. */
  /** Writes in one commit with what else comes in this turn. A coded refusal is this write's alone. */
  #grouped<Result>(write: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const settle = (): (() => void) => {
        try {
          const result = write();
          return () => resolve(result);
        } catch (error) {
          if (error instanceof CofactorError) return () => reject(error);
          throw error;
        }
      };
      this.#pending.push({ write: settle, reject });
      if (this.#pending.length === 1) this.#commitSoon();
    });
  }

  /** At the turn's end; on a slow disk so long after the last commit as that one took: half of the time is left for what comes meanwhile. */
  #commitSoon(): void {
    const commit = (): void => this.#commitPending();
    if (this.#lastCommitMs < 1) setImmediate(commit);
    else setTimeout(commit, Math.min(this.#lastCommitMs, mostWaitMs));
  }

  #commitPending(): void {
    const batch = this.#pending;
    this.#pending = [];
    if (batch.length === 0) return;
    const startedMs = performance.now();
    try {
      const settled = this.#transaction(() => batch.map(({ write }) => write()));
      this.#lastCommitMs = performance.now() - startedMs;
      for (const settle of settled) settle();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** @throws CofactorError FENCED before anything is written */
  #insertAnswer(driver: Driver, round: number, { stage, client, digest, signature, bytes }: StoredAnswer): AnswerFate {
    const { run } = driver;
    this.#assertDriver(driver);
    const open = this.#sql("SELECT 1 FROM open_rounds WHERE run = ? AND round = ? AND stage = ?").get(run, round, stage);
    if (open === undefined) return "closed";
    const insert = this.#sql(
      "INSERT OR IGNORE INTO answers (run, round, stage, client, digest, signature, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    if (insert.run(run, round, stage, client, digest, signature, bytes).changes === 1) return "saved";
    const select = this.#sql("SELECT digest FROM answers WHERE run = ? AND round = ? AND stage = ? AND client = ?");
    const known = select.get(run, round, stage, client)?.["digest"];
    return known === digest ? "duplicate" : "conflict";
  }

  #assertDriver({ run, epoch }: Driver): void {
    const row = this.#sql("SELECT epoch FROM runs WHERE run = ?").get(run);
    assertDriver(row === undefined ? undefined : Number(row["epoch"]), epoch);
  }

  #append(run: string, entry: LedgerEntry | undefined): void {
    if (entry === undefined) return;
    const { seq, round, kind, clients, previous, hash } = entry;
    const insert = this.#sql("INSERT INTO ledger (run, seq, round, kind, clients, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)");
    insert.run(run, seq, round, kind, JSON.stringify(clients), previous, hash);
  }

  #insertModel(run: string, { round, advanced, sha256, model, state, noise }: Publication): void {
    const insert = this.#sql("INSERT INTO models (run, round, advanced, sha256, model, state, noise) VALUES (?, ?, ?, ?, ?, ?, ?)");
    insert.run(run, round, advanced, sha256, model, new Uint8Array(state.buffer, state.byteOffset, state.byteLength), noise ?? null);
  }

  #insertRecord(run: string, { round, outcome, invited, accepted, dropped, sha256, reason, quality, contributors }: RoundRecord): void {
    const told = [quality, contributors].map((value) => (value === undefined ? null : JSON.stringify(value)));
    this.#sql(
      "INSERT INTO records (run, round, outcome, invited, accepted, dropped, sha256, reason, quality, contributors) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ).run(run, round, outcome, invited, accepted, dropped, sha256, reason, ...told);
  }

  #replaceOpen(run: string, { round, stage, cohort }: OpenRound): void {
    const replace = this.#sql("INSERT OR REPLACE INTO open_rounds (run, round, stage, cohort) VALUES (?, ?, ?, ?)");
    replace.run(run, round, stage, JSON.stringify(cohort));
  }

  /** What a round has deleted is zeroed in the file, and cut off the log that still had it. */
  #forgetLog(): void {
    this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  #endRound(run: string, record: RoundRecord | undefined): void {
    if (record !== undefined) this.#insertRecord(run, record);
    this.#sql("DELETE FROM answers WHERE run = ?").run(run);
    this.#sql("DELETE FROM open_rounds WHERE run = ?").run(run);
  }

  /** Pending answers go first: nothing that was handed over earlier is written behind what comes later. */
  #transaction<Result>(work: () => Result): Result {
    this.#commitPending();
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (cause) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec("ROLLBACK");
      if (cause instanceof CofactorError) throw cause;
      throw new CofactorError("STORE_FAILED", "the store could not be written: is the disk full or the file locked?", { cause });
    }
  }

  #sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}
