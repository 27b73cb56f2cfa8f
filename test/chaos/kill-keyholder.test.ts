/**
 * A keyholder is killed by SIGKILL between every two steps of an opening and started again on its record, with and without the
 * aggregator being killed, too: each round is opened over one list and published exactly once, with an exact sum.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { socketConnector } from "../../client/socket.ts";
import { createServer, memoryStore, sqliteStore } from "../../server/index.ts";
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { createIdentity, seedOf } from "../../shared/crypto/identity.ts";
import { publicKeyText } from "../../shared/crypto/paillier/keys.ts";
import { createRng, type Rng, secureRng } from "../../shared/random.ts";
import { type Run, roundFrame } from "../../shared/run.ts";
import { noBytes } from "../../shared/transport.ts";
import { decodeModel } from "../../shared/wire/model-codec.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { type KeyholderDeath, type KeyholderOrder, keyholderDeaths } from "../support/doomed-keyholder.ts";
import type { DoomedOrder, DoomedReport } from "../support/doomed-server.ts";
import type { KillPoint } from "../support/killing-store.ts";
import { testKey2048 } from "../support/paillier-keys.ts";
import { realTools } from "../support/protected-round.ts";
import { ScriptedClient } from "../support/scripted-client.ts";

const size = 4;
const devices = 3;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A process that is started again whenever it dies: with the next fate, and without one when none is left. */
class Phoenix {
  deaths = 0;
  readonly failures: string[] = [];
  #child: ChildProcess | undefined;
  #isOver = false;

