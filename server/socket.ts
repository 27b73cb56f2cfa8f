/**
 * The server's end of Socket.IO: websocket only, small limits, origins and connection counts checked before a byte is kept.
 * Imports socket.io, the gate, the web server.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Socket as PeerSocket, Server as SocketServer } from "socket.io";
import { type Clock, platformClock } from "../shared/clock.ts";
import { CofactorError } from "../shared/errors.ts";
import { createSocketChannel } from "../shared/socket-channel.ts";
import type { Channel } from "../shared/transport.ts";
import { addressReader } from "./address.ts";
import { type Entry, Gate } from "./gate.ts";
import { type ConnectionLimits, connectionLimits, limitsFrom } from "./limits.ts";
import { createWebServer, type TlsOptions } from "./web-server.ts";

/** Where to listen, to whom, and the limits of it. */
export interface ListenOptions extends Partial<ConnectionLimits> {
  /** Default 127.0.0.1: reached from this machine only. */
  readonly host?: string | undefined;
  /** 0 takes a free one. */
  readonly port?: number | undefined;
  /** By default none: then TLS stands in front, or nothing leaves this machine. */
  readonly tls?: TlsOptions | undefined;
  /** Origins of pages that may connect beside those of this host, for example "https://shop.example". Programs send none. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Proxies, as addresses or networks, whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** An app's own pages, on the same origin as the socket. Takes a request before the server's pages do; false leaves it to them. */
  readonly site?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Measures rates; by default the platform's. */
  readonly clock?: Clock;
}

/** A listening socket. */
export interface Listener {
  readonly url: string;
  readonly port: number;
  connections(): number;
  /** Those of them that have not joined. */
  pending(): number;
  /** Takes another certificate for the connections that come. @throws CofactorError CONFIG_INVALID; then the old one stays */
  setTls(tls: TlsOptions): void;
  close(): Promise<void>;
}

/** Who is told of what happens on a listener. */
export interface ListenHandlers {
  readonly pages: RequestListener;
  /** `admit` is called once the connection has joined: until then it counts as pending, and may send little. */
  readonly onChannel: (channel: Channel, admit: () => void) => void;
  /** What was refused before a session saw it: a connection, or a message that may have ended one. */
  readonly onRefused: (error: CofactorError) => void;
}

/** Packets that may wait to be written to one peer, two for each message; whoever does not read them is cut off. */
const maxWaitingPackets = 256;

/** Bytes of one message: a chunk, its header and the frame around them. */
const maxMessageBytes = 524_288;

/** How long a connection's TCP socket may outlive it: a peer that closes in good order is faster. */
const lingerMs = 2_000;

/** A connection below Socket.IO: public at run time, not in its types. */
interface RawConnection {
  readonly request: IncomingMessage;
  readonly writeBuffer: readonly unknown[];
  once(event: "close", listener: (reason: string, cause?: unknown) => void): void;
}

/** Listens and hands over a channel for each connection. @throws CofactorError CONFIG_INVALID for limits, certificates, proxies; UNAVAILABLE for an address in use */
export async function listen(options: ListenOptions, handlers: ListenHandlers): Promise<Listener> {
  const limits = limitsFrom(connectionLimits, options);
  const addressOf = addressReader(options.trustedProxies ?? []);
  const gate = new Gate({ limits, allowedOrigins: options.allowedOrigins ?? [], addressOf, clock: options.clock ?? platformClock });
  const { http, protocol, setTls } = createWebServer(options.tls, limits, (request, response) => {
    if (options.site?.(request, response) !== true) handlers.pages(request, response);
  });
  const sockets = new SocketServer(http, {
    transports: ["websocket"],
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    pingInterval: limits.pingMs,
    pingTimeout: limits.pingMs,
    connectTimeout: limits.connectMs,
    perMessageDeflate: false,
    allowRequest: (request, decide) => {
      const refusal = gate.refusal(request);
      if (refusal !== undefined) handlers.onRefused(refusal);
      decide(null, refusal === undefined);
    },
  });
  const entries = new WeakMap<object, Entry>();
  sockets.engine.on("connection", (raw: RawConnection) => {
    const entry = gate.enter(raw.request);
    entries.set(raw, entry);
    // What is too large for both limits is refused once.
    let isRefused = false;
    const refuse = (error: CofactorError): void => {
      if (!isRefused) handlers.onRefused(error);
      isRefused = true;
    };
    boundUntilJoined(raw, entry, limits.maxBytesBeforeJoin, refuse);
    raw.once("close", (reason, cause) => {
      const error = toRefusal(reason, cause);
      if (error !== undefined) refuse(error);
      entry.leave();
      // A peer that leaves its end of the TCP connection open is not waited for.
      const { socket } = raw.request;
      if (!socket.destroyed) setTimeout(() => socket.destroy(), lingerMs).unref();
    });
  });
  sockets.on("connection", (socket) => {
    const raw = socket.conn as unknown as RawConnection;
    const channel = createSocketChannel(wrapped(socket), {
      isOverfull: () => raw.writeBuffer.length > maxWaitingPackets || raw.request.socket.writableLength > limits.maxBytesWaiting,
      onRefused: handlers.onRefused,
    });
    // Packets that cannot be decoded; the connection is ended behind it.
    socket.on("error", () => handlers.onRefused(new CofactorError("MESSAGE_MALFORMED", "expected Socket.IO packets")));
    handlers.onChannel(channel, () => entries.get(raw)?.admit());
  });

  const host = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    http.once("error", (cause: NodeJS.ErrnoException) => {
      const where = `${host}:${options.port ?? 0}`;
      reject(
        new CofactorError(
          "UNAVAILABLE",
          `${where} cannot be listened on (${cause.code ?? "unknown"}): is it in use, or not this machine's?`,
          { cause },
        ),
      );
    });
    http.listen(options.port ?? 0, host, resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `${protocol}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    connections: () => gate.connections,
    pending: () => gate.pending,
    setTls,
    close: async () => {
      await sockets.close();
    },
  };
}

function wrapped(socket: PeerSocket): Parameters<typeof createSocketChannel>[0] {
  return {
    on: (event, listener) => socket.on(event, listener as (...args: unknown[]) => void),
    emit: (event, ...args) => socket.emit(event, ...args),
    disconnect: () => socket.disconnect(true),
  };
}

/** Ends a connection that sends more than a join takes before it has joined: a half message of a stranger is not kept. */
function boundUntilJoined(raw: RawConnection, entry: Entry, maxBytes: number, onRefused: (error: CofactorError) => void): void {
  const { socket } = raw.request;
  let bytes = 0;
  const count = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    if (!entry.isAdmitted && bytes <= maxBytes) return;
    socket.off("data", count);
    if (entry.isAdmitted) return;
    onRefused(new CofactorError("MESSAGE_TOO_LARGE", `expected a join within ${maxBytes} bytes`));
    socket.destroy();
  };
  socket.on("data", count);
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
