/**
 * The seam for transports: one connection as two `Channel` ends, and the in-memory pair. Imports errors.ts.
 *
 * A message is a kind, a small JSON header and at most one block of bytes; every request is answered once or fails.
 * Both ends are equal: a server asks its clients with the same call with which clients ask a server.
 */
import { CofactorError, fromWireError, isCofactorError, toWireError } from "./errors.ts";

/** A header: a plain JSON object. The receiving edge parses it with the message's schema before use. */
export type Header = Readonly<Record<string, unknown>>;

/** What travels in either direction. */
export interface Packet {
  readonly header: Header;
  /** Empty where the message has no bytes. */
  readonly payload: Uint8Array;
  /** True when the sender never writes to these bytes again: a transport may hand them on without a copy of its own. */
  readonly isLasting?: boolean;
}

/** Answers a peer's request; a throw becomes a coded refusal on this channel alone. */
export type RequestHandler = (kind: string, packet: Packet) => Promise<Packet> | Packet;

/** How long to wait for an answer, and what ends the wait early. */
export interface RequestOptions {
  /** Default 20,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Bytes and messages that passed through one end of a channel. */
export interface ChannelTraffic {
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/**
 * One end of a connection.
 *
 * Guarantees (test/conformance/transport.ts): requests of one end are handled in the order in which they were sent; bytes
 * and headers arrive as they were sent and share no memory with the sender's; a peer's error arrives with its code; a
 * pending request fails with DISCONNECTED when the connection ends and with TIMED_OUT after `timeoutMs`; `onClose` is
 * called once. Nothing is sent again by itself: the session above decides that.
 */
export interface Channel {
  /**
   * Sends a request and waits for its answer.
   * @throws CofactorError DISCONNECTED, TIMED_OUT, CANCELLED, MESSAGE_TOO_LARGE, or what the peer refused it with
   */
  request(kind: string, packet: Packet, options?: RequestOptions): Promise<Packet>;
  /** Sets the handler of the peer's requests; requests that came before are handled now. */
  serve(handler: RequestHandler): void;
  /** Calls `listener` once when the connection has ended, at once if it has already. */
  onClose(listener: (reason: string) => void): void;
  readonly isOpen: boolean;
  readonly traffic: ChannelTraffic;
  /** Ends the connection. */
  close(reason?: string): void;
}

/** Opens a channel to a server; fails with DISCONNECTED when there is none. */
export type Connector = (options?: { readonly signal?: AbortSignal }) => Promise<Channel>;

/**
 * A connector over the servers of one run: each connection goes to another one than the last, since that one ended, was lost or said no; where one
 * cannot be reached the next is tried at once, and DISCONNECTED comes when none can.
 * @param first which to begin with: another one for each caller, so that they spread
 * @throws TypeError for none
 */
export function connectorOver(connectors: readonly Connector[], first: number): Connector {
  const count = connectors.length;
  if (count === 0) throw new TypeError('"connectors" expected at least one');
  let next = first % count;
  return async (options) => {
    for (let attempt = 1; ; attempt++) {
      const connect = connectors[next]!;
      next = (next + 1) % count;
      try {
        return await connect(options);
      } catch (error) {
        if (attempt >= count || !isCofactorError(error) || error.code !== "DISCONNECTED") throw error;
      }
    }
  };
}

/** No bytes. */
export const noBytes: Uint8Array = new Uint8Array(0);

/** The largest payload that any transport carries in one message: 256 KiB. Longer blocks go in chunks. */
export const maxPayloadBytes = 262_144;

/** What a header may take up at most, as JSON text. */
export const maxHeaderBytes = 65_536;

/** Bytes that a header takes up on the wire, as JSON text in UTF-8. */
export function headerBytes(header: Header): number {
  return new TextEncoder().encode(JSON.stringify(header)).length;
}

/** @throws CofactorError MESSAGE_TOO_LARGE when a packet is beyond what any transport carries */
export function assertPacketSize(kind: string, packet: Packet): void {
  if (packet.payload.length > maxPayloadBytes) {
    throw new CofactorError("MESSAGE_TOO_LARGE", `"${kind}" expected at most ${maxPayloadBytes} bytes, got ${packet.payload.length}`);
  }
  const size = headerBytes(packet.header);
  if (size > maxHeaderBytes) {
    throw new CofactorError("MESSAGE_TOO_LARGE", `"${kind}" expected a header of at most ${maxHeaderBytes} bytes, got ${size}`);
  }
}

/** The requests of one end that wait for an answer: each settles once, by its answer, its time, its caller or the connection's end. */
export class PendingRequests {
  readonly #failures = new Set<(error: CofactorError) => void>();

