/** Rounds of several stages under a clock of the test's: who is lost before a stage, in it, or after its answer is waited for no longer than its grace. */
import { afterEach, describe, expect, it } from "vitest";
import { createServer, memoryStore, type Server } from "../../../server/index.ts";
import { type Connector, createMemoryPair } from "../../../shared/transport.ts";
import { contributionOf } from "../../support/counting-run.ts";
import { floatBytes, ScriptedClient } from "../../support/scripted-client.ts";
import { contributionStage, graceMs, size, stagedRun, stages } from "../../support/staged-run.ts";
import { createVirtualClock, type VirtualClock } from "../../support/virtual-clock.ts";

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

async function openWorld(ready: (stage: number) => Promise<void> = async () => undefined): Promise<World> {
  const clock = createVirtualClock();
  const server = await createServer({ run: stagedRun(ready), store: memoryStore(), clock, gatherMs: 50 });
  servers.push(server);
  const connect: Connector = async () => {
    const [near, far] = createMemoryPair();
    server.accept(far);
    return near;
  };
  const clients = await Promise.all(Array.from({ length: 4 }, () => ScriptedClient.join(connect, "counting")));
  await settled();
  return { server, clock, clients, connect };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

async function answer(client: ScriptedClient, stage: number, index: number): Promise<void> {
  await client.until(() => client.asked.some((header) => header.stage === stage));
  await client.answer(1, stage === contributionStage ? floatBytes(contributionOf(size, index)) : Uint8Array.of(1), { stage });
}

async function answerAll(clients: readonly ScriptedClient[], stage: number): Promise<void> {
  for (const [index, client] of clients.entries()) await answer(client, stage, index);
}

/** Plays the stages from one on with the first three devices. The fourth is lost: the clock moves on by `passMs` in all, short of any deadline. */
async function finish({ server, clock, clients }: World, from: number, passMs: number): Promise<void> {
  const stayed = clients.slice(0, 3);
  const startedMs = clock.now();
  for (let stage = from; stage < stages.length; stage++) {
    await answerAll(stayed, stage);
    await clock.advance(stage === from ? passMs : 0);
  }
  await stayed[0]!.until(() => stayed[0]!.published.length === 1);
  expect(await server.records()).toMatchObject([{ outcome: "published", invited: 4 }]);
  expect(clock.now()).toBe(startedMs + passMs);
}

describe("a device that is lost", () => {
  it.each([0, 1, 2])("within stage %i, unanswered, is waited for no longer than its grace", async (stage) => {
    const world = await openWorld();
    for (let earlier = 0; earlier < stage; earlier++) await answerAll(world.clients, earlier);
    world.clients[3]!.channel.close();
    await finish(world, stage, graceMs);
    expect([...world.server.shared]).toEqual([1, 1, 1, stage > contributionStage ? 1 : 0, 0]);
  });

  it.each([0, 1])("within stage %i, after its answer, is not waited for in the next once its grace is over", async (stage) => {
    const world = await openWorld();
    for (let earlier = 0; earlier < stage; earlier++) await answerAll(world.clients, earlier);
    await answer(world.clients[3]!, stage, 3);
    world.clients[3]!.channel.close();
    await world.clock.advance(graceMs);
    await answerAll(world.clients.slice(0, 3), stage);
    await finish(world, stage + 1, 0);
    expect([...world.server.shared]).toEqual([1, 1, 1, stage === contributionStage ? 1 : 0, 0]);
  });

  it("just before the next stage begins has what is left of its grace in it", async () => {
    const world = await openWorld();
    await answer(world.clients[3]!, 0, 3);
    world.clients[3]!.channel.close();
    await world.clock.advance(graceMs - 1);
    await answerAll(world.clients.slice(0, 3), 0);
    await answerAll(world.clients.slice(0, 3), 1);
    expect(world.clients[0]!.asked.map((header) => header.stage)).toEqual([0, 1]);
    await world.clock.advance(1);
    await world.clients[0]!.until(() => world.clients[0]!.asked.length === 3);
  });

  it("while a stage is being made ready, or the round itself, has its grace too", async () => {
    for (const held of [-1, 1]) {
      let release: () => void = () => undefined;
      const world = await openWorld((stage) => (stage === held ? new Promise((resolve) => void (release = resolve)) : Promise.resolve()));
      if (held === 1) await answerAll(world.clients, 0);
      world.clients[3]!.channel.close();
      await settled();
      release();
      await finish(world, Math.max(0, held), graceMs);
    }
  });
});

describe("a device that comes back", () => {
  it("within its grace, or before the stage after it, is asked again and counted", async () => {
    for (const awayMs of [graceMs - 1, 10 * graceMs]) {
      const world = await openWorld();
      await answer(world.clients[3]!, 0, 3);
      world.clients[3]!.channel.close();
      await world.clock.advance(awayMs);
      const back = await ScriptedClient.join(world.connect, "counting", world.clients[3]!.identity);
      await settled();
      await answerAll(world.clients.slice(0, 3), 0);
      await world.clock.advance(10 * graceMs);
      const clients = [...world.clients.slice(0, 3), back];
      for (const stage of [1, 2]) await answerAll(clients, stage);
      await back.until(() => back.published.length === 1);
      expect([...world.server.shared]).toEqual([1, 1, 1, 1, 0]);
    }
  });

  it("within a stage, in its grace, is asked for that stage", async () => {
    const world = await openWorld();
    await answerAll(world.clients, 0);
    await answerAll(world.clients.slice(0, 3), 1);
    world.clients[3]!.channel.close();
    await world.clock.advance(graceMs - 1);
    const back = await ScriptedClient.join(world.connect, "counting", world.clients[3]!.identity);
    await answer(back, 1, 3);
    await answerAll([...world.clients.slice(0, 3), back], 2);
    await back.until(() => back.published.length === 1);
    expect(await world.server.records()).toMatchObject([{ accepted: 4, dropped: 0 }]);
  });
});
