/**
 * Ten thousand fuzzed frames and a thousand malformed handshakes, beside devices that take part: nothing crashes, nothing is accepted, every
 * round is exact, and memory comes back to where it was.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { socketConnector } from "../../client/socket.ts";
import { createServer, type Listener, memoryStore, type Server } from "../../server/index.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { createRng, type Rng } from "../../shared/random.ts";
import type { Header } from "../../shared/transport.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { ended, frame, rawSocket, upgradedSocket, upgradeRequest } from "../support/raw-socket.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";

const size = 4;
const rounds = 1_000_000;
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** The memory of this process, with everything collected that can be. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

async function open(): Promise<{ server: Server; listener: Listener; internal: unknown[] }> {
  const server = await createServer({
    run: countingRun(size, { rounds, cohort: { size: 3, min: 2 } }),
    store: memoryStore(),
    gatherMs: 10,
    joinMs: 60_000,
  });
  servers.push(server);
  const internal: unknown[] = [];
  server.on("internal", ({ error }) => internal.push(error));
  return { server, listener: await server.listen(), internal };
}

/** Two honest devices that answer one round after another until told to stop; every one of them must be exact. */
async function takePart(server: Server, { url }: Listener): Promise<{ stop(): Promise<void> }> {
  let isOver = false;
  const clients = await Promise.all([0, 1].map(() => ScriptedClient.join(socketConnector(url), "counting")));
  for (const [index, client] of clients.entries()) {
    client.onAsk = ({ round }) => {
      if (!isOver) void client.answer(round, floatBytes(contributionOf(size, index)));
    };
  }
  return {
    async stop() {
      isOver = true;
      await new Promise((resolve) => setTimeout(resolve, 100));
      const published = await server.records();
      expect(published.every(({ outcome, accepted }) => outcome === "published" && accepted === 2)).toBe(true);
      expect(clients.map(({ channel }) => channel.isOpen)).toEqual([true, true]);
      expect([...server.shared]).toEqual([published.length, published.length, 0, 0]);
      for (const { channel } of clients) channel.close();
    },
  };
}

const words = [
  "hello",
  "join",
  "pull",
  "answer",
  "brief",
  "leave",
  "catalogue",
  "ask",
  "published",
  "open",
  "contribution",
  "__proto__",
  "",
];
const fields = ["round", "stage", "digest", "signature", "total", "offset", "sha256", "run", "protocol", "role", "publicKey", "proof", "x"];

/** Any value that JSON has, and some that only look like those of a good header. */
function anyValue(rng: Rng, depth = 0): unknown {
  const values: readonly (() => unknown)[] = [
    () => rng.below(5) - 1,
    () => rng.float() * 2 ** rng.below(60),
    () => "A".repeat([0, 43, 86, 512][rng.below(4)]!),
    () => null,
    () => rng.below(2) === 0,
    () => (depth > 2 ? [] : Array.from({ length: rng.below(4) }, () => anyValue(rng, depth + 1))),
    () => (depth > 2 ? {} : anyHeader(rng, depth + 1)),
  ];
  return values[rng.below(values.length)]!();
}

function anyHeader(rng: Rng, depth = 0): Header {
  return Object.fromEntries(Array.from({ length: rng.below(8) }, () => [fields[rng.below(fields.length)]!, anyValue(rng, depth)]));
}

function anyBytes(rng: Rng, most: number): Uint8Array {
  return Uint8Array.from({ length: rng.below(most) }, () => rng.below(256));
}

/** A frame as it goes over TCP: rubbish, or a packet of Socket.IO that is almost one. */
function anyFrame(rng: Rng): Buffer {
  const packets: readonly (() => Buffer)[] = [
    () => Buffer.from(anyBytes(rng, 200)),
    () => frame(1 + rng.below(2), anyBytes(rng, 300)),
    () => frame(rng.below(16), anyBytes(rng, 125), rng.below(2) === 0),
    () => frame(1, Buffer.from(`42["message",${JSON.stringify(anyValue(rng))}`)),
    () =>
      frame(1, Buffer.from(`42${rng.below(10)}["message","answer",${JSON.stringify(anyHeader(rng))},${JSON.stringify(anyValue(rng))}]`)),
    () => frame(1, Buffer.from(`45${rng.below(12)}-${rng.below(9)}["message",{"_placeholder":true,"num":${rng.below(9) - 1}}]`)),
    () => frame(1, Buffer.from(`4${rng.below(9)}${"[".repeat(rng.below(60))}`)),
    () => frame(1, Buffer.from(`40${JSON.stringify(anyValue(rng))}`)),
  ];
  return packets[rng.below(packets.length)]!();
}

/** Sends frames from bare connections, each until the server ends it. */
async function sendFrames(port: number, count: number, rng: Rng): Promise<void> {
  for (let sent = 0; sent < count; ) {
    const socket = await upgradedSocket(port);
    const end = ended(socket);
    socket.write(frame(1, Buffer.from("40")));
    const most = Math.min(count - sent, 1 + rng.below(40));
    for (let i = 0; i < most; i++) socket.write(anyFrame(rng));
    sent += most;
    // Whatever was not refused is not waited for.
    setTimeout(() => socket.destroy(), 30);
    await end;
  }
}

