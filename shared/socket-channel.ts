/**
 * A Channel over any Socket.IO-shaped socket: the same code serves the server's end and the device's. Imports transport, errors.
 *
 * On the wire: one event, "message", with (kind, header, one block of bytes) and an acknowledgement that is either
 * { ok: true, header, payload } or { ok: false, error: { code, message, retryable, retryAfterMs? } }.
 */
import * as v from "valibot";
import { CofactorError, fromWireError, toWireError } from "./errors.ts";
import {
  assertPacketSize,
  type Channel,
  type ChannelTraffic,
  disconnected,
  type Header,
  headerBytes,
  type Packet,
  PendingRequests,
  type RequestHandler,
  type RequestOptions,
} from "./transport.ts";

/** What a socket must offer. */
export interface SocketLike {
  on(event: string, listener: (...args: never[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  disconnect(): unknown;
}

/** What the end that wraps a socket may watch. */
export interface SocketChannelOptions {
  /** True when too much waits to be written to this peer: the next message ends the connection instead. */
  readonly isOverfull?: () => boolean;
  /** Told of every message that was refused before a handler saw it. */
  readonly onRefused?: (error: CofactorError) => void;
}

const answerSchema = v.variant("ok", [
  v.object({ ok: v.literal(true), header: v.record(v.string(), v.unknown()), payload: v.unknown() }),
  v.object({
    ok: v.literal(false),
    error: v.object({
      code: v.string(),
      message: v.string(),
      retryable: v.boolean(),
      retryAfterMs: v.optional(v.pipe(v.number(), v.finite())),
    }),
  }),
]);

/** Wraps a connected socket. */
export function createSocketChannel(socket: SocketLike, options: SocketChannelOptions = {}): Channel {
  return new SocketChannel(socket, options);
}

class SocketChannel implements Channel {
  readonly #socket: SocketLike;
  readonly #options: SocketChannelOptions;
  #handler: RequestHandler | undefined;
  readonly #early: (() => void)[] = [];
  readonly #pending = new PendingRequests();
  readonly #closeListeners: ((reason: string) => void)[] = [];
  #closed: string | undefined;
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(socket: SocketLike, options: SocketChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("message", (...args: unknown[]) => this.#receive(args));
    socket.on("disconnect", (reason: unknown, details: unknown) => this.#end(String(reason), isTooLarge(details)));
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  get traffic(): ChannelTraffic {
    return { bytesSent: this.#bytesSent, bytesReceived: this.#bytesReceived };
  }

  serve(handler: RequestHandler): void {
    this.#handler = handler;
    for (const task of this.#early.splice(0)) task();
  }

  onClose(listener: (reason: string) => void): void {
    if (this.#closed === undefined) this.#closeListeners.push(listener);
    else listener(this.#closed);
  }

  close(reason = "closed"): void {
    // First our own reason: the socket's would be its generic one.
    this.#end(reason);
    this.#socket.disconnect();
  }

  async request(kind: string, packet: Packet, options: RequestOptions = {}): Promise<Packet> {
    assertPacketSize(kind, packet);
    this.#closeIfOverfull();
    if (this.#closed !== undefined) throw disconnected(this.#closed);
    this.#bytesSent += headerBytes(packet.header) + packet.payload.length;
    // A copy: the socket may write these bytes after the caller has changed its own.
    const payload = packet.payload.slice();
    return this.#pending.wait(kind, options, (finish) => {
      this.#socket.emit("message", kind, packet.header, payload, (answer: unknown) => {
        try {
          finish(this.#parseAnswer(kind, answer));
        } catch (error) {
          finish(error as CofactorError);
        }
      });
    });
  }

  #parseAnswer(kind: string, answer: unknown): Packet {
    const parsed = v.safeParse(answerSchema, answer);
    if (!parsed.success)
      throw new CofactorError("MESSAGE_MALFORMED", `the answer to "${kind}" expected { ok, header, payload } or { ok, error }`);
    if (!parsed.output.ok) throw fromWireError(parsed.output.error);
    const payload = toBytes(parsed.output.payload);
    if (payload === undefined) throw new CofactorError("MESSAGE_MALFORMED", `the answer to "${kind}" expected bytes`);
    this.#bytesReceived += headerBytes(parsed.output.header) + payload.length;
    return { header: parsed.output.header, payload };
  }

  #receive(args: readonly unknown[]): void {
    const [kind, header, rawPayload] = args;
    const acknowledge = args.at(-1);
    if (typeof acknowledge !== "function") {
      this.#options.onRefused?.(new CofactorError("MESSAGE_MALFORMED", "a message expected to be acknowledged"));
      return;
    }
    const answer = acknowledge as (answer: unknown) => void;
    const payload = toBytes(rawPayload);
    const refuse = (error: CofactorError): void => {
      this.#options.onRefused?.(error);
      answer(refusal(error));
    };
    if (args.length !== 4 || typeof kind !== "string" || kind.length > 32 || !isHeader(header) || payload === undefined) {
      refuse(new CofactorError("MESSAGE_MALFORMED", "a message expected (kind, header, bytes)"));
      return;
    }
    try {
      assertPacketSize(kind, { header, payload });
    } catch (error) {
      refuse(error as CofactorError);
      return;
    }
    this.#bytesReceived += headerBytes(header) + payload.length;
    const handle = (): void => void this.#handle(kind, { header, payload }, answer);
    if (this.#handler === undefined) this.#early.push(handle);
    else handle();
  }

  async #handle(kind: string, packet: Packet, answer: (answer: unknown) => void): Promise<void> {
    try {
      const reply = await this.#handler!(kind, packet);
      this.#closeIfOverfull();
      if (!this.isOpen) return;
      this.#bytesSent += headerBytes(reply.header) + reply.payload.length;
      answer({ ok: true, header: reply.header, payload: reply.payload.slice() });
    } catch (error) {
      answer(refusal(error));
    }
  }

  #closeIfOverfull(): void {
    if (this.isOpen && this.#options.isOverfull?.() === true) this.close("the peer reads too slowly");
  }

  #end(reason: string, wasTooLarge = false): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    // Sent again, the same message would end the next connection too: this one is not to be retried.
    const error = wasTooLarge
      ? new CofactorError("MESSAGE_TOO_LARGE", "the peer closed the connection: a message was beyond its limit")
      : disconnected(reason);
    this.#pending.failAll(error);
    for (const listener of this.#closeListeners.splice(0)) listener(reason);
  }
}

/** True for WebSocket's close code 1009, as Socket.IO's client hands it over. */
function isTooLarge(details: unknown): boolean {
  const context = (details as { readonly context?: { readonly code?: unknown } } | undefined)?.context;
  return context?.code === 1009;
}

function refusal(error: unknown): { readonly ok: false; readonly error: ReturnType<typeof toWireError> } {
  return { ok: false, error: toWireError(error) };
}

function isHeader(value: unknown): value is Header {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Bytes in any form in which a platform delivers them. */
function toBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}
