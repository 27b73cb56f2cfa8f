/**
 * A real PostgreSQL server for a test: a fresh cluster in a temporary folder, on a free port of this machine's loopback, with a password; ended by
 * its own process id. Debian's own cluster is never touched. Imports system-parts, guarded-process.
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { findPostgres } from "../../.config/system-parts.ts";
import { freePort } from "./free-port.ts";
import { type GuardedProcess, type ProcessOwner, startGuarded } from "./guarded-process.ts";

/** Why there is no server here; undefined when there can be one. */
export function missingPostgres(): string | undefined {
  if (findPostgres() === undefined) return "no PostgreSQL on this machine: install Debian's postgresql";
  return isRoot() && ownerOf("postgres") === undefined ? "PostgreSQL refuses root, and there is no user postgres" : undefined;
}

/** A running cluster. */
export interface PostgresCluster {
  /** A URL of a fresh data base. */
  createDatabase(): Promise<string>;
  /** Rows of a statement, as an administrator of the data base at a URL. */
  query(url: string, text: string): Promise<Record<string, unknown>[]>;
  /** Kills the server's first process by SIGKILL, and waits until all of its processes are gone. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port and files. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const user = "cofactor";
const readyTimeoutMs = 30_000;

/** Starts a cluster. */
export async function startPostgres(): Promise<PostgresCluster> {
  const programs = findPostgres()!;
  const owner = isRoot() ? ownerOf("postgres")! : undefined;
  const folder = mkdtempSync(join(tmpdir(), "cofactor-postgres-"));
  const data = join(folder, "data");
  const password = randomBytes(12).toString("hex");
  const passwordFile = join(folder, "password");
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwordFile, password);
  if (owner !== undefined) for (const path of [folder, data, passwordFile]) chownSync(path, owner.uid, owner.gid);
  const init = ["-D", data, "-U", user, "-A", "scram-sha-256", `--pwfile=${passwordFile}`, "-E", "UTF8", "--locale=C", "--no-sync"];
  const { status, stderr } = spawnSync(join(programs, "initdb"), init, { cwd: folder, encoding: "utf8", ...(owner ?? {}) });
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=40", "shared_buffers=32MB", "jit=off"];
  const command = [join(programs, "postgres"), "-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
  const urlOf = (database: string): string => `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
  let server: GuardedProcess | undefined;
  let databases = 0;

  const query = async (url: string, text: string): Promise<Record<string, unknown>[]> => {
    const client = new Client({ connectionString: url });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  /** A killed server's last processes hold its memory for a moment: it is started until it stays. */
  const start = async (): Promise<void> => {
    for (const untilMs = Date.now() + readyTimeoutMs; ; ) {
      server = await startGuarded(command, folder, owner);
      if (await becomesReady(server, () => query(urlOf("postgres"), "SELECT 1"))) return;
      await server.end();
      if (Date.now() > untilMs) throw new Error("the PostgreSQL server did not start");
    }
  };
  await start();
  return {
    async createDatabase() {
      databases += 1;
      await query(urlOf("postgres"), `CREATE DATABASE test_${databases}`);
      return urlOf(`test_${databases}`);
    },
    query,
    async kill() {
      process.kill(server!.pid, "SIGKILL");
      await server!.ended;
      while (await accepts(port)) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    start,
    async stop() {
      // Nothing is to be kept: it does not write its memory to the disk.
      if (server !== undefined) process.kill(server.pid, "SIGQUIT");
      await server?.end();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

async function becomesReady(server: GuardedProcess, ask: () => Promise<unknown>): Promise<boolean> {
  let hasEnded = false;
  void server.ended.then(() => {
    hasEnded = true;
  });
  for (const untilMs = Date.now() + readyTimeoutMs; Date.now() < untilMs && !hasEnded; ) {
    try {
      await ask();
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  return false;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The numbers of a user of this system. */
function ownerOf(name: string): ProcessOwner | undefined {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((text) => text.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}