/** Sends messages from a device that has joined, and joins anew whenever it is cut off. None of them may be taken. */
async function sendMessages(connect: ReturnType<typeof socketConnector>, server: Server, count: number, rng: Rng): Promise<number> {
  let accepted = 0;
  for (let sent = 0; sent < count; ) {
    const client = await ScriptedClient.join(connect, "counting");
    // It takes no part: whatever it is asked for it declines.
    client.takesPart = false;
    const batch = Array.from({ length: Math.min(48, count - sent) }, async () => {
      const kind = words[rng.below(words.length)]!;
      const header = anyHeader(rng);
      if (kind === "leave" && Object.keys(header).length === 0) return;
      try {
        await client.say(kind, header, anyBytes(rng, 400));
        accepted += 1;
      } catch (error) {
        if (!isCofactorError(error) || error.code === "INTERNAL") throw error;
      }
    });
    await Promise.all(batch);
    sent += batch.length;
    client.channel.close();
  }
  expect(server.hasFailed).toBe(false);
  return accepted;
}

const handshakes: readonly ((rng: Rng, port: number) => string | Uint8Array)[] = [
  (rng) => anyBytes(rng, 400),
  () => "GET / HTTP/9.9\r\n\r\n",
  (rng) => `GET /socket.io/?EIO=${rng.below(9)}&transport=${["polling", "webtransport", "x"][rng.below(3)]} HTTP/1.1\r\nHost: a\r\n\r\n`,
  (_rng, port) => upgradeRequest(port).replace("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 1"),
  (_rng, port) => upgradeRequest(port).replace(/Sec-WebSocket-Key: .*/, "Sec-WebSocket-Key: short"),
  (_rng, port) => upgradeRequest(port, "/other/?EIO=4&transport=websocket"),
  (rng, port) => upgradeRequest(port, `/socket.io/?EIO=4&transport=websocket&sid=${"x".repeat(rng.below(200))}`),
  (_rng, port) => upgradeRequest(port).replace("\r\n\r\n", "\r\nOrigin: https://evil.example\r\n\r\n"),
  (_rng, port) => upgradeRequest(port).replace("\r\n\r\n", `\r\nX: ${"y".repeat(20_000)}\r\n\r\n`),
  (_rng, port) => upgradeRequest(port).replace("GET ", "POST "),
  (_rng, port) => upgradeRequest(port).replace("\r\n\r\n", "\r\nContent-Length: -1\r\nTransfer-Encoding: chunked\r\n\r\nzz"),
];

async function shakeBadly(port: number, count: number, rng: Rng): Promise<number> {
  let accepted = 0;
  for (let at = 0; at < count; at += 20) {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = await rawSocket(port);
        let text = "";
        socket.on("data", (chunk: Buffer) => {
          text += chunk.toString("latin1");
        });
        const end = ended(socket);
        socket.write(handshakes[rng.below(handshakes.length)]!(rng, port));
        setTimeout(() => socket.destroy(), 40);
        await end;
        if (text.startsWith("HTTP/1.1 101")) accepted += 1;
      }),
    );
  }
  return accepted;
}

describe("ten thousand fuzzed frames and a thousand malformed handshakes", () => {
  it("crash nothing, are accepted nowhere, disturb no round, and leave no memory behind", async () => {
    const { server, listener, internal } = await open();
    const rng = createRng(7);
    const connect = socketConnector(listener.url);
    const before = { joined: 0 };
    server.on("joined", () => (before.joined += 1));
    const honest = await takePart(server, listener);
    // Whatever is made once, by the first of each kind, is part of what memory comes back to.
    await sendFrames(listener.port, 400, rng.fork("warm frames"));
    await sendMessages(connect, server, 200, rng.fork("warm messages"));
    await shakeBadly(listener.port, 40, rng.fork("warm handshakes"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const baseline = heapBytes();
    const roundsBefore = (await server.records()).length;

    await Promise.all([
      sendFrames(listener.port, 3_000, rng.fork("frames", 1)),
      sendFrames(listener.port, 3_000, rng.fork("frames", 2)),
      sendMessages(connect, server, 4_000, rng.fork("messages")).then((accepted) => expect(accepted).toBe(0)),
      shakeBadly(listener.port, 1_000, rng.fork("handshakes")).then((accepted) => expect(accepted).toBe(0)),
    ]);

    expect(internal).toEqual([]);
    expect((await server.records()).length).toBeGreaterThan(roundsBefore);
    await honest.stop();
    for (let i = 0; i < 300 && listener.connections() > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect([listener.connections(), listener.pending()]).toEqual([0, 0]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(heapBytes() - baseline).toBeLessThan(12_000_000);
    expect((await fetch(`${listener.url}/health`)).status).toBe(200);
  });
});
