/** The coordinator under a clock and a store of the test's: deadlines, grace, and what is acknowledged when. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { createServer, memoryStore, type Server, type ServerOptions, type Store } from "../../../server/index.ts";
import type { TermsInput } from "../../../shared/terms.ts";
import { type Connector, createMemoryPair } from "../../../shared/transport.ts";
import { contributionOf, countingRun } from "../../support/counting-run.ts";
import { floatBytes, ScriptedClient } from "../../support/scripted-client.ts";
import { createVirtualClock, type VirtualClock } from "../../support/virtual-clock.ts";

const size = 4;
const stageMs = 1_000;
const graceMs = 100;
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface World {
  readonly server: Server;
  readonly clock: VirtualClock;
  readonly clients: readonly ScriptedClient[];
  readonly connect: Connector;
}

/** A server with three devices that are asked in round 1, unless `terms` say otherwise. */
async function openWorld(
  store: Store = memoryStore(),
  terms: Partial<TermsInput> = {},
  devices = 3,
  options: Partial<ServerOptions> = {},
): Promise<World> {
  const clock = createVirtualClock();
  const run = countingRun(size, { rounds: 2, deadline: { stageMs, graceMs }, ...terms });
  const server = await createServer({ run, store, clock, gatherMs: 50, ...options });
  servers.push(server);
  const connect: Connector = async () => {
    const [near, far] = createMemoryPair();
    server.accept(far);
    return near;
  };
  const clients = await Promise.all(Array.from({ length: devices }, () => ScriptedClient.join(connect, "counting")));
  // A full cohort is asked at once. A smaller one has no sign: the coordinator meets a client one timer after it has joined, in order.
  if (devices >= run.terms.cohort.size) await Promise.all(clients.map((client) => client.invitation(1)));
  else await new Promise((resolve) => setTimeout(resolve, 5));
  return { server, clock, clients, connect };
}

/** The digest of a model is made off this thread: a round is over when its end is announced. */
const announced = (client: ScriptedClient): Promise<void> => client.until(() => client.published.length === 1);
/** Time in which something that must not happen would happen. */
const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const bytesOf = (index: number): Uint8Array => floatBytes(contributionOf(size, index));

/** A store whose answers become durable when the test says so. */
function holdingStore(): { readonly store: Store; readonly held: { resolve(): void; reject(error: unknown): void }[] } {
  const inner = memoryStore();
  const held: { resolve(): void; reject(error: unknown): void }[] = [];
  const saveAnswer: Store["saveAnswer"] = (run, round, answer) =>
    new Promise((resolve, reject) => {
      held.push({ resolve: () => void inner.saveAnswer(run, round, answer).then(resolve), reject });
    });
  return { store: { ...inner, saveAnswer }, held };
}

