/**
 * The server's end of Socket.IO: websocket only, small limits, origins and connection counts checked before a byte is kept.
 * Imports socket.io, node:http.
 */
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Server as SocketServer } from "socket.io";
import { createSocketChannel } from "../shared/socket-channel.ts";
import type { Channel } from "../shared/transport.ts";

/** Limits of a listener. */
export interface ListenOptions {
  /** Default 127.0.0.1: reached from this machine only. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** Origins of pages that may connect, for example "https://shop.example"; pages of other origins are refused. Programs send none. */
  readonly allowedOrigins?: readonly string[];
  /** Open connections in all; default 20,000. */
  readonly maxConnections?: number;
  /** Open connections from one address; default 1,000. */
  readonly maxConnectionsPerAddress?: number;
}

/** A listening socket. */
export interface Listener {
  readonly url: string;
  readonly port: number;
  connections(): number;
  close(): Promise<void>;
}

/** Bytes of one message: a chunk, its header and the frame around them. */
const maxMessageBytes = 524_288;

/** Listens and hands over a channel for each connection. */
export async function listen(options: ListenOptions, pages: RequestListener, onChannel: (channel: Channel) => void): Promise<Listener> {
  const http = createHttpServer({ headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2_000 }, pages);
  http.maxHeadersCount = 64;
  const perAddress = new Map<string, number>();
  let connections = 0;

  const mayConnect = (request: IncomingMessage): boolean => {
    const origin = request.headers.origin;
    if (origin !== undefined && !(options.allowedOrigins ?? []).includes(origin)) return false;
    if (connections >= (options.maxConnections ?? 20_000)) return false;
    return (perAddress.get(addressOf(request)) ?? 0) < (options.maxConnectionsPerAddress ?? 1_000);
  };
  const sockets = new SocketServer(http, {
    transports: ["websocket"],
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    pingInterval: 20_000,
    pingTimeout: 20_000,
    connectTimeout: 5_000,
    perMessageDeflate: false,
    allowRequest: (request, decide) => decide(null, mayConnect(request)),
  });
  // Counted from the handshake on, not from the namespace's: whoever never joins counts too.
  sockets.engine.on("connection", (raw: { request: IncomingMessage; once(event: "close", listener: () => void): void }) => {
    const address = addressOf(raw.request);
    connections += 1;
    perAddress.set(address, (perAddress.get(address) ?? 0) + 1);
    raw.once("close", () => {
      connections -= 1;
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    });
  });
  sockets.on("connection", (socket) => onChannel(createSocketChannel({
    on: (event, listener) => socket.on(event, listener as (...args: unknown[]) => void),
    emit: (event, ...args) => socket.emit(event, ...args),
    disconnect: () => socket.disconnect(true),
  })));

  const host = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port ?? 0, host, resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    connections: () => connections,
    close: async () => {
      await sockets.close();
    },
  };
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? "unknown";
}
