/**
 * Enrolment in a run's own PostgreSQL data base: every server of a cluster and an operator's commands use it at once. Imports the link, the
 * tables, the seam.
 */
import { type Clock, platformClock } from "../../shared/clock.ts";
import type { EnrolmentContents, EnrolmentStore, InvitationCounts, ListedClient, Revocations, Standing } from "../enrolment/store.ts";
import { assertNothingKept, holding, toInvitation, toListed } from "./enrolment-contents.ts";
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
    const rows = await this.#link.read(listed, [run]);
    return rows.map(toListed);
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

  contents(run: string): Promise<EnrolmentContents> {
    return this.#link.write(async (transaction) => {
      await lock(transaction, run);
      return read(transaction, run);
    });
  }

  async restore(run: string, contents: EnrolmentContents): Promise<boolean> {
    return this.#link.write(async (transaction) => {
      const { query, isRepeated } = transaction;
      await lock(transaction, run);
      const found = await read(transaction, run);
      const invitations = holding(contents, found.inviterSeed);
      // What an attempt whose outcome is unknown has left is this very one's.
      if (isRepeated && sameText(found, { ...contents, invitations: invitations ?? [] })) return invitations !== undefined;
      assertNothingKept(run, found.clients.length + found.invitations.length);
      if (contents.inviterSeed !== undefined) {
        await query("INSERT INTO cofactor.inviter (id, seed) VALUES (1, $1) ON CONFLICT DO NOTHING", [contents.inviterSeed]);
      }
      const column = <Row, Name extends keyof Row>(rows: readonly Row[], name: Name) => rows.map((row) => row[name] ?? null);
      const { clients } = contents;
      await query(
        `INSERT INTO cofactor.standings (run, client, standing, at_ms) SELECT $1, client, standing, at_ms
         FROM unnest($2::text[], $3::text[], $4::bigint[]) WITH ORDINALITY AS kept (client, standing, at_ms, place) ORDER BY place`,
        [run, column(clients, "client"), column(clients, "standing"), column(clients, "atMs")],
      );
      const held = invitations ?? [];
      await query(
        `INSERT INTO cofactor.invitations (run, hash, expires_at_ms, client)
         SELECT $1, hash, expires_at_ms, client FROM unnest($2::text[], $3::bigint[], $4::text[]) AS kept (hash, expires_at_ms, client)`,
        [run, column(held, "hash"), column(held, "expiresAtMs"), column(held, "client")],
      );
      return invitations !== undefined;
    });
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

/** Under the lock of the run's decisions; the key last, so that no invitation is without it. */
async function read({ query }: Transaction, run: string): Promise<EnrolmentContents> {
  const clients = (await query(listed, [run])).map(toListed);
  const text = 'SELECT hash, expires_at_ms, client FROM cofactor.invitations WHERE run = $1 ORDER BY hash COLLATE "C"';
  const invitations = (await query(text, [run])).map(toInvitation);
  const [inviter] = await query("SELECT seed FROM cofactor.inviter");
  return { inviterSeed: inviter === undefined ? undefined : toBytes(inviter["seed"]), clients, invitations };
}

function sameText(one: EnrolmentContents, other: EnrolmentContents): boolean {
  const text = ({ clients, invitations }: EnrolmentContents): string => JSON.stringify([clients, invitations]);
  return text(one) === text(other);
}

const listed = "SELECT client, standing, at_ms FROM cofactor.standings WHERE run = $1 ORDER BY seq";

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