describe("a round", () => {
  it("waits out the gathering time for a cohort that is not full", async () => {
    const { clock, clients } = await openWorld(memoryStore(), {}, 2);
    await clock.advance(49);
    expect(clients.map(({ asked }) => asked.length)).toEqual([0, 0]);
    await clock.advance(1);
    await Promise.all(clients.map((client) => client.invitation(1)));
    expect(clients.map(({ asked }) => asked.length)).toEqual([1, 1]);
  });

  it("is followed by the next one at once, or after a rest", async () => {
    for (const restMs of [0, 700]) {
      const { clock, clients } = await openWorld(memoryStore(), {}, 3, { restMs });
      for (const [index, client] of clients.entries()) await client.answer(1, bytesOf(index));
      await announced(clients[0]!);
      await clock.advance(restMs === 0 ? 0 : restMs - 1);
      expect(clients.map(({ asked }) => asked.length)).toEqual(restMs === 0 ? [2, 2, 2] : [1, 1, 1]);
      await clock.advance(1);
      await Promise.all(clients.map((client) => client.invitation(2)));
    }
  });

  it("goes on from a first model that is given, once: a store that has a model keeps it", async () => {
    const store = memoryStore();
    const firstModel = Float64Array.of(4, 3, 2, 1);
    const { server } = await openWorld(store, {}, 3, { firstModel });
    expect([...server.shared]).toEqual([4, 3, 2, 1]);
    expect(server.model.round).toBe(0);
    const again = await openWorld(store, {}, 0, { firstModel: Float64Array.of(9, 9, 9, 9) });
    expect([...again.server.shared]).toEqual([4, 3, 2, 1]);
    await expect(openWorld(memoryStore(), {}, 0, { firstModel: new Float64Array(3) })).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    const spoiled = Float64Array.of(1, 2, Number.NaN, 4);
    await expect(openWorld(memoryStore(), {}, 0, { firstModel: spoiled })).rejects.toMatchObject({ code: "VALUE_NOT_FINITE" });
  });

  it("ends at the deadline with the answers that are there, and closes behind them", async () => {
    const { server, clock, clients } = await openWorld();
    await clients[0]!.answer(1, bytesOf(0));
    await clients[1]!.answer(1, bytesOf(1));
    await clock.advance(stageMs - 1);
    expect(await server.records()).toEqual([]);
    await clock.advance(1);
    await announced(clients[0]!);
    expect(await server.records()).toMatchObject([{ round: 1, outcome: "published", accepted: 2, dropped: 1 }]);
    expect([...server.shared]).toEqual([1, 1, 0, 0]);
    await expect(clients[2]!.answer(1, bytesOf(2))).rejects.toMatchObject({ code: "ROUND_STALE" });
  });

  it("gives a lost device its grace, and asks it again when it is back", async () => {
    const { server, clock, clients, connect } = await openWorld();
    await clients[0]!.answer(1, bytesOf(0));
    await clients[1]!.answer(1, bytesOf(1));
    clients[2]!.channel.close();
    await clock.advance(graceMs - 1);
    const again = await ScriptedClient.join(connect, "counting", clients[2]!.identity);
    await again.invitation(1);
    await clock.advance(graceMs * 3);
    expect(await server.records()).toEqual([]);
    await again.answer(1, bytesOf(2));
    await again.until(() => again.published.length === 1);
    expect([...server.shared]).toEqual([1, 1, 1, 0]);
  });

  it("tells a contributor that was away what became of its round, once, and a newcomer nothing", async () => {
    const { server, clients, connect } = await openWorld();
    await clients[0]!.answer(1, bytesOf(0));
    clients[0]!.channel.close();
    await clients[1]!.answer(1, bytesOf(1));
    await clients[2]!.answer(1, bytesOf(2));
    await announced(clients[1]!);
    expect(await server.records()).toMatchObject([{ accepted: 3, dropped: 0 }]);

    const back = await ScriptedClient.join(connect, "counting", clients[0]!.identity);
    await announced(back);
    expect(back.published).toMatchObject([{ round: 1, accepted: 3, included: true }]);
    back.channel.close();
    const again = await ScriptedClient.join(connect, "counting", clients[0]!.identity);
    const newcomer = await ScriptedClient.join(connect, "counting");
    await aWhile();
    expect([again.published, newcomer.published]).toEqual([[], []]);
  });

  it("does without a lost device once its grace is over, and without one that leaves at once", async () => {
    const { server, clock, clients } = await openWorld();
    await clients[0]!.answer(1, bytesOf(0));
    await clients[1]!.answer(1, bytesOf(1));
    clients[2]!.channel.close();
    await clock.advance(graceMs);
    await announced(clients[0]!);
    expect(await server.records()).toMatchObject([{ accepted: 2, dropped: 1 }]);

    const other = await openWorld();
    await other.clients[0]!.answer(1, bytesOf(0));
    await other.clients[1]!.answer(1, bytesOf(1));
    await other.clients[2]!.say("leave", {});
    await announced(other.clients[0]!);
    expect(await other.server.records()).toMatchObject([{ accepted: 2, dropped: 1 }]);
    await expect(other.clients[2]!.answer(1, bytesOf(2))).rejects.toMatchObject({ code: "AUTH_FAILED" });
  });
});

