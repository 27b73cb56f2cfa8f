/**
 * A SQLite file that one process writes: its statements, its transactions, and the writes that share a commit. Imports node:sqlite, node:fs.
 */
import { chmodSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { CofactorError } from "../../shared/errors.ts";
import { migrate } from "./sqlite-tables.ts";

/** How long a write may wait for others to share its commit. */
const mostWaitMs = 25;

/** A write that shares its commit with others. */
interface PendingWrite {
  /** Writes, and returns what tells the caller once that is durable. */
  readonly write: () => () => void;
  readonly reject: (error: unknown) => void;
}

/** A file's statements and transactions. */
export class SqliteLink {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #pending: PendingWrite[] = [];
  /** How long the last commit of such writes took. */
  #lastCommitMs = 0;
  #closed = false;

  /**
   * The file at `path`, made when it is not there.
   * @throws CofactorError STORE_FAILED when the file is no store, is locked, or was written by a newer version
   */
  constructor(path: string) {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path);
      // The file holds the server's signing key.
      if (path !== ":memory:") chmodSync(path, 0o600);
      // One server for each file: a second one would open rounds of its own.
      database.exec(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA busy_timeout = 1000;",
      );
      migrate(database);
      this.#database = database;
    } catch (cause) {
      if (database?.isOpen) database.close();
      if (cause instanceof CofactorError) throw cause;
      throw new CofactorError("STORE_FAILED", "the store could not be opened: is it a Cofactor store, and is no other server using it?", {
        cause,
      });
    }
  }

  /** Writes in one commit with what else comes in this turn. A coded refusal is this write's alone. */
  grouped<Result>(write: () => Result): Promise<Result> {
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
      const settled = this.transaction(() => batch.map(({ write }) => write()));
      this.#lastCommitMs = performance.now() - startedMs;
      for (const settle of settled) settle();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** What a round has deleted is zeroed in the file, and cut off the log that still had it. */
  forgetLog(): void {
    this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** Pending answers go first: nothing that was handed over earlier is written behind what comes later. */
  transaction<Result>(work: () => Result): Result {
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

  /** A prepared statement, kept for the next time. */
  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  /** Writes what waits, and gives the file back. */
  close(): void {
    if (this.#closed) return;
    this.#commitPending();
    this.#closed = true;
    this.#database.close();
  }
}
