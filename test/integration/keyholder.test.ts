/** Keyholders: whole rounds under encryption, everything a keyholder refuses, and keyholders that are late, lost or restarted. */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  createServer,
  fileRecord,
  memoryRecord,
  memoryStore,
  type OpenedRecord,
  type Server,
  type Store,
  serveKeyholder,
} from "../../server/index.ts";
import { toBase64url, toUtf8 } from "../../shared/crypto/encoding.ts";
import { digestOf } from "../../shared/crypto/hash.ts";
import { createIdentity, type Identity, sign } from "../../shared/crypto/identity.ts";
import { privateKeyText, publicKeyText } from "../../shared/crypto/paillier/keys.ts";
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { paillier } from "../../shared/protections/paillier.ts";
import type { Opener } from "../../shared/protections/protection.ts";
import { createRng, secureRng } from "../../shared/random.ts";
import { advanceModel, defineRun, type Run, roundFrame } from "../../shared/run.ts";
import { canonicalJson } from "../../shared/terms.ts";
import { type Channel, type Connector, createMemoryPair, noBytes } from "../../shared/transport.ts";
import { testKey2048 } from "../support/paillier-keys.ts";
import { ScriptedClient } from "../support/scripted-client.ts";
import { transports } from "../support/transports.ts";

const holder = createIdentity(secureRng);
const run = encryptedRun([holder.id]);
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function encryptedRun(keyholders: readonly string[]): Run {
  return defineRun({
    id: "sealed",
    items: 6,
    rounds: 1,
    cohort: { size: 3, min: 2 },
    model: { kind: "fcf", rank: 2 },
    protection: { kind: "paillier", publicKey: publicKeyText(testKey2048.publicKey), keyholders },
  });
}

async function startServer(options: { readonly store?: Store; readonly keyholderWaitMs?: number } = {}): Promise<Server> {
  const server = await createServer({
    run,
    store: options.store ?? memoryStore(),
    gatherMs: 20,
    keyholderWaitMs: options.keyholderWaitMs ?? 10_000,
  });
  cleanups.push(() => server.close());
  return server;
}

function createOpener(ready: Run): Opener {
  const options = ready.terms.protection as unknown as Parameters<NonNullable<typeof paillier.createOpener>>[0];
  return paillier.createOpener!(options, privateKeyText(testKey2048), opensslPower);
}

function hold(
  connect: Connector,
  record: OpenedRecord = memoryRecord(),
  more: { identity?: Identity; serverKey?: string } = {},
): Promise<{ channel: Channel }> {
  return serveKeyholder({ connect, run: "sealed", identity: holder, createOpener, record, ...more });
}

/** Values that fixed point carries exactly. */
const values = (seed: number): Float64Array => Float64Array.from({ length: run.contributionSize }, (_, index) => (seed + index) / 1_024);

async function sealed(round: number, seed: number): Promise<Uint8Array> {
  return run.protection.createDevice(roundFrame(run, round), secureRng).answer(0, noBytes, values(seed));
}

async function sumOf(round: number, seeds: readonly number[]): Promise<Uint8Array> {
  const half = run.protection.createAggregator(roundFrame(run, round));
  for (const seed of seeds) half.combine(0, String(seed), await sealed(round, seed));
  let sum: Uint8Array | undefined;
  const capture: Opener = {
    open: async (request) => {
      sum = request.sum;
      return createOpener(run).open(request);
    },
  };
  await half.reveal(capture);
  return sum!;
}

/** Two devices that answer every invitation. */
async function devices(connect: Connector): Promise<ScriptedClient[]> {
  return Promise.all(
    [1, 2].map(async (seed) => {
      const client = await ScriptedClient.join(connect, "sealed");
      client.onAsk = ({ round }) => void sealed(round, seed).then((bytes) => client.answer(round, bytes));
      return client;
    }),
  );
}

async function expectExactRound(server: Server, start: Float64Array, clients: readonly ScriptedClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.until(() => client.published.length > 0)));
  const sum = values(1).map((value, index) => value + values(2)[index]!);
  const initial = { ...run.model.initialize(createRng(1)), shared: start };
  const expected = advanceModel(run, { ...initial, round: 0 }, { values: sum, count: 2 });
  expect([...server.shared]).toEqual([...expected.shared]);
}