  constructor(spawn: (life: number) => ChildProcess) {
    const live = (life: number): void => {
      const child = spawn(life);
      this.#child = child;
      child.once("exit", (code, signal) => {
        if (this.#isOver) return;
        if (signal === "SIGKILL") this.deaths += 1;
        else this.failures.push(`the process ended with code ${code}, signal ${signal}`);
        if (this.failures.length < 5) live(life + 1);
      });
    };
    live(0);
  }

  async end(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const child = this.#child!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-chaos-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function startKeyholder(order: Omit<KeyholderOrder, "dieAt">, fates: readonly KeyholderDeath[]): Phoenix {
  const program = new URL("../support/doomed-keyholder.ts", import.meta.url);
  const keyholder = new Phoenix((life) => {
    const told: KeyholderOrder = { ...order, dieAt: fates[life] };
    return fork(program, [JSON.stringify(told)], { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  });
  cleanups.push(() => keyholder.end());
  return keyholder;
}

const holder = createIdentity(secureRng);

/** One ciphertext a contribution, and the same length for whoever makes the run from its terms alone. */
function termsOf(rounds: number): Partial<DoomedOrder["terms"]> & { readonly rounds: number } {
  return {
    rounds,
    cohort: { size: devices, min: devices },
    deadline: { stageMs: 60_000, graceMs: 60_000 },
    model: { kind: "fcf", rank: 1 },
    range: { maxAbs: 2, fractionBits: 16 },
    protection: { kind: "paillier", holders: 1, publicKey: publicKeyText(testKey2048.publicKey), keyholders: [holder.id] },
  };
}

/** A device that comes back after each loss, and answers each round with the same bytes. */
async function takePart(url: string, run: Run, index: number): Promise<void> {
  const identity = createIdentity(secureRng);
  const sealed = new Map<number, Promise<Uint8Array>>();
  const make = async (round: number): Promise<Uint8Array> => {
    const half = await run.protection.createDevice(roundFrame(run, round), identity.id, realTools);
    return half.answer(0, noBytes, contributionOf(size, index));
  };
  const seal = (round: number): Promise<Uint8Array> => {
    const bytes = sealed.get(round) ?? make(round);
    sealed.set(round, bytes);
    return bytes;
  };
  for (;;) {
    try {
      const client = new ScriptedClient(await socketConnector(url)(), "counting", identity);
      client.onAsk = ({ round }) =>
        void seal(round)
          .then((bytes) => client.answer(round, bytes))
          .catch(() => undefined);
      if ((await client.join()).ended) return;
      await client.until(() => client.published.at(-1)?.ended === true);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The lists that were recorded, by round. */
function recorded(path: string): Map<number, string[]> {
  const lists = new Map<number, string[]>();
  for (const line of readFileSync(path, "utf8").split("\n").slice(0, -1)) {
    const entry = JSON.parse(line) as [string, number, string] | object;
    if (Array.isArray(entry)) lists.set(entry[1], [...(lists.get(entry[1]) ?? []), entry[2]]);
  }
  return lists;
}

describe("a keyholder that is killed and started again on its record", () => {
  it.each(keyholderDeaths)("opens the round once and exactly when it dies with %s", async (dieAt) => {
    const path = join(temporaryFolder(), "opened");
    const run = countingRun(size, termsOf(1));
    const server = await createServer({ run, store: memoryStore(), gatherMs: 10 });
    cleanups.push(() => server.close());
    const { url } = await server.listen({ port: 0 });
    const keyholder = startKeyholder({ url, run: "counting", seed: toBase64url(seedOf(holder)), path }, [dieAt]);
    await Promise.all(Array.from({ length: devices }, (_, index) => takePart(url, run, index)));
    await expect.poll(() => keyholder.deaths, { timeout: 10_000 }).toBe(1);
    expect([...server.shared]).toEqual([1, 1, 1, 0]);
    expect(await server.records()).toMatchObject([{ round: 1, outcome: "published", accepted: devices }]);
    expect([...recorded(path)].map(([round, lists]) => [round, lists.length])).toEqual([[1, 1]]);
    expect(keyholder.failures).toEqual([]);
  });
});

const serverPoints: readonly KillPoint[] = [
  "after a round is begun, before anybody is asked",
  "after an answer is durable, before it is acknowledged",
  "before the contributors are fixed",
  "after the contributors are fixed, before the sum is revealed",
  "before a publication is durable",
  "after a publication is durable, before it is announced",
];

function pick<T>(rng: Rng, from: readonly T[]): T {
  return from[rng.below(from.length)]!;
}

async function freePort(): Promise<number> {
  const probe = createTcpServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", () => resolve()));
  const { port } = probe.address() as { readonly port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe("a keyholder and an aggregator that are both killed at random steps", () => {
  it.each([1, 2, 3])("finish the run with exact sums, a list for each round (seed %i)", async (seed) => {
    const rng = createRng(seed, "fates");
    const folder = temporaryFolder();
    const rounds = 3;
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const storePath = join(folder, "run.sqlite");
    const serverFates = Array.from({ length: 3 }, () => pick(rng, serverPoints));
    const keyholderFates = Array.from({ length: 3 }, () => pick(rng, keyholderDeaths.slice(1)));
    const program = new URL("../support/doomed-server.ts", import.meta.url);
    const reports: string[] = [];
    const server = new Phoenix((life) => {
      const child = fork(program, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
      child.on("message", (report: DoomedReport) => report.kind === "failed" && reports.push(report.message));
      const order: DoomedOrder = { path: storePath, size, devices, rounds, point: serverFates[life], nth: 1, terms: termsOf(rounds), port };
      child.send(order);
      return child;
    });
    cleanups.push(() => server.end());
    const path = join(folder, "opened");
    const keyholder = startKeyholder({ url, run: "counting", seed: toBase64url(seedOf(holder)), path }, keyholderFates);
    const run = countingRun(size, termsOf(rounds));
    await Promise.all(Array.from({ length: devices }, (_, index) => takePart(url, run, index)));
    await server.end();
    await keyholder.end();

    const told = `server: ${serverFates.join("; ")}; keyholder: ${keyholderFates.join("; ")}`;
    expect([server.failures, keyholder.failures, reports], told).toEqual([[], [], []]);
    expect(server.deaths, told).toBe(serverFates.length);
    expect(keyholder.deaths, told).toBeGreaterThanOrEqual(1);
    const store = sqliteStore(storePath);
    cleanups.push(() => store.close());
    const records = await store.records("counting");
    expect(
      records.map(({ round, outcome, accepted }) => [round, outcome, accepted]),
      told,
    ).toEqual([1, 2, 3].map((round) => [round, "published", devices]));
    for (const { round, sha256 } of records) {
      expect([...decodeModel((await store.model("counting", sha256))!, size, "float64")], told).toEqual([round, round, round, 0]);
    }
    expect(
      [...recorded(path)].map(([round, lists]) => [round, lists.length]),
      told,
    ).toEqual([1, 2, 3].map((round) => [round, 1]));
  });
});
