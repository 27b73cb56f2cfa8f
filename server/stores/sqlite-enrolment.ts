/**
 * Enrolment in an SQLite file of its own, by the SQLite built into Node: several processes use it at once, the server and an operator's
 * commands, and every commit is forced to the disk. Imports node:sqlite, node:fs and the seam.
 */
import { chmodSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { CofactorError } from "../../shared/errors.ts";
import type { EnrolmentContents, EnrolmentStore, InvitationCounts, ListedClient, Revocations, Standing } from "../enrolment/store.ts";
import { assertNothingKept, holding, toInvitation, toListed } from "./enrolment-contents.ts";

/** Entry i brings a file from version i to i + 1. */
const migrations: readonly string[] = [
  `
  CREATE TABLE inviter (id INTEGER PRIMARY KEY CHECK (id = 1), seed BLOB NOT NULL) STRICT;
  CREATE TABLE clients (seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, client TEXT NOT NULL, standing TEXT NOT NULL,
    at_ms INTEGER NOT NULL, UNIQUE (run, client)) STRICT;
  CREATE INDEX clients_by_standing ON clients (run, standing, seq);
  CREATE TABLE invitations (run TEXT NOT NULL, hash TEXT NOT NULL, expires_at_ms INTEGER NOT NULL, client TEXT,
    PRIMARY KEY (run, hash)) STRICT, WITHOUT ROWID;
  `,
];

/**
 * The enrolment store in the file at `path`, made when it is not there.
 * @throws CofactorError STORE_FAILED when the file is none, or was written by a newer version
 */
export function sqliteEnrolment(path: string): EnrolmentStore {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    // The file holds the key that signs invitations.
    if (path !== ":memory:") chmodSync(path, 0o600);
    database.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    migrate(database);
    return new SqliteEnrolment(database);
  } catch (cause) {
    if (database?.isOpen) database.close();
    if (cause instanceof CofactorError) throw cause;
    throw new CofactorError("STORE_FAILED", "the enrolment file could not be opened: is it one?", { cause });
  }
}

function migrate(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
  const found = Number(database.prepare("PRAGMA user_version").get()!["user_version"]);
  if (found > migrations.length) {
    database.exec("ROLLBACK");
    throw new CofactorError("STORE_FAILED", `the enrolment file has version ${found}, this program knows ${migrations.length}: update it`);
  }
  for (const text of migrations.slice(found)) database.exec(text);
  database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
}