describe.each(transports)("a keyholder over $name", ({ reach }) => {
  it("opens the sum of a round and nothing else: the published model is that of the plain sum", async () => {
    const server = await startServer();
    const start = server.shared.slice();
    const connect = await reach(server);
    await hold(connect);
    await expectExactRound(server, start, await devices(connect));
  });

  it("may come after the sum: the round waits for it", async () => {
    const server = await startServer();
    const start = server.shared.slice();
    const connect = await reach(server);
    const revealing = new Promise<void>((resolve) => server.on("revealing", () => resolve()));
    const clients = await devices(connect);
    await revealing;
    await hold(connect);
    await expectExactRound(server, start, clients);
  });

  it("may be lost while it opens: the one that comes back opens the same sum", async () => {
    const server = await startServer();
    const start = server.shared.slice();
    const connect = await reach(server);
    const record = memoryRecord();
    let first: Channel | undefined;
    const losing: Connector = async () => (first = await connect());
    await serveKeyholder({
      connect: losing,
      run: "sealed",
      identity: holder,
      record,
      createOpener: (ready) => ({
        open: async (request) => {
          const opened = await createOpener(ready).open(request);
          first!.close("lost with the answer in its hands");
          return opened;
        },
      }),
    });
    const lost = new Promise<void>((resolve) => server.on("keyholder", ({ isConnected }) => !isConnected && resolve()));
    const clients = await devices(connect);
    await lost;
    expect(record.opened("sealed", 1)).toBeDefined();
    await hold(connect, record);
    await expectExactRound(server, start, clients);
  });

  it("that the terms do not name is refused by the server, and joins none whose terms do not name it", async () => {
    const server = await startServer();
    const connect = await reach(server);
    const stranger = new ScriptedClient(await connect(), "sealed");
    await expect(stranger.join("keyholder")).rejects.toMatchObject({ code: "AUTH_FAILED" });
    expect(server.metrics.refused()).toEqual({ AUTH_FAILED: 1 });
    await expect(hold(connect, memoryRecord(), { identity: createIdentity(secureRng) })).rejects.toMatchObject({ code: "TERMS_REFUSED" });
    await expect(hold(connect, memoryRecord(), { serverKey: holder.id })).rejects.toMatchObject({ code: "AUTH_FAILED" });
  });
});

describe("an aggregator without a keyholder", () => {
  it("abandons the round when nobody comes in time, says why, and goes on under a new number", async () => {
    const server = await startServer({ keyholderWaitMs: 100 });
    const connect = await transports[0]!.reach(server);
    const clients = await devices(connect);
    await clients[0]!.until(() => clients[0]!.abandoned.length > 0);
    expect(clients[0]!.abandoned[0]!.round).toBe(1);
    expect(clients[0]!.abandoned[0]!.reason).toMatch(/^DECRYPT_FAILED: no keyholder came/);
    await hold(connect);
    await clients[0]!.until(() => clients[0]!.published.length > 0);
    expect(clients[0]!.published[0]!.round).toBeGreaterThan(1);
  });

  it("asks for the very same sum again when it stops between the opening and the publication", async () => {
    const store = memoryStore();
    const digests: string[] = [];
    const opener: Opener = {
      open: async (request) => {
        digests.push(`${request.round} ${await digestOf(request.sum)}`);
        return createOpener(run).open(request);
      },
    };
    const refuse = (): never => {
      throw new Error("the disk is gone");
    };
    const failing: Store = {
      ...store,
      publish: (id, publication, record) => (record === undefined ? store.publish(id, publication, record) : refuse()),
      abandon: refuse,
      close: () => undefined,
    };
    const first = await createServer({ run, store: failing, opener, gatherMs: 20 });
    const start = first.shared.slice();
    const failed = new Promise<void>((resolve) => first.on("failed", () => resolve()));
    await devices(await transports[0]!.reach(first));
    await failed;
    await first.close();
    const second = await createServer({ run, store, opener, gatherMs: 20 });
    cleanups.push(() => second.close());
    const published = new Promise<void>((resolve) => second.on("round", () => resolve()));
    await published;
    expect(digests.length).toBe(2);
    expect(digests[1]).toBe(digests[0]);
    const sum = values(1).map((value, index) => value + values(2)[index]!);
    const initial = { ...run.model.initialize(createRng(1)), shared: start };
    expect([...second.shared]).toEqual([...advanceModel(run, { ...initial, round: 0 }, { values: sum, count: 2 }).shared]);
  });
});

/** A server under the test's control, which says whatever the test wants to a keyholder. */
async function lyingServer(record: OpenedRecord, terms: Run = run, forged = false): Promise<Channel> {
  const server = createIdentity(secureRng);
  const text = canonicalJson(terms.terms);
  const [near, far] = createMemoryPair();
  cleanups.push(() => far.close());
  far.serve((kind) => {
    if (kind !== "hello")
      return { header: { model: { sha256: "A".repeat(43), bytes: 1, round: 0 }, isNew: false, ended: false }, payload: noBytes };
    const signature = toBase64url(sign(forged ? createIdentity(secureRng) : server, "terms", toUtf8(text)));
    return {
      header: { protocol: 1, terms: text, termsSignature: signature, serverKey: server.id, challenge: "A".repeat(43) },
      payload: noBytes,
    };
  });
  await serveKeyholder({ connect: async () => near, run: "sealed", identity: holder, createOpener, record });
  return far;
}