  /**
   * Sends a request and waits for its outcome.
   * @param send sends it; calls `finish` with the answer or an error
   * @throws CofactorError CANCELLED, TIMED_OUT, or what `finish` or `failAll` were given
   */
  wait(kind: string, options: RequestOptions, send: (finish: (outcome: Packet | CofactorError) => void) => void): Promise<Packet> {
    const cancelled = (): CofactorError => new CofactorError("CANCELLED", `"${kind}" was cancelled by the caller`);
    if (options.signal?.aborted === true) return Promise.reject(cancelled());
    return new Promise<Packet>((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        options.signal?.removeEventListener("abort", cancel);
        this.#failures.delete(fail);
        act();
      };
      const fail = (error: CofactorError): void => settle(() => reject(error));
      const cancel = (): void => fail(cancelled());
      const timeoutMs = options.timeoutMs ?? 20_000;
      const timer = setTimeout(
        () => fail(new CofactorError("TIMED_OUT", `"${kind}" expected an answer within ${timeoutMs} ms`, { retryable: true })),
        timeoutMs,
      );
      options.signal?.addEventListener("abort", cancel);
      this.#failures.add(fail);
      send((outcome) => (outcome instanceof Error ? fail(outcome) : settle(() => resolve(outcome))));
    });
  }

  /** Fails every request that still waits. */
  failAll(error: CofactorError): void {
    for (const fail of [...this.#failures]) fail(error);
  }
}

/**
 * Two connected ends in one process.
 *
 * @param options.latencyMs how long each message takes; 0 still answers in a later microtask
 */
export function createMemoryPair(options: { readonly latencyMs?: number } = {}): readonly [Channel, Channel] {
  const left = new MemoryChannel(options.latencyMs ?? 0);
  const right = new MemoryChannel(options.latencyMs ?? 0);
  left.join(right);
  right.join(left);
  return [left, right];
}

class MemoryChannel implements Channel {
  readonly #latencyMs: number;
  #peer: MemoryChannel | undefined;
  #handler: RequestHandler | undefined;
  readonly #early: (() => void)[] = [];
  readonly #pending = new PendingRequests();
  readonly #closeListeners: ((reason: string) => void)[] = [];
  #closed: string | undefined;
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(latencyMs: number) {
    this.#latencyMs = latencyMs;
  }

  join(peer: MemoryChannel): void {
    this.#peer = peer;
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
    this.#end(reason);
    if (this.#peer !== undefined) this.#peer.#end(`peer: ${reason}`);
  }

  async request(kind: string, packet: Packet, options: RequestOptions = {}): Promise<Packet> {
    assertPacketSize(kind, packet);
    const sent = copyPacket(packet);
    const peer = this.#peer;
    if (peer === undefined || !this.isOpen) throw disconnected(this.#closed ?? "never connected");
    const size = headerBytes(sent.header) + sent.payload.length;
    this.#bytesSent += size;
    return this.#pending.wait(kind, options, (finish) => {
      this.#later(() =>
        peer.#receive(kind, sent, size, (outcome) => {
          if (!(outcome instanceof Error)) this.#bytesReceived += headerBytes(outcome.header) + outcome.payload.length;
          finish(outcome);
        }),
      );
    });
  }

  #receive(kind: string, packet: Packet, size: number, answer: (outcome: Packet | CofactorError) => void): void {
    if (!this.isOpen) return;
    this.#bytesReceived += size;
    if (this.#handler === undefined) {
      this.#early.push(() => void this.#handle(kind, packet, answer));
      return;
    }
    void this.#handle(kind, packet, answer);
  }

  async #handle(kind: string, packet: Packet, answer: (outcome: Packet | CofactorError) => void): Promise<void> {
    try {
      const reply = copyPacket(await this.#handler!(kind, packet));
      this.#bytesSent += headerBytes(reply.header) + reply.payload.length;
      this.#later(() => answer(reply));
    } catch (error) {
      this.#later(() => answer(fromWireError(toWireError(error))));
    }
  }

  #later(task: () => void): void {
    if (this.#latencyMs > 0) setTimeout(task, this.#latencyMs);
    else queueMicrotask(task);
  }

  #end(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#pending.failAll(disconnected(reason));
    for (const listener of this.#closeListeners.splice(0)) listener(reason);
  }
}

/** The error of a request whose connection ended. */
export function disconnected(reason: string): CofactorError {
  return new CofactorError("DISCONNECTED", `the connection ended: ${reason}`, { retryable: true });
}

function copyPacket(packet: Packet): Packet {
  return { header: JSON.parse(JSON.stringify(packet.header)) as Header, payload: packet.payload.slice() };
}
