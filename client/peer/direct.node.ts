/**
 * A carrier between Node processes without a relay: each listens with Socket.IO and connects to its neighbors. Imports socket.io, pieces,
 * ../socket, shared.
 *
 * Whoever connects may claim any name: only the sealed frame behind it proves one (shared/peer/sealed-link.ts).
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { CofactorError } from "../../shared/errors.ts";
import type { PeerId } from "../../shared/peer/program.ts";
import { parseRelayHeader } from "../../shared/peer/relay-messages.ts";
import { createSocketChannel } from "../../shared/socket-channel.ts";
import { type Channel, noBytes, type Packet } from "../../shared/transport.ts";
import { socketConnector } from "../socket.ts";
import type { Carrier } from "./peer.ts";
import { cutFrame, FrameJoiner } from "./pieces.ts";

/** Where an agent listens. */
export interface DirectOptions {
  /** This agent's name. */
  readonly id: PeerId;
  /** Default 127.0.0.1: reached from this machine only. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** Connections at once; default 256. */
  readonly maxConnections?: number;
  /** Wait between two attempts to reach a neighbor; default 500. */
  readonly retryMs?: number;
}

/** A listening carrier. */
export interface DirectCarrier extends Carrier {
  readonly url: string;
  /** Says where a neighbor listens; without it frames for it are lost. */
  locate(neighbor: PeerId, url: string): void;
}

/** Bytes of one message: a piece, its header and the frame around them. */
const maxMessageBytes = 524_288;

/** A carrier that listens. @throws Error of node:net when the port is taken */
export async function directCarrier(options: DirectOptions): Promise<DirectCarrier> {
  const http = createServer((_request, response) => response.writeHead(404).end());
  const { maxConnections = 256, retryMs = 500 } = options;
  let listener: (from: PeerId, bytes: Uint8Array) => void = () => undefined;
  let connections = 0;
  let frames = 0;
  let isClosed = false;
  const sockets = new Server(http, {
    transports: ["websocket"],
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    perMessageDeflate: false,
    // A page of a browser sends its origin: agents are programs.
    allowRequest: (request, decide) => decide(null, request.headers.origin === undefined && connections < maxConnections),
  });
  sockets.engine.on("connection", (raw: { once(event: "close", heard: () => void): void }) => {
    connections += 1;
    raw.once("close", () => void (connections -= 1));
  });

  sockets.on("connection", (socket) => {
    const channel = createSocketChannel({
      on: (event, heard) => socket.on(event, heard as (...args: unknown[]) => void),
      emit: (event, ...args) => socket.emit(event, ...args),
      disconnect: () => socket.disconnect(true),
    });
    // One neighbor a connection: the first name claimed is its only one.
    const joiner = new FrameJoiner();
    let claimed: PeerId | undefined;
    channel.serve((kind, packet: Packet) => {
      if (kind !== "peer-frame") throw new CofactorError("MESSAGE_MALFORMED", "an agent expected frames alone");
      const { from, ...piece } = parseRelayHeader("peer-frame", packet.header);
      claimed ??= from;
      if (claimed !== from) throw new CofactorError("AUTH_FAILED", "a connection expected frames of one agent");
      const whole = joiner.add(piece, packet.payload);
      if (whole !== undefined) listener(from, whole);
      return { header: {}, payload: noBytes };
    });
  });
  const host = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port ?? 0, host, resolve);
  });

  const places = new Map<PeerId, string>();
  const channels = new Map<PeerId, Channel | "waiting">();

  async function reach(neighbor: PeerId, url: string): Promise<void> {
    channels.set(neighbor, "waiting");
    try {
      const channel = await socketConnector(url)();
      if (isClosed) return channel.close();
      channels.set(neighbor, channel);
      channel.onClose(() => channels.delete(neighbor));
    } catch {
      setTimeout(() => channels.delete(neighbor), retryMs);
    }
  }

  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${(http.address() as AddressInfo).port}`,
    locate: (neighbor, url) => void places.set(neighbor, url),
    send(to, bytes) {
      const channel = channels.get(to);
      const url = places.get(to);
      if (channel === undefined && url !== undefined && !isClosed) void reach(to, url);
      // Lost until the connection stands: the lockstep sends it again.
      if (channel === undefined || channel === "waiting") return;
      frames = (frames + 1) % 0x1_0000_0000;
      for (const [piece, part] of cutFrame(frames, bytes)) {
        channel.request("peer-frame", { header: { from: options.id, ...piece }, payload: part }).catch(() => undefined);
      }
    },
    receive(next) {
      listener = next;
    },
    close() {
      isClosed = true;
      for (const channel of channels.values()) if (channel !== "waiting") channel.close();
      void sockets.close();
    },
  };
}
