/** Peers that cost by being slow, silent or many: each is bounded, nothing of them is left, and honest devices finish their round. */
import { afterEach, describe, expect, it } from "vitest";
import { socketConnector } from "../../client/socket.ts";
import { createServer, type Listener, type ListenOptions, memoryStore, type Server, type ServerOptions } from "../../server/index.ts";
import { type Clock, platformClock } from "../../shared/clock.ts";
import { isCofactorError } from "../../shared/errors.ts";
import type { Channel } from "../../shared/transport.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { ended, frame, rawSocket, upgradedSocket } from "../support/raw-socket.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";

const size = 4;
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(
  listenOptions: ListenOptions = {},
  options: Partial<ServerOptions> = {},
): Promise<{ server: Server; listener: Listener }> {
  const run = countingRun(size, { rounds: 1, cohort: { size: 2, min: 2 } });
  const server = await createServer({ run, store: memoryStore(), gatherMs: 4_000, ...options });
  servers.push(server);
  return { server, listener: await server.listen(listenOptions) };
}

async function expectRoundWorks(server: Server, { url }: Listener): Promise<void> {
  const clients = await Promise.all([0, 1].map(() => ScriptedClient.join(socketConnector(url), "counting")));
  await Promise.all(
    clients.map(async (client, index) => {
      const { round } = await client.invitation();
      await client.answer(round, floatBytes(contributionOf(size, index)));
      await client.until(() => client.published.length === 1);
    }),
  );
  expect([...server.shared]).toEqual([1, 1, 0, 0]);
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
}

describe("a slow peer", () => {
  it.each([
    ["says nothing at all", undefined],
    ["sends its headers byte by byte", "GET /health HTTP/1.1\r\nHost: a\r\nX-Slow: "],
    ["never ends its headers", "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n"],
  ])("is disconnected when it %s, while others are served", async (_name, start) => {
    const { server, listener } = await open({ headersMs: 300 });
    const sockets = await Promise.all(Array.from({ length: 40 }, () => rawSocket(listener.port)));
    const timers = sockets.map((socket) => {
      if (start !== undefined) socket.write(start);
      return setInterval(() => start !== undefined && !socket.destroyed && socket.write("x"), 50);
    });
    const ends = Promise.all(sockets.map(ended));
    await expectRoundWorks(server, listener);
    await ends;
    for (const timer of timers) clearInterval(timer);
    expect(listener.connections()).toBeLessThanOrEqual(2);
  });

  it("is disconnected when it sends one frame in small pieces for ever, its TCP connection too", async () => {
    const { server, listener } = await open({ pingMs: 200, connectMs: 60_000 }, { joinMs: 60_000 });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => upgradedSocket(listener.port)));
    expect(listener.pending()).toBe(20);
    const timers = sockets.map((socket) => {
      // The beginning of a text message in fragments; no pong can stand between them.
      socket.write(frame(1, Buffer.from("4"), false));
      return setInterval(() => !socket.destroyed && socket.write(frame(0, Buffer.from("2"), false)), 40);
    });
    const ends = Promise.all(sockets.map(ended));
    await until(() => listener.connections() === 0);
    await ends;
    for (const timer of timers) clearInterval(timer);
    expect(listener.pending()).toBe(0);
    await expectRoundWorks(server, listener);
  });

  it("is disconnected when it opens a WebSocket and stops before Socket.IO's handshake", async () => {
    const { server, listener } = await open({ connectMs: 200 });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => upgradedSocket(listener.port)));
    await Promise.all(sockets.map(ended));
    await until(() => listener.connections() === 0);
    await expectRoundWorks(server, listener);
  });

  it("cannot make the server keep a half message before it has joined", async () => {
    const { server, listener } = await open({ maxBytesBeforeJoin: 4_096 });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => upgradedSocket(listener.port)));
    for (const socket of sockets) for (let i = 0; i < 8; i++) socket.write(frame(i === 0 ? 2 : 0, new Uint8Array(1_000), false));
    await Promise.all(sockets.map(ended));
    await until(() => listener.connections() === 0);
    expect(server.metrics.refused()).toEqual({ MESSAGE_TOO_LARGE: 20 });
    await expectRoundWorks(server, listener);
  });

  it("is cut off when it asks for models and reads none of them", async () => {
    const run = countingRun(60_000, { rounds: 1, cohort: { size: 2, min: 2 } });
    const server = await createServer({ run, store: memoryStore(), gatherMs: 60_000, maxRequestsInWork: 10_000 });
    servers.push(server);
    const listener = await server.listen({ maxBytesWaiting: 1_000_000 });
    const client = await ScriptedClient.join(socketConnector(listener.url), "counting");
    // What reads below the client's socket is stopped by not letting its process turn: requests go out, answers pile up at the server.
    const asked = Array.from({ length: 400 }, () => client.say("pull", { sha256: server.model.sha256, offset: 0 }));
    const outcomes = await Promise.allSettled(asked);
    const failed = outcomes.filter(({ status }) => status === "rejected");
    expect(failed.length).toBeGreaterThan(0);
    await until(() => listener.connections() === 0);
  });
});

