/** What only the socket's edge sees: rubbish below the messages, origins, crowds, slow joiners, and the pages beside it. */

import { io } from "socket.io-client";
import { afterEach, describe, expect, it } from "vitest";
import { socketConnector } from "../../client/socket.ts";
import { createServer, type Listener, type ListenOptions, memoryStore, type Server, type ServerOptions } from "../../server/index.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
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

/** Two honest devices finish a round. */
async function expectRoundWorks(server: Server, url: string): Promise<void> {
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

/** A bare WebSocket that has gone through Engine.IO's and Socket.IO's handshake. */
async function bareSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("error", () => reject(new Error("the socket was refused")), { once: true });
    socket.addEventListener("message", (event) => {
      if (String(event.data).startsWith("0")) socket.send("40");
      else if (String(event.data).startsWith("40")) resolve();
    });
  });
  return socket;
}

function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === WebSocket.CLOSED) resolve();
    else socket.addEventListener("close", () => resolve(), { once: true });
  });
}

/** Waits until a count has arrived: the server's end of a connection closes a moment after ours. */
async function untilRefused(server: Server, code: string): Promise<void> {
  for (let i = 0; i < 200 && server.metrics.refused()[code] === undefined; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(server.metrics.refused()).toEqual({ [code]: 1 });
}

describe("the socket's edge", () => {
  it.each([
    ["text that is no packet", "hello?"],
    ["an event with random bytes for an argument list", '42["message",'],
    ["a binary packet that nobody announced", new Uint8Array([1, 2, 3])],
  ])("ends a connection that sends %s, counts it, and serves the others", async (_name, frame) => {
    const { server, listener } = await open();
    const socket = await bareSocket(listener.url);
    socket.send(frame);
    await closed(socket);
    await untilRefused(server, "MESSAGE_MALFORMED");
    await expectRoundWorks(server, listener.url);
  });

  it("ends a connection that sends one message beyond the limit, counts it, and serves the others", async () => {
    const { server, listener } = await open();
    const socket = await bareSocket(listener.url);
    socket.send(new Uint8Array(600_000));
    await closed(socket);
    await untilRefused(server, "MESSAGE_TOO_LARGE");
    await expectRoundWorks(server, listener.url);
  });

  it.each([
    ["a kind that is no text", [7, {}, new Uint8Array(0)]],
    ["a header that is a list", ["hello", [], new Uint8Array(0)]],
    ["a header that is nothing", ["hello", null, new Uint8Array(0)]],
    ["text for bytes", ["hello", {}, "bytes"]],
    ["no bytes", ["hello", {}]],
    ["more than a message has", ["hello", {}, new Uint8Array(0), 1]],
  ])("refuses %s with MESSAGE_MALFORMED and keeps the connection", async (_name, args) => {
    const { server, listener } = await open();
    const socket = io(listener.url, { transports: ["websocket"], forceNew: true, reconnection: false });
    const reply: unknown = await socket.timeout(3_000).emitWithAck("message", ...args);
    expect(reply).toMatchObject({ ok: false, error: { code: "MESSAGE_MALFORMED", retryable: false } });
    expect(server.metrics.refused()).toEqual({ MESSAGE_MALFORMED: 1 });
    expect(socket.connected).toBe(true);
    socket.disconnect();
  });

  it("refuses a payload or a header beyond the message limits with MESSAGE_TOO_LARGE", async () => {
    const { server, listener } = await open({ maxBytesBeforeJoin: 1_000_000 });
    const socket = io(listener.url, { transports: ["websocket"], forceNew: true, reconnection: false });
    const replies: unknown[] = [
      await socket.timeout(3_000).emitWithAck("message", "answer", {}, new Uint8Array(300_000)),
      await socket.timeout(3_000).emitWithAck("message", "answer", { text: "x".repeat(70_000) }, new Uint8Array(0)),
    ];
    for (const reply of replies) expect(reply).toMatchObject({ ok: false, error: { code: "MESSAGE_TOO_LARGE" } });
    expect(server.metrics.refused()).toEqual({ MESSAGE_TOO_LARGE: 2 });
    socket.disconnect();
  });

  it("counts a message that asks for no acknowledgement and does nothing about it", async () => {
    const { server, listener } = await open();
    const socket = io(listener.url, { transports: ["websocket"], forceNew: true, reconnection: false });
    await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
    socket.emit("message", "hello", {}, new Uint8Array(0));
    await untilRefused(server, "MESSAGE_MALFORMED");
    socket.disconnect();
  });

  it("takes pages of its own host and of the listed origins, and no others", async () => {
    const { listener } = await open({ allowedOrigins: ["https://shop.example"] });
    const attempt = async (origin: string | undefined): Promise<boolean> => {
      const socket = io(listener.url, {
        transports: ["websocket"],
        forceNew: true,
        reconnection: false,
        ...(origin === undefined ? {} : { extraHeaders: { origin } }),
      });
      const connected = await new Promise<boolean>((resolve) => {
        socket.once("connect", () => resolve(true));
        socket.once("connect_error", () => resolve(false));
      });
      socket.disconnect();
      return connected;
    };
    expect(await attempt(undefined)).toBe(true);
    expect(await attempt(listener.url)).toBe(true);
    expect(await attempt("https://shop.example")).toBe(true);
    expect(await attempt("https://evil.example")).toBe(false);
    expect(await attempt("null")).toBe(false);
  });

  it("refuses more connections from one address, and in all, than its limits", async () => {
    for (const limits of [{ maxConnectionsPerAddress: 2 }, { maxConnections: 2 }]) {
      const { listener } = await open(limits);
      const connect = socketConnector(listener.url);
      const first = await connect();
      await connect();
      await expect(connect()).rejects.toMatchObject({ code: "DISCONNECTED" });
      first.close();
      for (let i = 0; i < 200 && listener.connections() === 2; i++) await new Promise((resolve) => setTimeout(resolve, 10));
      expect((await connect()).isOpen).toBe(true);
    }
  });

  it("ends a connection that does not join in time, and leaves one that did", async () => {
    const { listener } = await open({}, { joinMs: 150 });
    const connect = socketConnector(listener.url);
    const [idle, joined] = [await connect(), await ScriptedClient.join(connect, "counting")];
    await new Promise<void>((resolve) => idle.onClose(() => resolve()));
    expect(joined.channel.isOpen).toBe(true);
  });

  it("shows health, readiness, counts and a status that names no client, and nothing else", async () => {
    const { server, listener } = await open();
    const clients = [await ScriptedClient.join(socketConnector(listener.url), "counting")];
    const page = async (path: string, init?: RequestInit): Promise<{ status: number; body: string }> => {
      const response = await fetch(`${listener.url}${path}`, init);
      return { status: response.status, body: await response.text() };
    };
    expect(await page("/health")).toEqual({ status: 200, body: "ok\n" });
    expect(await page("/ready")).toEqual({ status: 200, body: "ready\n" });
    const metrics = await page("/metrics");
    expect(metrics.body).toContain("cofactor_connections 1\n");
    expect(Number(/cofactor_received_bytes_total (\d+)/.exec(metrics.body)?.[1])).toBe(clients[0]!.channel.traffic.bytesSent);
    const status = await page("/status");
    expect(JSON.parse(status.body)).toMatchObject({ run: "counting", phase: "gathering", connected: 1, connections: 1, refused: {} });
    expect(status.body + metrics.body).not.toContain(clients[0]!.identity.id);
    expect((await page("/etc/passwd")).status).toBe(404);
    expect((await page("/health", { method: "POST" })).status).toBe(405);
    expect(await server.records()).toEqual([]);
  });
});