class SqliteEnrolment implements EnrolmentStore {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async inviterSeed(fresh: Uint8Array): Promise<Uint8Array> {
    return this.#transaction(() => {
      this.#sql("INSERT OR IGNORE INTO inviter (id, seed) VALUES (1, ?)").run(fresh);
      return this.#seed()!;
    });
  }

  async standing(run: string, client: string): Promise<Standing | undefined> {
    return this.#read(() => this.#standing(run, client));
  }

  async propose(run: string, client: string, atMs: number, maxPending: number): Promise<Standing | undefined> {
    return this.#transaction(() => {
      const known = this.#standing(run, client);
      if (known !== undefined) return known;
      const count = this.#sql("SELECT count(*) AS n FROM clients WHERE run = ? AND standing = 'pending'").get(run)!["n"];
      if (Number(count) >= maxPending) return undefined;
      this.#set(run, client, "pending", atMs);
      return "pending";
    });
  }

  async decide(run: string, client: string, standing: "approved" | "revoked", atMs: number): Promise<void> {
    this.#transaction(() => this.#set(run, client, standing, atMs));
  }

  async forget(run: string, client: string): Promise<void> {
    this.#transaction(() => void this.#sql("DELETE FROM clients WHERE run = ? AND client = ? AND standing <> 'revoked'").run(run, client));
  }

  async list(run: string): Promise<ListedClient[]> {
    return this.#read(() => this.#list(run));
  }

  async revokedSince(run: string, seq: number): Promise<Revocations> {
    const text = "SELECT seq, client FROM clients WHERE run = ? AND standing = 'revoked' AND seq > ? ORDER BY seq";
    const rows = this.#read(() => this.#sql(text).all(run, seq));
    return { seq: Number(rows.at(-1)?.["seq"] ?? seq), clients: rows.map((row) => String(row["client"])) };
  }

  async invite(run: string, hashes: readonly string[], expiresAtMs: number): Promise<void> {
    this.#transaction(() => {
      const insert = this.#sql("INSERT INTO invitations (run, hash, expires_at_ms) VALUES (?, ?, ?)");
      for (const hash of hashes) insert.run(run, hash, expiresAtMs);
    });
  }

  async redeem(run: string, hash: string, client: string, atMs: number): Promise<boolean> {
    return this.#transaction(() => {
      if (this.#standing(run, client) === "revoked") return false;
      const take = "UPDATE invitations SET client = ? WHERE run = ? AND hash = ? AND expires_at_ms > ? AND coalesce(client, ?) = ?";
      if (this.#sql(take).run(client, run, hash, atMs, client, client).changes === 0) return false;
      this.#set(run, client, "approved", atMs);
      return true;
    });
  }

  async countInvitations(run: string, atMs: number): Promise<InvitationCounts> {
    const text = `SELECT count(*) AS n, count(client) AS redeemed,
      coalesce(sum(client IS NULL AND expires_at_ms > ?), 0) AS open FROM invitations WHERE run = ?`;
    const row = this.#read(() => this.#sql(text).get(atMs, run)!);
    const [redeemed, open] = [Number(row["redeemed"]), Number(row["open"])];
    return { open, redeemed, expired: Number(row["n"]) - redeemed - open };
  }

  async contents(run: string): Promise<EnrolmentContents> {
    return this.#transaction(() => ({
      inviterSeed: this.#seed(),
      clients: this.#list(run),
      invitations: this.#sql("SELECT hash, expires_at_ms, client FROM invitations WHERE run = ? ORDER BY hash").all(run).map(toInvitation),
    }));
  }

  async restore(run: string, contents: EnrolmentContents): Promise<boolean> {
    return this.#transaction(() => {
      const text = "SELECT (SELECT count(*) FROM clients WHERE run = ?) + (SELECT count(*) FROM invitations WHERE run = ?) AS n";
      assertNothingKept(run, Number(this.#sql(text).get(run, run)!["n"]));
      const invitations = holding(contents, this.#seed());
      if (contents.inviterSeed !== undefined) this.#sql("INSERT OR IGNORE INTO inviter (id, seed) VALUES (1, ?)").run(contents.inviterSeed);
      for (const { client, standing, atMs } of contents.clients) this.#set(run, client, standing, atMs);
      const insert = this.#sql("INSERT INTO invitations (run, hash, expires_at_ms, client) VALUES (?, ?, ?, ?)");
      for (const { hash, expiresAtMs, client } of invitations ?? []) insert.run(run, hash, expiresAtMs, client ?? null);
      return invitations !== undefined;
    });
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #seed(): Uint8Array | undefined {
    return (this.#sql("SELECT seed FROM inviter").get()?.["seed"] as Uint8Array | undefined)?.slice();
  }

  #list(run: string): ListedClient[] {
    return this.#sql("SELECT client, standing, at_ms FROM clients WHERE run = ? ORDER BY seq").all(run).map(toListed);
  }

  #standing(run: string, client: string): Standing | undefined {
    return this.#sql("SELECT standing FROM clients WHERE run = ? AND client = ?").get(run, client)?.["standing"] as Standing | undefined;
  }

  /** With a number above all others: whoever asks what is new sees it. */
  #set(run: string, client: string, standing: Standing, atMs: number): void {
    this.#sql("DELETE FROM clients WHERE run = ? AND client = ?").run(run, client);
    this.#sql("INSERT INTO clients (run, client, standing, at_ms) VALUES (?, ?, ?, ?)").run(run, client, standing, atMs);
  }

  #transaction<Result>(work: () => Result): Result {
    return this.#read(() => {
      this.#database.exec("BEGIN IMMEDIATE");
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    });
  }

  #read<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (cause) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec("ROLLBACK");
      if (cause instanceof CofactorError) throw cause;
      throw new CofactorError("STORE_FAILED", "the enrolment file could not be used: is the disk full or the file locked?", { cause });
    }
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text) ?? this.#database.prepare(text);
    this.#statements.set(text, known);
    return known;
  }
}
