/** The coordinator on a store that takes its time: what happens while a write is under way waits, and nobody is told of what is not durable. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { createServer, memoryStore, type Server, type ServerEvents, type Store } from "../../../server/index.ts";
import { Serial } from "../../../server/serial.ts";
import { type Connector, createMemoryPair } from "../../../shared/transport.ts";
import { contributionOf, countingRun } from "../../support/counting-run.ts";
import { floatBytes, ScriptedClient } from "../../support/scripted-client.ts";
import { contributionStage, graceMs, size, stagedRun, stageMs } from "../../support/staged-run.ts";
import { createVirtualClock, type VirtualClock } from "../../support/virtual-clock.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** Time in which something that must not happen would happen. */
const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 15));

type Held = "saveRound" | "saveAnswer" | "publish" | "abandon";

/** A store whose writes of some kinds wait for the test. */
class SlowStore {
  readonly inner = memoryStore();
  readonly store: Store;
  readonly held: { readonly kind: Held; resolve(): void; reject(error: unknown): void }[] = [];
  holds: (kind: Held) => boolean = () => false;

  constructor() {
    const hold =
      (kind: Held) =>
      (...values: unknown[]): Promise<never> => {
        const write = (): Promise<never> => (this.inner[kind] as (...all: unknown[]) => Promise<never>)(...values);
        // Round 0, the start, is not held.
        if (!this.holds(kind)) return write();
        return new Promise((resolve, reject) => this.held.push({ kind, resolve: () => void write().then(resolve, reject), reject }));
      };
    const writes = { saveRound: hold("saveRound"), saveAnswer: hold("saveAnswer"), publish: hold("publish"), abandon: hold("abandon") };
    this.store = { ...this.inner, ...writes, close: async () => undefined };
  }

  /** Lets the one write that is held go on. */
  async release(): Promise<void> {
    await vi.waitUntil(() => this.held.length > 0);
    expect(this.held).toHaveLength(1);
    this.held.pop()!.resolve();
    await aWhile();
  }
}

interface World {
  readonly slow: SlowStore;
  readonly server: Server;
  readonly clock: VirtualClock;
  readonly clients: readonly ScriptedClient[];
  readonly connect: Connector;
  readonly failures: ServerEvents["failed"][];
}

/** Four devices that are asked for the first of three stages. */
async function openWorld(): Promise<World> {
  const slow = new SlowStore();
  const clock = createVirtualClock();
  const server = await createServer({ run: stagedRun(), store: slow.store, clock, gatherMs: 50 });
  servers.push(server);
  const failures: ServerEvents["failed"][] = [];
  server.on("failed", (failure) => failures.push(failure));
  const connect: Connector = async () => {
    const [near, far] = createMemoryPair();
    server.accept(far);
    return near;
  };
  const clients = await Promise.all(Array.from({ length: 4 }, () => ScriptedClient.join(connect, "counting")));
  await Promise.all(clients.map((client) => client.invitation(1)));
  return { slow, server, clock, clients, connect, failures };
}

function answer(client: ScriptedClient, stage: number, index: number): Promise<unknown> {
  return client.answer(1, stage === contributionStage ? floatBytes(contributionOf(size, index)) : Uint8Array.of(1), { stage });
}

const answerAll = (clients: readonly ScriptedClient[], stage: number): Promise<unknown> =>
  Promise.all(clients.map((client, index) => answer(client, stage, index)));

const stagesAsked = (client: ScriptedClient): number[] => client.asked.map(({ stage }) => stage);

/** The round to its end, from the stage on that is open. */
async function finish({ slow, clients, server }: World, from: number, present = clients): Promise<void> {
  slow.holds = () => false;
  for (let stage = from; stage < 3; stage++) {
    await Promise.all(present.map((client) => client.until(() => stagesAsked(client).includes(stage))));
    await answerAll(present, stage);
  }
  await present[0]!.until(() => present[0]!.published.length === 1);
  expect((await server.records()).length).toBe(1);
}

