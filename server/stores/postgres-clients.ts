/**
 * Enrolled clients in a PostgreSQL store: how many there are is known without counting them each time, and no more are enrolled than may be,
 * whichever server of a cluster they come to. Imports the link, the seam's types.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../../shared/clock.ts";
import type { EnrolFate } from "../store.ts";
import type { PostgresLink, Transaction } from "./postgres-link.ts";

/** Counting a million rows takes a data base a tenth of a second: it is done once in so long, and kept in step with what comes from here. */
const recountMs = 1_000;

/** So near to the most that may be, clients are enrolled one by one and counted for each: a data base does not enrol as many in `recountMs`. */
const crowd = 10_000;

/** Names the lock under which the last clients are enrolled. */
const enrolLock = 0x0c0fc1;

/** The clients of runs. */
export class PostgresClients {
  readonly #link: PostgresLink;
  readonly #clock: Clock;
  readonly #counts = new Map<string, { clients: number; readonly atMs: number }>();

  constructor(link: PostgresLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  async enrol(run: string, client: string, most: number): Promise<EnrolFate> {
    const known = await this.#link.read("SELECT 1 FROM cofactor.clients WHERE run = $1 AND client = $2", [run, client]);
    if (known.length > 0) return "known";
    const left = Number.isFinite(most) ? most - (await this.count(run)) : most;
    // Strangers that find no room are not worth a lock.
    if (left <= 0) return "full";
    const mark = randomUUID();
    const fate = await this.#link.write(async (transaction): Promise<EnrolFate> => {
      const { query, isRepeated } = transaction;
      const own = "SELECT 1 FROM cofactor.clients WHERE run = $1 AND client = $2 AND mark = $3";
      if (isRepeated && (await query(own, [run, client, mark])).length > 0) return "new";
      if ((left <= crowd || (isRepeated && Number.isFinite(most))) && !(await hasRoom(transaction, run, most))) return "full";
      const insert = "INSERT INTO cofactor.clients (run, client, mark) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1";
      return (await query(insert, [run, client, mark])).length > 0 ? "new" : "known";
    });
    if (fate === "new") this.#recount(run, 1);
    return fate;
  }

  async count(run: string): Promise<number> {
    const known = this.#counts.get(run);
    if (known !== undefined && this.#clock.now() - known.atMs < recountMs) return known.clients;
    const atMs = this.#clock.now();
    const [row] = await this.#link.read("SELECT count(*) AS n FROM cofactor.clients WHERE run = $1", [run]);
    const clients = Number(row!["n"]);
    this.#counts.set(run, { clients, atMs });
    return clients;
  }

  async forget(run: string, client: string): Promise<void> {
    const gone = await this.#link.write(({ query }) =>
      query("DELETE FROM cofactor.clients WHERE run = $1 AND client = $2 RETURNING 1", [run, client]),
    );
    if (gone.length > 0) this.#recount(run, -1);
  }

  #recount(run: string, more: number): void {
    const known = this.#counts.get(run);
    if (known !== undefined) known.clients += more;
  }
}

/** Whether one more may be enrolled: nobody else is until this transaction has ended. */
async function hasRoom({ query }: Transaction, run: string, most: number): Promise<boolean> {
  await query("SELECT pg_advisory_xact_lock($1, hashtext($2))", [enrolLock, run]);
  const [row] = await query("SELECT count(*) AS n FROM cofactor.clients WHERE run = $1", [run]);
  return Number(row!["n"]) < most;
}
