/** A real Redis server for a test: in a temporary folder, on a free port of the loopback, every write in its log. Imports system-parts, guarded-process. */
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedis } from "../../.config/system-parts.ts";
import { freePort } from "./free-port.ts";
import { type GuardedProcess, startGuarded } from "./guarded-process.ts";

/** Why there is no server here; undefined when there can be one. */
export function missingRedis(): string | undefined {
  return findRedis() === undefined ? "no Redis on this machine: install Debian's redis-server" : undefined;
}

/** A running server. */
export interface RedisServer {
  readonly url: string;
  /** Kills it by SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port and files. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const readyTimeoutMs = 20_000;

/** How it is started. */
export interface RedisOptions {
  /** Asked of everyone who connects; by default nobody is asked. */
  readonly password?: string;
}

/** Starts a server. */
export async function startRedis({ password }: RedisOptions = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-redis-"));
  const port = await freePort();
  const command = [findRedis()!, "--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--save", ""];
  if (password !== undefined) command.push("--requirepass", password);
  let server: GuardedProcess | undefined;
  const start = async (): Promise<void> => {
    server = await startGuarded(command, folder);
    for (const untilMs = Date.now() + readyTimeoutMs; !(await answers(port, password)); ) {
      if (Date.now() > untilMs) throw new Error("the Redis server did not start");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await start();
  return {
    url: `redis://${password === undefined ? "" : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    async kill() {
      process.kill(server!.pid, "SIGKILL");
      await server!.ended;
    },
    start,
    async stop() {
      await server?.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** True when it answers a PING: while it reads its log it says LOADING instead. */
function answers(port: number, password: string | undefined): Promise<boolean> {
  const order = `${password === undefined ? "" : `AUTH ${password}\r\n`}PING\r\n`;
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(order));
    let text = "";
    socket.once("error", () => resolve(false));
    socket.on("data", (data) => {
      text += data.toString("utf8");
      if (!text.endsWith("\r\n") || text === "+OK\r\n") return;
      socket.destroy();
      resolve(text.endsWith("+PONG\r\n"));
    });
  });
}
