/**
 * A store in a PostgreSQL data base, in a schema of its own, `cofactor`: for runs whose state several machines reach. Imports the link, the
 * tables and the seam.
 *
 * Every write of a driver locks its run's row, then compares epochs: two drivers' writes come one after the other, and the older one's is
 * refused. Where a connection is lost the write is settled by looking for it (postgres-link.ts). What a round has deleted stays in the data
 * base's files until they are vacuumed, and in archives of its log: under the protection `open` that is contributions in clear.
 */
import { randomUUID } from "node:crypto";
import { type Clock, platformClock } from "../../shared/clock.ts";
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
import { AnswerJournal } from "./postgres-answers.ts";
import { readContents, toOpenRound, writeContents } from "./postgres-archive.ts";
import { PostgresCatalogues } from "./postgres-catalogue.ts";
import { PostgresClients } from "./postgres-clients.ts";
import { PostgresLink, type Transaction } from "./postgres-link.ts";
import { PostgresOrders } from "./postgres-orders.ts";
import { append, endRound, insertModel, lockedEpoch } from "./postgres-rows.ts";
import { migrate } from "./postgres-tables.ts";
import { toAnswer, toAnswerKey, toBytes, toEntry, toPublication, toRecord } from "./rows.ts";

/** How a store reaches its data base. */
export interface PostgresOptions {
  /** Most connections at once; default 8. */
  readonly connections?: number;
  /** How long a data base that is away is waited for before a call fails; default 15,000. */
  readonly patienceMs?: number;
  readonly clock?: Clock;
}

/**
 * A store in the data base at a URL, `postgres://user:password@host:port/database`; its tables are made or brought forward.
 * @throws CofactorError CONFIG_INVALID for what is no such URL; STORE_FAILED when it cannot be reached, or a newer version wrote its tables
 */
export async function postgresStore(url: string, options: PostgresOptions = {}): Promise<Store> {
  const { connections = 8, patienceMs = 15_000, clock = platformClock } = options;
  const link = await PostgresLink.open({ url, connections, patienceMs, clock });
  try {
    await migrate(link);
  } catch (error) {
    await link.close();
    throw error;
  }
  return new PostgresStore(link, clock);
}

class PostgresStore implements Store {
  readonly #link: PostgresLink;
  readonly #clients: PostgresClients;
  readonly #journal: AnswerJournal;
  readonly catalogue: PostgresCatalogues;
  readonly orders: PostgresOrders;
  #isClosed = false;

  constructor(link: PostgresLink, clock: Clock) {
    this.#link = link;
    this.#clients = new PostgresClients(link, clock);
    this.#journal = new AnswerJournal(link);
    this.catalogue = new PostgresCatalogues(link);
    this.orders = new PostgresOrders(link);
  }

  async loadRun(run: string): Promise<StoredRun | undefined> {
    const [row] = await this.#link.read("SELECT terms, identity_seed FROM cofactor.runs WHERE run = $1", [run]);
    return row === undefined ? undefined : { terms: String(row["terms"]), identitySeed: toBytes(row["identity_seed"]) };
  }

