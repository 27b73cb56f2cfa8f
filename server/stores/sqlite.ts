/**
 * A store in one SQLite file, by the SQLite built into Node: write-ahead log, every commit forced to the disk. Answers and enrolments that come
 * in the same turn of the event loop share one commit. Imports the link, the seam.
 *
 * Under the `open` protection the file and its log hold the open round's contributions in clear until the round is over: then they are zeroed.
 * Under the others they hold what the aggregator sees, and no more; where noise hangs together over rounds, its secret state too, in clear.
 */
import { CofactorError } from "../../shared/errors.ts";
import type { LedgerEntry } from "../../shared/privacy/ledger.ts";
import {
  type AnswerFate,
  type AnswerKey,
  type Driver,
  type EnrolFate,
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
import { SqliteCatalogues } from "./sqlite-catalogue.ts";
import { SqliteLink } from "./sqlite-link.ts";
import { SqliteOrders } from "./sqlite-orders.ts";

/**
 * A store in the file at `path`, made when it is not there.
 * @throws CofactorError STORE_FAILED when the file is no store, is locked, or was written by a newer version
 */
export function sqliteStore(path: string): Store {
  return new SqliteStore(new SqliteLink(path));
}

class SqliteStore implements Store {
  readonly #link: SqliteLink;
  readonly catalogue: SqliteCatalogues;
  readonly orders: SqliteOrders;

  constructor(link: SqliteLink) {
    this.#link = link;
    this.catalogue = new SqliteCatalogues(link);
    this.orders = new SqliteOrders(link, (driver) => this.#assertDriver(driver));
  }

  async loadRun(run: string): Promise<StoredRun | undefined> {
    const row = this.#link.sql("SELECT terms, identity_seed FROM runs WHERE run = ?").get(run);
    return row === undefined ? undefined : { terms: String(row["terms"]), identitySeed: toBytes(row["identity_seed"]) };
  }

  async saveRun(run: string, stored: StoredRun): Promise<void> {
    this.#link.transaction(() => {
      this.#link.sql("INSERT INTO runs (run, terms, identity_seed) VALUES (?, ?, ?)").run(run, stored.terms, stored.identitySeed);
    });
  }

  async takeOver(run: string): Promise<Driver> {
    return this.#link.transaction(() => {
      const row = this.#link.sql("UPDATE runs SET epoch = epoch + 1 WHERE run = ? RETURNING epoch").get(run);
      if (row === undefined) throw new CofactorError("STORE_FAILED", "the store has no run of that name");
      return { run, epoch: Number(row["epoch"]) };
    });
  }

  enrol(run: string, client: string, most = Number.POSITIVE_INFINITY): Promise<EnrolFate> {
    return this.#link.grouped(() => {
      if (this.#link.sql("SELECT 1 FROM clients WHERE run = ? AND client = ?").get(run, client) !== undefined) return "known";
      if (this.#enrolled(run) >= most) return "full";
      this.#link.sql("INSERT INTO clients (run, client) VALUES (?, ?)").run(run, client);
      return "new";
    });
  }

  async countEnrolled(run: string): Promise<number> {
    return this.#enrolled(run);
  }

  async forget(run: string, client: string): Promise<void> {
    this.#link.transaction(() => void this.#link.sql("DELETE FROM clients WHERE run = ? AND client = ?").run(run, client));
  }

  async overRound(run: string): Promise<number> {
    return Number(this.#link.sql("SELECT max(round) AS round FROM records WHERE run = ?").get(run)!["round"] ?? 0);
  }

  async latest(run: string): Promise<Publication | undefined> {
    const row = this.#link.sql("SELECT * FROM models WHERE run = ? ORDER BY round DESC LIMIT 1").get(run);
    if (row === undefined) return undefined;
    return toPublication(row);
  }

  async counted(run: string, client: string): Promise<number> {
    return Number(this.#link.sql("SELECT round FROM counted WHERE run = ? AND client = ?").get(run, client)?.["round"] ?? 0);
  }

  async model(run: string, sha256: string): Promise<Uint8Array | undefined> {
    const row = this.#link.sql("SELECT model FROM models WHERE run = ? AND sha256 = ? LIMIT 1").get(run, sha256);
    return row === undefined ? undefined : toBytes(row["model"]);
  }

  async publish(driver: Driver, publication: Publication, record: RoundRecord | undefined, entry?: LedgerEntry): Promise<void> {
    const { run } = driver;
    this.#link.transaction(() => {
      this.#assertDriver(driver);
      this.#append(run, entry);
      // Of the noise's secret state only the newest is of use to anyone honest.
      this.#link.sql("UPDATE models SET noise = NULL WHERE run = ? AND noise IS NOT NULL").run(run);
      this.#insertModel(run, publication);
      this.#link
        .sql("DELETE FROM models WHERE run = ? AND round NOT IN (SELECT round FROM models WHERE run = ? ORDER BY round DESC LIMIT ?)")
        .run(run, run, keptModels);
      if (publication.catalogue !== undefined) this.catalogue.publish(run, publication.catalogue);
      const count = this.#link.sql("INSERT OR REPLACE INTO counted (run, client, round) VALUES (?, ?, ?)");
      for (const client of publication.counts ?? []) count.run(run, client, publication.round);
      this.#endRound(run, record);
    });
    this.#link.forgetLog();
  }

  async abandon(driver: Driver, record: RoundRecord, entry?: LedgerEntry): Promise<void> {
    const { run } = driver;
    this.#link.transaction(() => {
      this.#assertDriver(driver);
      this.#append(run, entry);
      this.#endRound(run, record);
    });
  }

  async openRound(run: string): Promise<OpenRound | undefined> {
    const row = this.#link.sql("SELECT round, stage, cohort FROM open_rounds WHERE run = ?").get(run);
    if (row === undefined) return undefined;
    return { round: Number(row["round"]), stage: Number(row["stage"]), cohort: JSON.parse(String(row["cohort"])) as string[] };
  }

  async saveRound(driver: Driver, open: OpenRound, entry?: LedgerEntry): Promise<void> {
    const { run } = driver;
    this.#link.transaction(() => {
      this.#assertDriver(driver);
      this.#append(run, entry);
      this.#replaceOpen(run, open);
    });
  }

  async ledger(run: string): Promise<LedgerEntry[]> {
    return this.#link.sql("SELECT seq, round, kind, clients, previous, hash FROM ledger WHERE run = ? ORDER BY seq").all(run).map(toEntry);
  }

  saveAnswer(driver: Driver, round: number, answer: StoredAnswer): Promise<AnswerFate> {
    return this.#link.grouped(() => this.#insertAnswer(driver, round, answer));
  }

  async answers(run: string, round: number, stage?: number): Promise<StoredAnswer[]> {
    const select =
      "SELECT stage, client, digest, signature, bytes FROM answers WHERE run = ? AND round = ? AND (? IS NULL OR stage = ?) ORDER BY id";
    return this.#link
      .sql(select)
      .all(run, round, stage ?? null, stage ?? null)
      .map(toAnswer);
  }

  async answerKeys(run: string, round: number): Promise<AnswerKey[]> {
    return this.#link
      .sql("SELECT stage, client, digest FROM answers WHERE run = ? AND round = ? ORDER BY id")
      .all(run, round)
      .map(toAnswerKey);
  }

  async answer(run: string, round: number, stage: number, client: string): Promise<StoredAnswer | undefined> {
    const row = this.#link
      .sql("SELECT stage, client, digest, signature, bytes FROM answers WHERE run = ? AND round = ? AND stage = ? AND client = ?")
      .get(run, round, stage, client);
    return row === undefined ? undefined : toAnswer(row);
  }

  async records(run: string): Promise<RoundRecord[]> {
    return this.#link.sql("SELECT * FROM records WHERE run = ? ORDER BY round").all(run).map(toRecord);
  }

  async runs(): Promise<string[]> {
    return this.#link
      .sql("SELECT run FROM runs ORDER BY run")
      .all()
      .map((row) => String(row["run"]));
  }

  async contents(run: string): Promise<RunContents | undefined> {
    const stored = await this.loadRun(run);
    if (stored === undefined) return undefined;
    return {
      terms: stored.terms,
      models: this.#link.sql("SELECT * FROM models WHERE run = ? ORDER BY round").all(run).map(toPublication),
      records: await this.records(run),
      ledger: await this.ledger(run),
      open: await this.openRound(run),
      counted: this.#link.sql("SELECT client, round FROM counted WHERE run = ? ORDER BY client").all(run).map(toCounted),
      catalogues: this.#link.sql("SELECT version, whole, delta FROM catalogues WHERE run = ? ORDER BY version").all(run).map(toCatalogue),
      words: await this.orders.given(run),
      orders: (await this.catalogue.orders(run)).map(({ kind, id }) => ({ kind, id })),
    };
  }

  async restore(run: string, identitySeed: Uint8Array, contents: RunContents): Promise<void> {
    this.#link.transaction(() => {
      this.#link.sql("INSERT INTO runs (run, terms, identity_seed) VALUES (?, ?, ?)").run(run, contents.terms, identitySeed);
      for (const model of contents.models) this.#insertModel(run, model);
      for (const record of contents.records) this.#insertRecord(run, record);
      for (const entry of contents.ledger) this.#append(run, entry);
      if (contents.open !== undefined) this.#replaceOpen(run, contents.open);
      const count = this.#link.sql("INSERT INTO counted (run, client, round) VALUES (?, ?, ?)");
      for (const [client, round] of contents.counted) count.run(run, client, round);
      const insert = this.#link.sql("INSERT INTO catalogues (run, version, whole, delta) VALUES (?, ?, ?, ?)");
      for (const { version, whole = null, delta = null } of contents.catalogues) insert.run(run, version, whole, delta);
      this.catalogue.insertOrders(run, contents.orders);
      for (const word of contents.words) this.orders.insert(run, word);
    });
  }

  async close(): Promise<void> {
    this.#link.close();
  }

  /** @throws CofactorError FENCED before anything is written */
  #enrolled(run: string): number {
    return Number(this.#link.sql("SELECT clients FROM enrolled WHERE run = ?").get(run)?.["clients"] ?? 0);
  }

  #insertAnswer(driver: Driver, round: number, { stage, client, digest, signature, bytes }: StoredAnswer): AnswerFate {
    const { run } = driver;
    this.#assertDriver(driver);
    const open = this.#link.sql("SELECT 1 FROM open_rounds WHERE run = ? AND round = ? AND stage = ?").get(run, round, stage);
    if (open === undefined) return "closed";
    const insert = this.#link.sql(
      "INSERT OR IGNORE INTO answers (run, round, stage, client, digest, signature, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    if (insert.run(run, round, stage, client, digest, signature, bytes).changes === 1) return "saved";
    const select = this.#link.sql("SELECT digest FROM answers WHERE run = ? AND round = ? AND stage = ? AND client = ?");
    const known = select.get(run, round, stage, client)?.["digest"];
    return known === digest ? "duplicate" : "conflict";
  }

  #assertDriver({ run, epoch }: Driver): void {
    const row = this.#link.sql("SELECT epoch FROM runs WHERE run = ?").get(run);
    assertDriver(row === undefined ? undefined : Number(row["epoch"]), epoch);
  }

  #append(run: string, entry: LedgerEntry | undefined): void {
    if (entry === undefined) return;
    const { seq, round, kind, clients, previous, hash } = entry;
    const insert = this.#link.sql("INSERT INTO ledger (run, seq, round, kind, clients, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)");
    insert.run(run, seq, round, kind, JSON.stringify(clients), previous, hash);
  }

  #insertModel(run: string, { round, advanced, sha256, model, state, noise }: Publication): void {
    const insert = this.#link.sql("INSERT INTO models (run, round, advanced, sha256, model, state, noise) VALUES (?, ?, ?, ?, ?, ?, ?)");
    insert.run(run, round, advanced, sha256, model, new Uint8Array(state.buffer, state.byteOffset, state.byteLength), noise ?? null);
  }

  #insertRecord(run: string, { round, outcome, invited, accepted, dropped, sha256, reason, quality, contributors }: RoundRecord): void {
    const told = [quality, contributors].map((value) => (value === undefined ? null : JSON.stringify(value)));
    this.#link
      .sql(
        "INSERT INTO records (run, round, outcome, invited, accepted, dropped, sha256, reason, quality, contributors) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      )
      .run(run, round, outcome, invited, accepted, dropped, sha256, reason, ...told);
  }

  #replaceOpen(run: string, { round, stage, cohort }: OpenRound): void {
    const replace = this.#link.sql("INSERT OR REPLACE INTO open_rounds (run, round, stage, cohort) VALUES (?, ?, ?, ?)");
    replace.run(run, round, stage, JSON.stringify(cohort));
  }

  #endRound(run: string, record: RoundRecord | undefined): void {
    if (record !== undefined) this.#insertRecord(run, record);
    this.#link.sql("DELETE FROM answers WHERE run = ?").run(run);
    this.#link.sql("DELETE FROM open_rounds WHERE run = ?").run(run);
  }
}
