/**
 * How a store talks to PostgreSQL: a pool, transactions that are durable when they return, and patience with a server that restarts.
 * Imports errors, the clock, and pg when a link is opened.
 *
 * A connection that is lost on the way leaves it open whether its transaction was carried out. The transaction is then begun anew, is told so,
 * and looks whether its work is there already. Since each one first locks its run's row, it waits for whatever is left of the earlier attempt.
 */
import type * as Pg from "pg";
import type { Clock } from "../../shared/clock.ts";
import { CofactorError } from "../../shared/errors.ts";

/** A row as it comes: bytea as Uint8Array, integer as number, bigint as string. */
export type Row = Pg.QueryResultRow;

/** A transaction under way. */
export interface Transaction {
  /** The rows of a statement. */
  query(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** True when an earlier attempt may have been carried out: then the work looks for what it left. */
  readonly isRepeated: boolean;
}

/** How to reach a server. */
export interface LinkOptions {
  readonly url: string;
  /** Most connections at once. */
  readonly connections: number;
  /** How long a server that is away is waited for. */
  readonly patienceMs: number;
  readonly clock: Clock;
}

/** Classes and codes of errors that pass: lost connections, servers that start or stop or hand over, deadlocks. Source: PostgreSQL's Appendix A. */
const passing = /^(08...|57P0[123]|53300|40001|40P01|25006)$/;
const firstPauseMs = 20;
const longestPauseMs = 500;
const connectTimeoutMs = 5_000;
/** No statement here takes so long on a server that is there. */
const queryTimeoutMs = 60_000;

/** Begins a transaction whose commit waits for the disk, also where the server's default is not to. */
const begin =
  "BEGIN; SELECT set_config('synchronous_commit', 'on', true) FROM (SELECT 1) AS one WHERE current_setting('synchronous_commit') = 'off'";

/** A link to one data base. */
export class PostgresLink {
  readonly #pg: typeof Pg;
  readonly #pool: Pg.Pool;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  #isClosed = false;

  /** @throws CofactorError CONFIG_INVALID for what is no URL; the URL, which may hold a password, is in no error */
  static async open(options: LinkOptions): Promise<PostgresLink> {
    return new PostgresLink(await import("pg"), options);
  }

  private constructor(pg: typeof Pg, { url, connections, patienceMs, clock }: LinkOptions) {
    this.#pg = pg;
    try {
      this.#pool = new pg.Pool({
        connectionString: url,
        max: connections,
        connectionTimeoutMillis: connectTimeoutMs,
        query_timeout: queryTimeoutMs,
        keepAlive: true,
        application_name: "cofactor",
        allowExitOnIdle: true,
      });
    } catch {
      throw new CofactorError("CONFIG_INVALID", "the store expected a URL postgres://user:password@host:port/database");
    }
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    // Lost connections are noticed by whoever uses them next.
    this.#pool.on("error", () => undefined);
    this.#pool.on("connect", (client) => client.on("error", () => undefined));
  }

  /** The rows of a statement that changes nothing. @throws CofactorError STORE_FAILED */
  read(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#patiently(async () => (await this.#pool.query<Row>(text, [...values])).rows);
  }

  /**
   * Does work in one transaction: all of it is durable when this settles, or nothing of it is kept.
   * @throws CofactorError what the work throws; STORE_FAILED, with details.inDoubt when it may have been carried out
   */
  write<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.#patiently((isRepeated) => this.#transact(work, isRepeated));
  }

  /** Ends the link once what is under way has ended. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#pool.end();
  }

  async #transact<Result>(work: (transaction: Transaction) => Promise<Result>, isRepeated: boolean): Promise<Result> {
    const client: Pg.PoolClient = await this.#pool.connect();
    let isSpoiled = true;
    try {
      await client.query(begin);
      const query = async (text: string, values: readonly unknown[] = []): Promise<Row[]> =>
        (await client.query<Row>(text, [...values])).rows;
      try {
        const result = await work({ query, isRepeated });
        await client.query("COMMIT");
        isSpoiled = false;
        return result;
      } catch (error) {
        // A connection that is lost takes its transaction with it.
        if (error instanceof this.#pg.DatabaseError || error instanceof CofactorError) {
          await client.query("ROLLBACK");
          isSpoiled = false;
        }
        throw error;
      }
    } finally {
      client.release(isSpoiled);
    }
  }

  async #patiently<Result>(attempt: (isRepeated: boolean) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new CofactorError("STORE_FAILED", "the store is closed");
    const untilMs = this.#clock.now() + this.#patienceMs;
    for (let pauseMs = firstPauseMs, isRepeated = false; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs), isRepeated = true) {
      try {
        return await attempt(isRepeated);
      } catch (error) {
        if (error instanceof CofactorError) throw error;
        if (!this.#isPassing(error)) throw failed("the data base refused a statement", error, false);
        if (this.#isClosed || this.#clock.now() + pauseMs > untilMs) throw failed("the data base cannot be reached", error, true);
      }
      await new Promise<void>((resolve) => void this.#clock.after(pauseMs, resolve));
    }
  }

  /** What is not the data base's own error is the connection's. */
  #isPassing(error: unknown): boolean {
    return error instanceof this.#pg.DatabaseError ? passing.test(error.code ?? "") : true;
  }
}

function failed(what: string, cause: unknown, inDoubt: boolean): CofactorError {
  return new CofactorError("STORE_FAILED", `the store could not be read or written: ${what}`, { cause, details: { inDoubt } });
}
