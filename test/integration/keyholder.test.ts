/** Whole rounds under encryption with one keyholder: exact sums, and keyholders and servers that are late, lost or restarted. */
import { afterEach, describe, expect, it } from "vitest";
import { createServer, memoryRecord, memoryStore, type Server, type ServerOptions, type Store } from "../../server/index.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { secureRng } from "../../shared/random.ts";
import type { Channel, Connector } from "../../shared/transport.ts";
import { ScriptedClient } from "../support/scripted-client.ts";
import { keyholderOf, modelAfter, openAll, sealedRun, sealingDevices } from "../support/sealed-run.ts";
import { transports } from "../support/transports.ts";

const holder = createIdentity(secureRng);
const run = sealedRun([holder.id]);
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startServer(options: Partial<ServerOptions> = {}): Promise<Server> {
  const server = await createServer({ run, store: memoryStore(), gatherMs: 20, keyholderWaitMs: 10_000, ...options });
  cleanups.push(() => server.close());
  return server;
}

async function expectExactRound(server: Server, start: Float64Array, clients: readonly ScriptedClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.until(() => client.published.length > 0)));
  expect([...server.shared]).toEqual(modelAfter(run, start));
}

describe.each(transports)("a keyholder over $name", ({ reach }) => {
  it("opens the sum of a round and nothing else: the published model is that of the plain sum", async () => {
    const server = await startServer();
    const start = server.shared.slice();
    const connect = await reach(server);
    await keyholderOf(connect, holder).join();
    await expectExactRound(server, start, await sealingDevices(run, connect));
  });

  it("may come after the sum: the round waits for it", async () => {
    const server = await startServer();
    const start = server.shared.slice();
    const connect = await reach(server);
    const revealing = new Promise<void>((resolve) => server.on("revealing", () => resolve()));
    const clients = await sealingDevices(run, connect);
    await revealing;
    await keyholderOf(connect, holder).join();
    await expectExactRound(server, start, clients);
  });

  it("may be lost while it opens: it comes back and hands out what it has opened, once", async () => {
    const server = await startServer();
    const start = server.shared.slice();
    const connect = await reach(server);
    const record = memoryRecord();
    let first: Channel | undefined;
    let openings = 0;
    const losing: Connector = async () => {
      const channel = await connect();
      first ??= channel;
      return channel;
    };
    const keyholder = keyholderOf(losing, holder, {
      record,
      createKeyholder: async (ready) => {
        const create = await openAll(ready);
        return (frame) => {
          const half = create(frame);
          return {
            combine: (contribution) => half.combine(contribution),
            open: async () => {
              openings += 1;
              first!.close("lost with the answer in its hands");
              await new Promise((resolve) => setTimeout(resolve, 20));
              return half.open();
            },
          };
        };
      },
    });
    await keyholder.join();
    const lost = new Promise<void>((resolve) => server.on("keyholder", ({ isConnected }) => !isConnected && resolve()));
    const clients = await sealingDevices(run, connect);
    await lost;
    expect(record.opened("sealed", 1)).toBeDefined();
    await keyholder.join();
    await expectExactRound(server, start, clients);
    expect(openings).toBe(1);
  });

  it("opens the same list for a server that starts again after the opening: same result", async () => {
    const store = memoryStore();
    const refuse = (): never => {
      throw new Error("the disk is gone");
    };
    const failing: Store = {
      ...store,
      publish: (id, publication, record) => (record === undefined ? store.publish(id, publication, record) : refuse()),
      abandon: refuse,
      close: async () => undefined,
    };
    const record = memoryRecord();
    const lists: string[] = [];
    const watched = {
      ...record,
      record(id: string, round: number, list: string) {
        lists.push(list);
        record.record(id, round, list);
      },
    };
    const first = await startServer({ store: failing });
    const start = first.shared.slice();
    const failed = new Promise<void>((resolve) => first.on("failed", () => resolve()));
    const connect = await reach(first);
    await keyholderOf(connect, holder, { record: watched }).join();
    await sealingDevices(run, connect);
    await failed;
    await first.close();
    const second = await startServer({ store });
    const published = new Promise<void>((resolve) => second.on("round", ({ outcome }) => outcome === "published" && resolve()));
    await keyholderOf(await reach(second), holder, { record: watched }).join();
    await published;
    expect(lists).toEqual([lists[0], lists[0]]);
    expect([...second.shared]).toEqual(modelAfter(run, start));
  });

  it("that the terms do not name is refused by the server", async () => {
    const server = await startServer();
    const stranger = new ScriptedClient(await (await reach(server))(), "sealed");
    await expect(stranger.join("keyholder")).rejects.toMatchObject({ code: "AUTH_FAILED" });
    expect(server.metrics.refused()).toEqual({ AUTH_FAILED: 1 });
  });

  it("that joins again takes the place of its older connection", async () => {
    const server = await startServer();
    const connect = await reach(server);
    const start = server.shared.slice();
    const older = await keyholderOf(connect, holder).join();
    const ended = new Promise<void>((resolve) => older.channel.onClose(() => resolve()));
    await keyholderOf(connect, holder).join();
    await ended;
    expect(await server.metrics.text()).toContain("cofactor_keyholders_connected 1");
    await expectExactRound(server, start, await sealingDevices(run, connect));
  });
});

describe("an aggregator without a keyholder", () => {
  it("abandons the round when nobody comes in time, says why, and goes on under a new number", async () => {
    const server = await startServer({ keyholderWaitMs: 100 });
    const connect = await transports[0]!.reach(server);
    const clients = await sealingDevices(run, connect);
    await clients[0]!.until(() => clients[0]!.abandoned.length > 0);
    expect(clients[0]!.abandoned[0]!.round).toBe(1);
    expect(clients[0]!.abandoned[0]!.reason).toMatch(/^DECRYPT_FAILED: opening the sum expected 1 of 1 keyholders, got 0/);
    await keyholderOf(connect, holder).join();
    await clients[0]!.until(() => clients[0]!.published.length > 0);
    expect(clients[0]!.published[0]!.round).toBeGreaterThan(1);
  });

  it("stops waiting when it is closed, and leaves the round to its next start", async () => {
    const store = memoryStore();
    const server = await startServer({ store: { ...store, close: async () => undefined } });
    const revealing = new Promise<void>((resolve) => server.on("revealing", () => resolve()));
    await sealingDevices(run, await transports[0]!.reach(server));
    await revealing;
    await server.close();
    expect(await store.records("sealed")).toEqual([]);
    expect(await store.openRound("sealed")).toMatchObject({ round: 1, stage: 1 });
  });
});