describe("many peers", () => {
  it("that never join take the places for it, not those of devices, and lose them in time", async () => {
    const { server, listener } = await open({ maxPendingJoins: 30 }, { joinMs: 1_000 });
    const pendingAtRefusal: number[] = [];
    server.on("refused", () => pendingAtRefusal.push(listener.pending()));
    const connect = socketConnector(listener.url);
    const honest = await Promise.all([0, 1].map(() => ScriptedClient.join(connect, "counting")));
    const outcomes = await Promise.allSettled(Array.from({ length: 90 }, () => connect()));
    const refused = outcomes.filter(({ status }) => status === "rejected").length;
    expect(refused).toBeGreaterThan(0);
    expect(Object.keys(server.metrics.refused())).toEqual(["UNAVAILABLE"]);
    // Only a full house refuses anybody, and it is never fuller.
    expect(new Set(pendingAtRefusal)).toEqual(new Set([30]));
    await Promise.all(
      honest.map(async (client, index) => client.answer((await client.invitation()).round, floatBytes(contributionOf(size, index)))),
    );
    await Promise.all(honest.map((client) => client.until(() => client.published.length === 1)));
    await until(() => listener.pending() === 0);
    expect((await connect()).isOpen).toBe(true);
  });

  it("that come back in one instant are let in at a rate, and all of them in the end", async () => {
    // Time goes on with each refusal alone: however slow this machine is, only the burst gets in at first.
    let nowMs = 0;
    const clock: Clock = { now: () => nowMs, after: platformClock.after };
    const { server, listener } = await open({ connectsPerSecond: 50, connectBurst: 100, clock });
    const connect = socketConnector(listener.url);
    const joinAtLast = async (): Promise<ScriptedClient> => {
      for (let waitMs = 50; ; waitMs = Math.min(800, waitMs * 2)) {
        try {
          return await ScriptedClient.join(connect, "counting");
        } catch (error) {
          if (!isCofactorError(error) || !error.retryable) throw error;
          nowMs += 10;
          await new Promise((resolve) => setTimeout(resolve, Math.random() * waitMs));
        }
      }
    };
    const clients = await Promise.all(Array.from({ length: 300 }, joinAtLast));
    expect(clients.filter(({ channel }) => channel.isOpen).length).toBe(300);
    expect(server.metrics.refused()["RATE_LIMITED"]).toBeGreaterThanOrEqual(200);
    expect(listener.pending()).toBe(0);
    for (const { channel } of clients) channel.close();
    await until(() => listener.connections() === 0);
  });

  it("of one key end its oldest connection", async () => {
    const { listener } = await open({}, { maxConnectionsPerIdentity: 2 });
    const connect = socketConnector(listener.url);
    const first = await ScriptedClient.join(connect, "counting");
    const channels: Channel[] = [];
    for (let i = 0; i < 2; i++) channels.push((await ScriptedClient.join(connect, "counting", first.identity)).channel);
    await until(() => !first.channel.isOpen);
    expect(channels.map(({ isOpen }) => isOpen)).toEqual([true, true]);
  });
});

describe("a hasty device", () => {
  it("is told when to ask again, may then, and is cut off when it does not wait; all its connections count together", async () => {
    const { server, listener } = await open({}, { requestsPerSecond: 5, requestBurst: 10, maxRequestsInWork: 32 });
    const connect = socketConnector(listener.url);
    const client = await ScriptedClient.join(connect, "counting");
    const second = await ScriptedClient.join(connect, "counting", client.identity);
    const pull = (from: ScriptedClient): Promise<unknown> => from.say("pull", { sha256: server.model.sha256, offset: 0 });
    const outcomes = await Promise.allSettled(Array.from({ length: 9 }, (_, index) => pull(index % 2 === 0 ? client : second)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as { retryAfterMs: number }] : []));
    expect(refused.length).toBe(0);
    await expect(Promise.all([pull(client), pull(second), pull(client)])).rejects.toMatchObject({
      code: "RATE_LIMITED",
      retryable: true,
      retryAfterMs: expect.any(Number) as number,
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    await expect(pull(client)).resolves.toBeDefined();
    void Promise.allSettled(Array.from({ length: 80 }, () => pull(client)));
    await until(() => !client.channel.isOpen);
    expect(second.channel.isOpen).toBe(true);
  });
});
