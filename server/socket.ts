/**
 * The server's end of Socket.IO: websocket only, small limits, origins and connection counts checked before a byte is kept.
 * Imports socket.io, node:http.
 */
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Server as SocketServer } from "socket.io";
import { CofactorError } from "../shared/errors.ts";
import { createSocketChannel } from "../shared/socket-channel.ts";
import type { Channel } from "../shared/transport.ts";

/** Limits of a listener. */
export interface ListenOptions {
  /** Default 127.0.0.1: reached from this machine only. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** Origins of pages that may connect beside those of this host, for example "https://shop.example". Programs send none. */
  readonly allowedOrigins?: readonly string[];
  /** Open connections in all; default 20,000. */
  readonly maxConnections?: number;
  /** Open connections from one address; default 1,000. */
  readonly maxConnectionsPerAddress?: number;
  /** An app's own pages, on the same origin as the socket. Takes a request before the server's pages do; false leaves it to them. */
  readonly site?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** A listening socket. */
export interface Listener {
  readonly url: string;
  readonly port: number;
  connections(): number;
  close(): Promise<void>;
}

/** Who is told of what happens on a listener. */
export interface ListenHandlers {
  readonly pages: RequestListener;
  readonly onChannel: (channel: Channel) => void;
  /** A message that was refused before a session saw it; some of them end the connection. */
  readonly onRefused: (error: CofactorError) => void;
}

/** Packets that may wait to be written to one peer, two for each message; whoever does not read them is cut off. */
const maxWaitingPackets = 256;

/** Bytes of one message: a chunk, its header and the frame around them. */
const maxMessageBytes = 524_288;

/** Listens and hands over a channel for each connection. */
export async function listen(options: ListenOptions, handlers: ListenHandlers): Promise<Listener> {
  const http = createHttpServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2_000 },
    (request, response) => {
      if (options.site?.(request, response) !== true) handlers.pages(request, response);
    },
  );
  http.maxHeadersCount = 64;
  const perAddress = new Map<string, number>();
  let connections = 0;

  const mayConnect = (request: IncomingMessage): boolean => {
    const origin = request.headers.origin;
    if (origin !== undefined && !isOfHost(origin, request.headers.host) && !(options.allowedOrigins ?? []).includes(origin)) return false;
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
  sockets.engine.on(
    "connection",
    (raw: { request: IncomingMessage; once(event: "close", listener: (reason: string, cause?: unknown) => void): void }) => {
      const address = addressOf(raw.request);
      connections += 1;
      perAddress.set(address, (perAddress.get(address) ?? 0) + 1);
      raw.once("close", (reason, cause) => {
        const error = toRefusal(reason, cause);
        if (error !== undefined) handlers.onRefused(error);
        connections -= 1;
        const left = (perAddress.get(address) ?? 1) - 1;
        if (left > 0) perAddress.set(address, left);
        else perAddress.delete(address);
      });
    },
  );
  sockets.on("connection", (socket) => {
    // Public at run time, private in the types.
    const conn = socket.conn as unknown as { readonly writeBuffer: readonly unknown[] };
    const channel = createSocketChannel(
      {
        on: (event, listener) => socket.on(event, listener as (...args: unknown[]) => void),
        emit: (event, ...args) => socket.emit(event, ...args),
        disconnect: () => socket.disconnect(true),
      },
      { isOverfull: () => conn.writeBuffer.length > maxWaitingPackets, onRefused: handlers.onRefused },
    );
    // Packets that cannot be decoded; the connection is ended behind it.
    socket.on("error", () => handlers.onRefused(new CofactorError("MESSAGE_MALFORMED", "expected Socket.IO packets")));
    handlers.onChannel(channel);
  });

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

/** The refusal behind an end of the connection that a message caused: one too large, or no message at all. */
function toRefusal(reason: string, cause: unknown): CofactorError | undefined {
  if (reason === "parse error") return new CofactorError("MESSAGE_MALFORMED", "expected Socket.IO packets");
  if (reason !== "transport error" || !(cause instanceof Error)) return undefined;
  // Engine.IO hands on nothing of the WebSocket's error but its text.
  if (cause.message.includes("Max payload size exceeded"))
    return new CofactorError("MESSAGE_TOO_LARGE", `expected messages of at most ${maxMessageBytes} bytes`);
  return cause.message.includes("Invalid WebSocket frame")
    ? new CofactorError("MESSAGE_MALFORMED", "expected well-formed WebSocket frames")
    : undefined;
}

function isOfHost(origin: string, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? "unknown";
}
