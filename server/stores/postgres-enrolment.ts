/**
 * Enrolment in a run's own PostgreSQL data base: every server of a cluster and an operator's commands use it at once. Imports the link, the
 * tables, the seam.
 */
import { type Clock, platformClock } from "../../shared/clock.ts";
import type { EnrolmentStore, InvitationCounts, ListedClient, Revocations, Standing } from "../enrolment/store.ts";
import { PostgresLink, type Transaction } from "./postgres-link.ts";
import { migrate } from "./postgres-tables.ts";
import { toBytes } from "./rows.ts";

/** How a store is reached. */
export interface PostgresEnrolmentOptions {
  /** How long a server that is away is waited for; default 10,000. */
  readonly patienceMs?: number;
  readonly clock?: Clock;
}

/**
 * The enrolment store in a data base, its tables made or brought forward.
 * @throws CofactorError CONFIG_INVALID, STORE_FAILED
 */
export async function postgresEnrolment(
  url: string,
  { patienceMs = 10_000, clock = platformClock }: PostgresEnrolmentOptions = {},
): Promise<EnrolmentStore> {
  const link = await PostgresLink.open({ url, connections: 4, patienceMs, clock });
  try {
    await migrate(link);
  } catch (error) {
    await link.close();
    throw error;
  }
  return new PostgresEnrolment(link);
}

class PostgresEnrolment implements EnrolmentStore {
  readonly #link: PostgresLink;

  constructor(link: PostgresLink) {
    this.#link = link;
  }

  async inviterSeed(fresh: Uint8Array): Promise<Uint8Array> {
    return this.#link.write(async ({ query }) => {
      await query("INSERT INTO cofactor.inviter (id, seed) VALUES (1, $1) ON CONFLICT DO NOTHING", [fresh]);
      return toBytes((await query("SELECT seed FROM cofactor.inviter"))[0]!["seed"]);
    });
  }

  async standing(run: string, client: string): Promise<Standing | undefined> {
    const [row] = await this.#link.read("SELECT standing FROM cofactor.standings WHERE run = $1 AND client = $2", [run, client]);
    return row?.["standing"] as Standing | undefined;
  }

  async propose(run: string, client: string, atMs: number, maxPending: number): Promise<Standing | undefined> {
    const known = await this.standing(run, client);
    if (known !== undefined) return known;
    // Most strangers find no room: they are not worth a lock.
    const [waiting] = await this.#link.read(countPending, [run]);
    if (Number(waiting!["n"]) >= maxPending) return undefined;
    return this.#link.write(async (transaction) => {
      const { query } = transaction;
      await lock(transaction, run);
      const [row] = await query("SELECT standing FROM cofactor.standings WHERE run = $1 AND client = $2", [run, client]);
      if (row !== undefined) return row["standing"] as Standing;
      if (Number((await query(countPending, [run]))[0]!["n"]) >= maxPending) return undefined;
      await set(transaction, run, client, "pending", atMs);
      return "pending";
    });
  }

  async decide(run: string, client: string, standing: "approved" | "revoked", atMs: number): Promise<void> {
    await this.#link.write(async (transaction) => {
      await lock(transaction, run);
      await set(transaction, run, client, standing, atMs);
    });
  }

  async forget(run: string, client: string): Promise<void> {
    const text = "DELETE FROM cofactor.standings WHERE run = $1 AND client = $2 AND standing <> 'revoked'";
    await this.#link.write(({ query }) => query(text, [run, client]));
  }

  async list(run: string): Promise<ListedClient[]> {
    const rows = await this.#link.read("SELECT client, standing, at_ms FROM cofactor.standings WHERE run = $1 ORDER BY seq", [run]);
    return rows.map((row) => ({ client: String(row["client"]), standing: row["standing"] as Standing, atMs: Number(row["at_ms"]) }));
  }

  async revokedSince(run: string, seq: number): Promise<Revocations> {
    const text = "SELECT seq, client FROM cofactor.standings WHERE run = $1 AND standing = 'revoked' AND seq > $2 ORDER BY seq";
    const rows = await this.#link.read(text, [run, seq]);
    return { seq: Number(rows.at(-1)?.["seq"] ?? seq), clients: rows.map((row) => String(row["client"])) };
  }

  async invite(run: string, hashes: readonly string[], expiresAtMs: number): Promise<void> {
    // An attempt whose outcome is unknown may have kept them: each is random, and nobody else's.
    const text = "INSERT INTO cofactor.invitations (run, hash, expires_at_ms) SELECT $1, unnest($2::text[]), $3 ON CONFLICT DO NOTHING";
    await this.#link.write(({ query }) => query(text, [run, hashes, expiresAtMs]));
  }

  async redeem(run: string, hash: string, client: string, atMs: number): Promise<boolean> {
    return this.#link.write(async (transaction) => {
      const { query } = transaction;
      // Whoever is being revoked at this moment stays revoked.
      await lock(transaction, run);
      const standing = "SELECT 1 FROM cofactor.standings WHERE run = $1 AND client = $2 AND standing = 'revoked'";
      if ((await query(standing, [run, client])).length > 0) return false;
      const take =
        "UPDATE cofactor.invitations SET client = $1 WHERE run = $2 AND hash = $3 AND expires_at_ms > $4 AND coalesce(client, $1) = $1 RETURNING 1";
      if ((await query(take, [client, run, hash, atMs])).length === 0) return false;
      await set(transaction, run, client, "approved", atMs);
      return true;
    });
  }

  async countInvitations(run: string, atMs: number): Promise<InvitationCounts> {
    const text = `SELECT count(*) AS n, count(client) AS redeemed, count(*) FILTER (WHERE client IS NULL AND expires_at_ms > $2) AS open
      FROM cofactor.invitations WHERE run = $1`;
    const [row] = await this.#link.read(text, [run, atMs]);
    const [redeemed, open] = [Number(row!["redeemed"]), Number(row!["open"])];
    return { open, redeemed, expired: Number(row!["n"]) - redeemed - open };
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

const countPending = "SELECT count(*) AS n FROM cofactor.standings WHERE run = $1 AND standing = 'pending'";

/** Decisions of a run are committed in the order of their numbers: whoever has seen one number has seen all below it. */
async function lock({ query }: Transaction, run: string): Promise<void> {
  await query("SELECT pg_advisory_xact_lock($1, hashtext($2))", [enrolmentLock, run]);
}

/** Names the locks of enrolment. */
const enrolmentLock = 0x0c0fa1;

/** With a number above all others: whoever asks what is new sees it. */
async function set({ query }: Transaction, run: string, client: string, standing: Standing, atMs: number): Promise<void> {
  const text = `INSERT INTO cofactor.standings (run, client, standing, at_ms) VALUES ($1, $2, $3, $4) ON CONFLICT (run, client)
    DO UPDATE SET seq = DEFAULT, standing = excluded.standing, at_ms = excluded.at_ms`;
  await query(text, [run, client, standing, atMs]);
}