describe("while a stage is being made durable", () => {
  it("nobody is asked for it, nor given its brief, nor taken an answer from; then all are asked once", async () => {
    const world = await openWorld();
    const { slow, clients } = world;
    slow.holds = (kind) => kind === "saveRound";
    await answerAll(clients, 0);
    await aWhile();
    expect(slow.held.map(({ kind }) => kind)).toEqual(["saveRound"]);
    expect(clients.map(stagesAsked)).toEqual([[0], [0], [0], [0]]);
    await expect(answer(clients[0]!, 1, 0)).rejects.toMatchObject({ code: "ROUND_CLOSED" });
    await expect(clients[0]!.say("brief", { round: 1, stage: 1, offset: 0 })).rejects.toMatchObject({ code: "ROUND_CLOSED" });
    // The first stage takes nothing more, whatever becomes of the second.
    await expect(clients[0]!.answer(1, Uint8Array.of(2), { stage: 0 })).rejects.toMatchObject({ code: "REPLAYED" });
    await slow.release();
    expect(clients.map(stagesAsked)).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    await finish(world, 1);
    expect([...world.server.shared]).toEqual([1, 1, 1, 1, 0]);
  });

  it("a device that comes back is asked once; one that goes has its grace from then on", async () => {
    const world = await openWorld();
    const { slow, clients, clock, connect } = world;
    slow.holds = (kind) => kind === "saveRound";
    await answerAll(clients, 0);
    clients[3]!.channel.close();
    clients[2]!.channel.close();
    await aWhile();
    const back = await ScriptedClient.join(connect, "counting", clients[2]!.identity);
    await clock.advance(graceMs - 1);
    await slow.release();
    expect(stagesAsked(back)).toEqual([1]);
    await clock.advance(1);
    const present = [clients[0]!, clients[1]!, back];
    await finish(world, 1, present);
    expect([...world.server.shared]).toEqual([1, 1, 1, 0, 0]);
  });

  it("a device whose grace ends meanwhile is waited for no more", async () => {
    const world = await openWorld();
    const { slow, clients, clock } = world;
    slow.holds = (kind) => kind === "saveRound";
    await answerAll(clients, 0);
    clients[3]!.channel.close();
    await clock.advance(10 * graceMs);
    await slow.release();
    await finish(world, 1, clients.slice(0, 3));
    expect(await world.server.records()).toMatchObject([{ accepted: 3, dropped: 1 }]);
  });

  it("the last stage's deadline, which passes meanwhile, does not end it", async () => {
    const world = await openWorld();
    const { slow, clients, clock } = world;
    slow.holds = (kind) => kind === "saveRound";
    await answerAll(clients.slice(0, 3), 0);
    await clock.advance(stageMs);
    await aWhile();
    await clock.advance(stageMs);
    await slow.release();
    expect(stagesAsked(clients[0]!)).toEqual([0, 1]);
    await clock.advance(stageMs - 1);
    await finish(world, 1, clients.slice(0, 3));
    expect([...world.server.shared]).toEqual([1, 1, 1, 0, 0]);
  });

  it("a server that is closed leaves no timer, asks nobody, and leaves what is durable", async () => {
    const { slow, clients, clock, server, failures } = await openWorld();
    slow.holds = (kind) => kind === "saveRound";
    await answerAll(clients, 0);
    await vi.waitUntil(() => slow.held.length === 1);
    const asked = clients.map(stagesAsked);
    await server.close();
    await slow.release();
    expect(clock.waiting).toBe(0);
    expect(clients.map(stagesAsked)).toEqual(asked);
    expect(failures).toEqual([]);
    expect(await slow.inner.openRound("counting")).toMatchObject({ round: 1, stage: 1 });
  });

  it("a write that fails then stops the driving", async () => {
    const { slow, clients, failures } = await openWorld();
    slow.holds = (kind) => kind === "saveRound";
    await answerAll(clients, 0);
    await vi.waitUntil(() => slow.held.length === 1);
    slow.held[0]!.reject(new Error("the disk is gone"));
    await vi.waitUntil(() => failures.length === 1);
    expect(stagesAsked(clients[0]!)).toEqual([0]);
  });
});

