/** A Redis of the test's own: the real server on a free port of loopback, in a temporary folder, ended with the test. Imports node:, system-parts. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedis } from "../../.config/system-parts.ts";

/** A running server. */
export interface TestRedis {
  /** redis://127.0.0.1:PORT, with the password when it has one. */
  readonly url: string;
  readonly port: number;
  /** Ends it as a crash does, and starts it again on the same port and folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** How it is started. */
export interface TestRedisOptions {
  readonly password?: string;
  /** Whether it writes every change down before it answers, so that a restart forgets nothing; by default it forgets all. */
  readonly isDurable?: boolean;
}

/** Why such tests cannot run here; undefined when they can. */
export function redisMissing(): string | undefined {
  return findRedis() === undefined ? "there is no redis-server on the path" : undefined;
}

/** Starts a server. @throws Error when there is none, or it does not come up */
export async function startRedis({ password, isDurable = false }: TestRedisOptions = {}): Promise<TestRedis> {
  const program = findRedis();
  if (program === undefined) throw new Error("there is no redis-server on the path: npm test installs it where it may");
  const folder = mkdtempSync(join(tmpdir(), "cofactor-redis-"));
  const settings = [
    ...["--bind", "127.0.0.1", "--dir", folder, "--save", "", "--daemonize", "no", "--maxmemory-policy", "noeviction"],
    ...(isDurable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"]),
    ...(password === undefined ? [] : ["--requirepass", password]),
  ];
  // Another process may take a port that was free a moment ago: the next one then.
  const start = async (): Promise<{ readonly port: number; readonly child: ChildProcess }> => {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      try {
        return { port, child: await launch(program, settings, port) };
      } catch (error) {
        if (attempt === 5) throw error;
      }
    }
  };
  const { port, child } = await start();
  let server = child;
  // A test that is ended leaves nothing behind.
  process.once("exit", () => server.kill("SIGKILL"));
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  };
  return {
    url: `redis://${password === undefined ? "" : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    port,
    async restart() {
      await kill();
      server = await launch(program, settings, port);
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves once it takes connections. */
async function launch(program: string, settings: readonly string[], port: number): Promise<ChildProcess> {
  const child = spawn(program, [...settings, "--port", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (piece: Buffer) => {
      text += piece.toString();
      if (text.includes("Ready to accept connections")) resolve(child);
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`redis-server ended: ${text}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, "close");
  return port;
}