async function askToOpen(channel: Channel, round: number, sum: Uint8Array, changes: Record<string, unknown> = {}): Promise<Uint8Array> {
  const digest = await digestOf(sum);
  await channel.request("open", { header: { round, contributors: 2, digest, total: sum.length, offset: 0, ...changes }, payload: sum });
  return (await channel.request("opened", { header: { round, digest, offset: 0 }, payload: noBytes })).payload;
}

describe("a keyholder that is asked by a lying aggregator", () => {
  it("opens one sum for each round: the same one again gives the same, another one is REPLAYED", async () => {
    const channel = await lyingServer(memoryRecord());
    const [sum, other] = [await sumOf(1, [1, 2]), await sumOf(1, [3, 4])];
    const opened = await askToOpen(channel, 1, sum);
    expect(await askToOpen(channel, 1, sum)).toEqual(opened);
    await expect(askToOpen(channel, 1, other)).rejects.toMatchObject({ code: "REPLAYED" });
    await expect(askToOpen(channel, 2, other)).resolves.toBeInstanceOf(Uint8Array);
  });

  it("opens one of two different sums that are sent at the same time", async () => {
    const channel = await lyingServer(memoryRecord());
    const outcomes = await Promise.allSettled([
      askToOpen(channel, 1, await sumOf(1, [1, 2])),
      askToOpen(channel, 1, await sumOf(1, [3, 4])),
    ]);
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
    await expect(askToOpen(channel, 1, await sumOf(1, [5, 6]))).rejects.toMatchObject({ code: "REPLAYED" });
  });

  it("remembers over restarts what it opened", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cofactor-keyholder-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "opened");
    const sum = await sumOf(1, [1, 2]);
    const opened = await askToOpen(await lyingServer(fileRecord(path)), 1, sum);
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(existsSync(`${path}.tmp`)).toBe(false);
    const again = await lyingServer(fileRecord(path));
    await expect(askToOpen(again, 1, await sumOf(1, [3, 4]))).rejects.toMatchObject({ code: "REPLAYED" });
    expect(await askToOpen(again, 1, sum)).toEqual(opened);
    writeFileSync(path, "half a li");
    expect(() => fileRecord(path)).toThrow(expect.objectContaining({ code: "STORE_FAILED" }));
  });

  it("opens nothing for fewer contributors than the terms say, or more", async () => {
    const record = memoryRecord();
    const channel = await lyingServer(record);
    for (const contributors of [0, 1, 4]) {
      await expect(askToOpen(channel, 1, await sealed(1, 1), { contributors })).rejects.toMatchObject({ code: "COHORT_TOO_SMALL" });
    }
    expect(record.opened("sealed", 1)).toBeUndefined();
  });

  it("refuses what is no sum, and does not use up the round's number for it", async () => {
    const record = memoryRecord();
    const channel = await lyingServer(record);
    const sum = await sumOf(1, [1, 2]);
    await expect(askToOpen(channel, 1, sum.slice(1))).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    await expect(askToOpen(channel, 1, new Uint8Array(sum.length))).rejects.toMatchObject({ code: "UPDATE_REJECTED" });
    await expect(askToOpen(channel, 1, new Uint8Array(sum.length + 1))).rejects.toMatchObject({ code: "MESSAGE_TOO_LARGE" });
    await expect(askToOpen(channel, 1, sum, { digest: "A".repeat(43) })).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
    await expect(askToOpen(channel, 1, sum, { offset: 9 })).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
    await expect(askToOpen(channel, 1, sum, { round: 0 })).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
    await expect(channel.request("ask", { header: {}, payload: noBytes })).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
    expect(record.opened("sealed", 1)).toBeUndefined();
    await expect(askToOpen(channel, 1, sum)).resolves.toBeInstanceOf(Uint8Array);
  });

  it("joins none whose terms are forged or do not name it", async () => {
    await expect(lyingServer(memoryRecord(), run, true)).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(lyingServer(memoryRecord(), encryptedRun([createIdentity(secureRng).id]))).rejects.toMatchObject({
      code: "TERMS_REFUSED",
    });
    await expect(lyingServer(memoryRecord(), { ...run, terms: { ...run.terms, id: "another" } })).rejects.toMatchObject({
      code: "TERMS_REFUSED",
    });
  });
});