describe("an answer", () => {
  it("is neither accepted nor a duplicate before it is durable", async () => {
    const { store, held } = holdingStore();
    const { clients, connect, clock } = await openWorld(store);
    const states: string[] = [];
    const sent = clients[0]!.answer(1, bytesOf(0)).then(({ status }) => states.push(status));
    await clock.advance(0);
    const second = await ScriptedClient.join(connect, "counting", clients[0]!.identity);
    const repeated = second.answer(1, bytesOf(0)).then(({ status }) => states.push(status));
    await aWhile();
    expect(states).toEqual([]);
    await expect(second.answer(1, bytesOf(3))).rejects.toMatchObject({ code: "REPLAYED" });
    held[0]!.resolve();
    await Promise.all([sent, repeated]);
    expect(states.toSorted()).toEqual(["accepted", "duplicate"]);
    expect(held.length).toBe(1);
  });

  it("that could not be made durable was never there: its repeat fails with it, and it may be sent again", async () => {
    const { store, held } = holdingStore();
    const { server, clients, connect } = await openWorld(store);
    const sent = clients[0]!.answer(1, bytesOf(0));
    sent.catch(() => undefined);
    const second = await ScriptedClient.join(connect, "counting", clients[0]!.identity);
    const repeated = second.answer(1, bytesOf(0));
    repeated.catch(() => undefined);
    await vi.waitUntil(() => held.length === 1);
    await aWhile();
    held[0]!.reject(new Error("the disk is full"));
    await expect(sent).rejects.toMatchObject({ code: "INTERNAL" });
    await expect(repeated).rejects.toMatchObject({ code: "INTERNAL" });
    for (const [index, client] of clients.entries()) {
      const again = client.answer(1, bytesOf(index));
      await vi.waitUntil(() => held.length === index + 2);
      held[index + 1]!.resolve();
      expect((await again).status).toBe("accepted");
    }
    // The first device's newer connection is the one that is told.
    await Promise.all([second, clients[1]!, clients[2]!].map(announced));
    expect([...server.shared]).toEqual([1, 1, 1, 0]);
  });

  it("that is being made durable at the deadline is waited for and counted; one that comes then is too late", async () => {
    const { store, held } = holdingStore();
    const { server, clients, clock } = await openWorld(store);
    const pending = [0, 1].map((index) => clients[index]!.answer(1, bytesOf(index)));
    await vi.waitUntil(() => held.length === 2);
    await clock.advance(stageMs);
    expect(await server.records()).toEqual([]);
    await expect(clients[2]!.answer(1, bytesOf(2))).rejects.toMatchObject({ code: "ROUND_CLOSED" });
    // Both in one turn, as a group commit settles them.
    for (const one of held) one.resolve();
    expect((await Promise.all(pending)).map(({ status }) => status)).toEqual(["accepted", "accepted"]);
    await announced(clients[0]!);
    expect(await server.records()).toMatchObject([{ accepted: 2, dropped: 1 }]);
    expect([...server.shared]).toEqual([1, 1, 0, 0]);
  });
});

describe("a server", () => {
  it("leaves no timer behind when it is closed", async () => {
    const { server, clock, clients } = await openWorld();
    clients[2]!.channel.close();
    expect(clock.waiting).toBeGreaterThan(0);
    await server.close();
    expect(clock.waiting).toBe(0);
    expect(clients.map(({ channel }) => channel.isOpen)).toEqual([false, false, false]);
  });

  it("refuses a store that holds other terms under this run's name", async () => {
    const store = memoryStore();
    await openWorld(store);
    await expect(createServer({ run: countingRun(size, { rounds: 7 }), store })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("stops and says so when its store fails to keep a round", async () => {
    const inner = memoryStore();
    const store: Store = {
      ...inner,
      saveRound: () => {
        throw new Error("the disk is gone");
      },
    };
    const clock = createVirtualClock();
    const server = await createServer({ run: countingRun(size, { cohort: { size: 1, min: 1 } }), store, clock });
    servers.push(server);
    const failures: number[] = [];
    server.on("failed", ({ round }) => failures.push(round));
    const [near, far] = createMemoryPair();
    server.accept(far);
    const client = await ScriptedClient.join(async () => near, "counting");
    await vi.waitUntil(() => failures.length > 0);
    expect(failures).toEqual([1]);
    expect(client.asked).toEqual([]);
    const { url } = await server.listen();
    expect((await fetch(`${url}/ready`)).status).toBe(503);
    expect(await (await fetch(`${url}/status`)).json()).toMatchObject({ phase: "failed" });
  });
});
