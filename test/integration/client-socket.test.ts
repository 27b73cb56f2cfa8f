/** The device's end of a socket: what becomes of servers that are away, refuse, hang up or take less. */
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { Server as SocketServer } from "socket.io";
import { afterEach, expect, it } from "vitest";
import { socketConnector } from "../../client/index.ts";
import { createSocketChannel } from "../../shared/socket-channel.ts";
import type { Channel } from "../../shared/transport.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function port(server: HttpServer | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A Socket.IO server that serves an echo on each connection. */
async function echo(limits: object = {}, onChannel: (channel: Channel) => void = () => undefined): Promise<string> {
  const http = createHttpServer();
  const sockets = new SocketServer(http, { transports: ["websocket"], ...limits });
  sockets.on("connection", (socket) => {
    const channel = createSocketChannel({
      on: (event, listener) => socket.on(event, listener as (...args: unknown[]) => void),
      emit: (event, ...args) => socket.emit(event, ...args),
      disconnect: () => socket.disconnect(true),
    });
    channel.serve((_kind, packet) => packet);
    onChannel(channel);
  });
  closers.push(() => sockets.close());
  return `http://127.0.0.1:${await port(http)}`;
}

it("bytes arrive as plain bytes of their own, both ways", async () => {
  const url = await echo();
  const channel = await socketConnector(url)();
  closers.push(() => channel.close());
  const { header, payload } = await channel.request("echo", { header: { n: 1 }, payload: Uint8Array.of(1, 2, 3).subarray(1) });
  expect(header).toEqual({ n: 1 });
  expect(payload).toEqual(Uint8Array.of(2, 3));
  expect(payload.constructor).toBe(Uint8Array);
});

it("a server that is not there, or refuses, is a retryable disconnection", async () => {
  const refusing = await echo({
    allowRequest: (_request: unknown, decide: (error: string | null, ok: boolean) => void) => decide(null, false),
  });
  for (const url of [refusing, "http://127.0.0.1:1"]) {
    await expect(socketConnector(url)()).rejects.toMatchObject({ code: "DISCONNECTED", retryable: true });
  }
});

it("a server that never answers, or is given up by the caller, does not hold the caller", async () => {
  const silent = createTcpServer();
  const url = `http://127.0.0.1:${await port(silent)}`;
  const open = new Set<{ destroy(): void }>();
  silent.on("connection", (socket) => open.add(socket));
  closers.push(() => {
    for (const socket of open) socket.destroy();
    silent.close();
  });
  await expect(socketConnector(url, { timeoutMs: 100 })()).rejects.toMatchObject({ code: "DISCONNECTED" });
  const controller = new AbortController();
  const connecting = socketConnector(url)({ signal: controller.signal });
  controller.abort();
  await expect(connecting).rejects.toMatchObject({ code: "CANCELLED" });
  await expect(socketConnector(url)({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
});

it("a request whose connection ends is disconnected; one that the server cannot take is not to be sent again", async () => {
  const url = await echo({ maxHttpBufferSize: 10_000 }, (channel) => channel.serve(() => new Promise(() => undefined)));
  const gone = await socketConnector(url)();
  const pending = gone.request("echo", { header: {}, payload: new Uint8Array(1) });
  gone.close();
  await expect(pending).rejects.toMatchObject({ code: "DISCONNECTED", retryable: true });
  const full = await socketConnector(url)();
  const refused = full.request("echo", { header: {}, payload: new Uint8Array(20_000) });
  await expect(refused).rejects.toMatchObject({ code: "MESSAGE_TOO_LARGE", retryable: false });
});

it("what the protocol does not carry is refused before it is sent", async () => {
  const channel = await socketConnector(await echo())();
  closers.push(() => channel.close());
  await expect(channel.request("echo", { header: {}, payload: new Uint8Array(262_145) })).rejects.toMatchObject({
    code: "MESSAGE_TOO_LARGE",
  });
  expect(channel.isOpen).toBe(true);
  expect(channel.traffic.bytesSent).toBe(0);
});