  async saveRun(run: string, { terms, identitySeed }: StoredRun): Promise<void> {
    await this.#link.write(async ({ query, isRepeated }) => {
      const values = [run, terms, identitySeed];
      const own = "SELECT 1 FROM cofactor.runs WHERE run = $1 AND terms = $2 AND identity_seed = $3";
      if (isRepeated && (await query(own, values)).length > 0) return;
      await query("INSERT INTO cofactor.runs (run, terms, identity_seed) VALUES ($1, $2, $3)", values);
    });
  }

  async takeOver(run: string): Promise<Driver> {
    // An epoch that nobody was told of, since the connection was lost, is left out: the next one is above it.
    const rows = await this.#link.write(({ query }) =>
      query("UPDATE cofactor.runs SET epoch = epoch + 1 WHERE run = $1 RETURNING epoch", [run]),
    );
    if (rows.length === 0) throw new CofactorError("STORE_FAILED", "the store has no run of that name");
    return { run, epoch: Number(rows[0]!["epoch"]) };
  }

  enrol(run: string, client: string, most = Number.POSITIVE_INFINITY): Promise<EnrolFate> {
    return this.#clients.enrol(run, client, most);
  }

  countEnrolled(run: string): Promise<number> {
    return this.#clients.count(run);
  }

  forget(run: string, client: string): Promise<void> {
    return this.#clients.forget(run, client);
  }

  async overRound(run: string): Promise<number> {
    const [row] = await this.#link.read("SELECT max(round) AS round FROM cofactor.records WHERE run = $1", [run]);
    return Number(row!["round"] ?? 0);
  }

  async latest(run: string): Promise<Publication | undefined> {
    const [row] = await this.#link.read("SELECT * FROM cofactor.models WHERE run = $1 ORDER BY round DESC LIMIT 1", [run]);
    return row === undefined ? undefined : toPublication(row);
  }

  async counted(run: string, client: string): Promise<number> {
    const [row] = await this.#link.read("SELECT round FROM cofactor.counted WHERE run = $1 AND client = $2", [run, client]);
    return Number(row?.["round"] ?? 0);
  }

  async model(run: string, sha256: string): Promise<Uint8Array | undefined> {
    const [row] = await this.#link.read("SELECT model FROM cofactor.models WHERE run = $1 AND sha256 = $2 LIMIT 1", [run, sha256]);
    return row === undefined ? undefined : toBytes(row["model"]);
  }

  async publish(driver: Driver, publication: Publication, record: RoundRecord | undefined, entry?: LedgerEntry): Promise<void> {
    const { run } = driver;
    const { round, sha256, catalogue, counts = [] } = publication;
    await this.#drive(driver, async (transaction) => {
      const { query, isRepeated } = transaction;
      const own = "SELECT 1 FROM cofactor.models WHERE run = $1 AND round = $2 AND sha256 = $3";
      if (isRepeated && (await query(own, [run, round, sha256])).length > 0) return;
      await append(transaction, run, entry);
      // Of the noise's secret state only the newest is of use to anyone honest.
      await query("UPDATE cofactor.models SET noise = NULL WHERE run = $1 AND noise IS NOT NULL", [run]);
      await insertModel(transaction, run, publication);
      await query(
        `DELETE FROM cofactor.models WHERE run = $1
         AND round NOT IN (SELECT round FROM cofactor.models WHERE run = $1 ORDER BY round DESC LIMIT $2)`,
        [run, keptModels],
      );
      if (catalogue !== undefined) await this.catalogue.publish(transaction, run, catalogue);
      await query(
        `INSERT INTO cofactor.counted (run, client, round) SELECT $1, client, $3 FROM unnest($2::text[]) AS listed (client)
         ON CONFLICT (run, client) DO UPDATE SET round = excluded.round`,
        [run, [...new Set(counts)], round],
      );
      await endRound(transaction, run, record);
    });
  }

  async abandon(driver: Driver, record: RoundRecord, entry?: LedgerEntry): Promise<void> {
    const { run } = driver;
    await this.#drive(driver, async (transaction) => {
      const own = "SELECT 1 FROM cofactor.records WHERE run = $1 AND round = $2 AND outcome = 'abandoned'";
      if (transaction.isRepeated && (await transaction.query(own, [run, record.round])).length > 0) return;
      await append(transaction, run, entry);
      await endRound(transaction, run, record);
    });
  }

  async openRound(run: string): Promise<OpenRound | undefined> {
    const [row] = await this.#link.read("SELECT round, stage, cohort FROM cofactor.open_rounds WHERE run = $1", [run]);
    return row === undefined ? undefined : toOpenRound(row);
  }

  async saveRound(driver: Driver, { round, stage, cohort }: OpenRound, entry?: LedgerEntry): Promise<void> {
    const { run } = driver;
    await this.#drive(driver, async (transaction) => {
      const { query, isRepeated } = transaction;
      const own = "SELECT 1 FROM cofactor.ledger WHERE run = $1 AND seq = $2 AND hash = $3";
      if (isRepeated && entry !== undefined && (await query(own, [run, entry.seq, entry.hash])).length > 0) return;
      await append(transaction, run, entry);
      await query(
        `INSERT INTO cofactor.open_rounds (run, round, stage, cohort) VALUES ($1, $2, $3, $4)
         ON CONFLICT (run) DO UPDATE SET round = excluded.round, stage = excluded.stage, cohort = excluded.cohort`,
        [run, round, stage, JSON.stringify(cohort)],
      );
    });
  }

  async ledger(run: string): Promise<LedgerEntry[]> {
    const select = "SELECT seq, round, kind, clients, previous, hash FROM cofactor.ledger WHERE run = $1 ORDER BY seq";
    return (await this.#link.read(select, [run])).map(toEntry);
  }

  async saveAnswer(driver: Driver, round: number, answer: StoredAnswer): Promise<AnswerFate> {
    if (this.#isClosed) throw new CofactorError("STORE_FAILED", "the store is closed");
    return this.#journal.save(driver, round, answer);
  }

  async answers(run: string, round: number, stage?: number): Promise<StoredAnswer[]> {
    const rows = await this.#link.read(
      `SELECT stage, client, digest, signature, bytes FROM cofactor.answers
       WHERE run = $1 AND round = $2 AND ($3::integer IS NULL OR stage = $3) ORDER BY id`,
      [run, round, stage ?? null],
    );
    return rows.map(toAnswer);
  }

  async answerKeys(run: string, round: number): Promise<AnswerKey[]> {
    const select = "SELECT stage, client, digest FROM cofactor.answers WHERE run = $1 AND round = $2 ORDER BY id";
    return (await this.#link.read(select, [run, round])).map(toAnswerKey);
  }

  async answer(run: string, round: number, stage: number, client: string): Promise<StoredAnswer | undefined> {
    const [row] = await this.#link.read(
      "SELECT stage, client, digest, signature, bytes FROM cofactor.answers WHERE run = $1 AND round = $2 AND stage = $3 AND client = $4",
      [run, round, stage, client],
    );
    return row === undefined ? undefined : toAnswer(row);
  }

  async records(run: string): Promise<RoundRecord[]> {
    return (await this.#link.read("SELECT * FROM cofactor.records WHERE run = $1 ORDER BY round", [run])).map(toRecord);
  }

  async runs(): Promise<string[]> {
    return (await this.#link.read('SELECT run FROM cofactor.runs ORDER BY run COLLATE "C"')).map((row) => String(row["run"]));
  }

  contents(run: string): Promise<RunContents | undefined> {
    return this.#link.write((transaction) => readContents(transaction, run));
  }

  async restore(run: string, identitySeed: Uint8Array, contents: RunContents): Promise<void> {
    const mark = randomUUID();
    await this.#link.write(async (transaction) => {
      const own = "SELECT 1 FROM cofactor.runs WHERE run = $1 AND terms = $2 AND identity_seed = $3";
      // All or nothing: where the run is there as it was to be written, so is the rest.
      if (transaction.isRepeated && (await transaction.query(own, [run, contents.terms, identitySeed])).length > 0) return;
      await writeContents(transaction, run, identitySeed, contents);
      await this.catalogue.insertOrders(transaction, run, contents.orders, mark);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#journal.drained();
    await this.#link.close();
  }

  /** A transaction of a run's driver: no other one's, and no answer's, is carried out beside it. */
  #drive(driver: Driver, work: (transaction: Transaction) => Promise<void>): Promise<void> {
    return this.#link.write(async (transaction) => {
      assertDriver(await lockedEpoch(transaction, driver.run), driver.epoch);
      await work(transaction);
    });
  }
}
