/** Everything that an aggregator receives, sends and stores, kept byte by byte: what a curious one could look at for ever after. */
import type { Store } from "../../server/store.ts";
import { type Channel, type Header, noBytes, type Packet, type RequestHandler } from "../../shared/transport.ts";

/** One message, or one thing stored. */
export interface Entry {
  /** Who is at the other end: in the order in which they connected. */
  readonly peer: number;
  readonly direction: "in" | "out";
  readonly kind: string;
  readonly header: Header;
  readonly payload: Uint8Array;
}

/** A record of one aggregator. */
export class Transcript {
  readonly entries: Entry[] = [];
  /** Every block of bytes that was handed to the store. */
  readonly stored: Uint8Array[] = [];
  #peers = 0;

  /** The aggregator's end of a connection, with everything that passes kept. */
  tap(channel: Channel): Channel {
    const peer = this.#peers++;
    const keep = (direction: "in" | "out", kind: string, { header, payload }: Packet): void =>
      void this.entries.push({ peer, direction, kind, header, payload: payload.slice() });
    return {
      async request(kind, packet, options) {
        keep("out", kind, packet);
        const answer = await channel.request(kind, packet, options);
        keep("in", `${kind}, answered`, answer);
        return answer;
      },
      serve: (handler: RequestHandler) =>
        channel.serve(async (kind, packet) => {
          keep("in", kind, packet);
          const answer = await handler(kind, packet);
          keep("out", `${kind}, answered`, answer);
          return answer;
        }),
      onClose: (listener) => channel.onClose(listener),
      get isOpen() {
        return channel.isOpen;
      },
      get traffic() {
        return channel.traffic;
      },
      close: (reason) => channel.close(reason),
    };
  }

  /** A store that keeps a copy of all that is written to it. */
  watch(store: Store): Store {
    const keep = (value: unknown): void => {
      if (value instanceof Uint8Array) this.stored.push(value.slice());
      else if (value instanceof Float64Array) this.stored.push(new Uint8Array(value.slice().buffer));
      else if (typeof value === "string") this.stored.push(new TextEncoder().encode(value));
      else if (typeof value === "object" && value !== null) for (const part of Object.values(value)) keep(part);
    };
    return new Proxy(store, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as unknown;
        if (typeof method !== "function") return method;
        return (...values: unknown[]): unknown => {
          keep(values);
          return (method as (...all: unknown[]) => unknown).apply(target, values);
        };
      },
    });
  }

  /** The bytes of a peer's answer to a stage, its chunks joined. */
  answerOf(peer: number, stage: number): Uint8Array {
    const chunks = this.entries.filter(
      ({ peer: from, direction, kind, header }) => from === peer && direction === "in" && kind === "answer" && header["stage"] === stage,
    );
    return Buffer.concat(chunks.map(({ payload }) => payload));
  }

  /** Everything as one block of bytes: messages, headers and what was stored. */
  get bytes(): Buffer {
    const messages = this.entries.flatMap(({ header, payload }) => [new TextEncoder().encode(JSON.stringify(header)), payload]);
    return Buffer.concat([...messages, ...this.stored]);
  }

  /**
   * The form of one peer's messages, in the order of each stream (requests and answers, received and sent): kinds, lengths, fields; no
   * contents. A published model's difference to the one before is
   * left out: its length follows from what everybody may see.
   */
  formOf(peer: number): readonly string[] {
    return this.entries
      .filter((entry) => entry.peer === peer)
      .toSorted((a, b) => streamOf(a) - streamOf(b))
      .map(({ direction, kind, header, payload }) => {
        const isModel = kind === "pull, answered";
        return `${direction} ${kind} ${shapeOf(isModel ? {} : header)} ${isModel ? noBytes.length : payload.length}`;
      });
  }
}

/** Requests and answers, received and sent: how these four streams interleave is chance. */
function streamOf({ direction, kind }: Entry): number {
  return (direction === "out" ? 2 : 0) + (kind.endsWith(", answered") ? 1 : 0);
}

/** Fields with the lengths of their texts; numbers in full, but for times. */
function shapeOf(header: Header): string {
  return JSON.stringify(header, (name, value: unknown) => {
    if (typeof value === "string") return `text of ${value.length}`;
    return name === "deadlineMs" ? "time" : value;
  });
}