describe("while an answer is being made durable", () => {
  it("its device may be lost beyond its grace: it counts, and is waited for no more", async () => {
    const world = await openWorld();
    const { slow, clients, clock } = world;
    slow.holds = (kind) => kind === "saveAnswer";
    const sent = answer(clients[3]!, 0, 3);
    sent.catch(() => undefined);
    await vi.waitUntil(() => slow.held.length === 1);
    clients[3]!.channel.close();
    await clock.advance(10 * graceMs);
    await slow.release();
    slow.holds = () => false;
    await answerAll(clients.slice(0, 3), 0);
    await finish(world, 1, clients.slice(0, 3));
    expect([...world.server.shared]).toEqual([1, 1, 1, 0, 0]);
  });

  it("the driving may be stopped: nothing goes on from it", async () => {
    const { slow, clients, server, failures } = await openWorld();
    slow.holds = (kind) => kind === "saveAnswer";
    const all = clients.map((client) => answer(client, 0, 0));
    for (const one of all) one.catch(() => undefined);
    await vi.waitUntil(() => slow.held.length === 4);
    await server.close();
    for (const one of slow.held.splice(0)) one.resolve();
    await aWhile();
    expect(failures).toEqual([]);
    expect(await slow.inner.openRound("counting")).toMatchObject({ stage: 0 });
    expect(await slow.inner.answers("counting", 1)).toHaveLength(4);
  });
});

describe("while a publication is being made durable", () => {
  it("nobody is told of it, the round is not over, and newcomers are told the model before it", async () => {
    const world = await openWorld();
    const { slow, clients, connect, server } = world;
    for (const stage of [0, 1]) {
      await Promise.all(clients.map((client) => client.until(() => stagesAsked(client).includes(stage))));
      await answerAll(clients, stage);
    }
    slow.holds = (kind) => kind === "publish";
    await Promise.all(clients.map((client) => client.until(() => stagesAsked(client).includes(2))));
    await answerAll(clients, 2);
    await vi.waitUntil(() => slow.held.length === 1);
    const newcomer = await ScriptedClient.join(connect, "counting");
    await aWhile();
    expect(server.model.round).toBe(0);
    expect([...clients, newcomer].map(({ published }) => published.length)).toEqual([0, 0, 0, 0, 0]);
    await slow.release();
    expect(server.model.round).toBe(1);
    expect([...clients, newcomer].map(({ published }) => published.length)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe("a server whose run another one has taken over", () => {
  it("acknowledges nothing more, stops, and says so", async () => {
    const store: Store = { ...memoryStore(), close: async () => undefined };
    const run = countingRun(4, { cohort: { size: 1, min: 1 } });
    const first = await createServer({ run, store, gatherMs: 1 });
    servers.push(first);
    const failures: ServerEvents["failed"][] = [];
    first.on("failed", (failure) => failures.push(failure));
    const [near, far] = createMemoryPair();
    first.accept(far);
    const client = await ScriptedClient.join(async () => near, "counting");
    await client.invitation(1);
    const second = await createServer({ run, store });
    servers.push(second);
    const bytes = floatBytes(contributionOf(4, 0));
    await expect(client.answer(1, bytes)).rejects.toMatchObject({ code: "FENCED", retryable: true });
    await vi.waitUntil(() => failures.length > 0);
    expect(failures).toMatchObject([{ round: 1, error: { code: "FENCED" } }]);
    const { url } = await first.listen();
    expect((await fetch(`${url}/ready`)).status).toBe(503);
    expect(await store.answers("counting", 1)).toEqual([]);
    // The second one asks the same device for the same round.
    const [nearer, farther] = createMemoryPair();
    second.accept(farther);
    const again = await ScriptedClient.join(async () => nearer, "counting", client.identity);
    await again.invitation(1);
    await again.answer(1, bytes);
    await again.until(() => again.published.length === 1);
    expect([...second.shared]).toEqual([1, 0, 0, 0]);
  });
});

describe("a queue of work", () => {
  it("begins at once when it is idle, and otherwise behind what was handed over before, whatever that does", async () => {
    const queue = new Serial();
    const log: string[] = [];
    let release: () => void = () => undefined;
    const first = queue.run(async () => {
      log.push("first begins");
      await new Promise<void>((resolve) => void (release = resolve));
      log.push("first ends");
      throw new Error("first failed");
    });
    expect(log).toEqual(["first begins"]);
    const second = queue.run(() => log.push("second"));
    // Handed over from within, not waited for.
    const third = queue.run(() => void queue.run(() => log.push("fourth")));
    await aWhile();
    expect(log).toEqual(["first begins"]);
    release();
    await expect(first).rejects.toThrow("first failed");
    expect(await second).toBe(3);
    await third;
    await aWhile();
    expect(log).toEqual(["first begins", "first ends", "second", "fourth"]);
    void queue.run(() => log.push("fifth"));
    expect(log.at(-1)).toBe("fifth");
  });
});
