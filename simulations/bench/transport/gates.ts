/**
 * Takes the devices' own computing out of what is measured: thousands of devices on a few cores would answer one after the other, at the pace of
 * those cores. So a stage's invitations are held until all are out, the answers until all are computed; then each is sent so long after the first
 * as its invitation came after the first one, as devices would that all take equally long. Imports transport.
 */
import type { Channel, Connector, Packet } from "../../../shared/transport.ts";

/** What a process of devices tells of its gates. */
export interface GateEvents {
  asked(round: number, stage: number): void;
  computed(round: number, stage: number, devices: number, firstMs: number): void;
  acknowledged(round: number, stage: number, ms: readonly number[]): void;
}

interface AskedDevice {
  /** By the clock that all processes share. */
  readonly atMs: number;
  readonly compute: Deferred<void>;
  readonly computed: Deferred<void>;
}

interface Gate {
  readonly asked: Map<number, AskedDevice>;
  readonly send: Deferred<{ readonly firstMs: number; readonly atMs: number }>;
  acknowledged: number;
  readonly ms: number[];
}

/** The gates of all devices of a process. */
export class Gates {
  readonly #events: GateEvents;
  readonly #gates = new Map<string, Gate>();
  #admitted = Number.POSITIVE_INFINITY;

  constructor(events: GateEvents) {
    this.#events = events;
  }

  /** Invitations are taken from this round on, and declined before. */
  admit(round: number): void {
    this.#admitted = round;
  }

  /** Lets a stage's answers be computed, one after the other: connections stay alive in between. */
  async compute(round: number, stage: number): Promise<void> {
    const { asked } = this.#at(round, stage);
    for (const { compute, computed } of asked.values()) {
      compute.resolve();
      await computed.promise;
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#events.computed(round, stage, asked.size, Math.min(...[...asked.values()].map(({ atMs }) => atMs)));
  }

  /** Lets a stage's answers go. */
  send(round: number, stage: number, firstMs: number, atMs: number): void {
    this.#at(round, stage).send.resolve({ firstMs, atMs });
  }

  /** A way to the server through the gates, for one device. */
  connector(device: number, connect: Connector): Connector {
    return async (options) => this.#gated(device, await connect(options));
  }

  #gated(device: number, channel: Channel): Channel {
    return {
      get isOpen() {
        return channel.isOpen;
      },
      get traffic() {
        return channel.traffic;
      },
      onClose: (listener) => channel.onClose(listener),
      close: (reason) => channel.close(reason),
      serve: (handler) =>
        channel.serve(async (kind, packet) => {
          if (kind !== "ask") return handler(kind, packet);
          if (Number(packet.header["round"]) < this.#admitted) return declined();
          await this.#held(device, packet);
          return handler(kind, packet);
        }),
      request: (kind, packet, options) =>
        kind === "answer"
          ? this.#answer(device, packet, () => channel.request(kind, packet, options))
          : channel.request(kind, packet, options),
    };
  }

  #held(device: number, { header }: Packet): Promise<void> {
    const [round, stage] = [Number(header["round"]), Number(header["stage"])];
    const asked = { atMs: sharedNow(), compute: defer<void>(), computed: defer<void>() };
    this.#at(round, stage).asked.set(device, asked);
    this.#events.asked(round, stage);
    return asked.compute.promise;
  }

  async #answer(device: number, { header, payload }: Packet, send: () => Promise<Packet>): Promise<Packet> {
    const [round, stage, offset, total] = ["round", "stage", "offset", "total"].map((field) => Number(header[field])) as [
      number,
      number,
      number,
      number,
    ];
    const gate = this.#at(round, stage);
    const own = gate.asked.get(device)!;
    own.computed.resolve();
    const { firstMs, atMs } = await gate.send.promise;
    const waitMs = atMs + own.atMs - firstMs - sharedNow();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const sentMs = performance.now();
    const answer = await send();
    gate.ms.push(performance.now() - sentMs);
    if (offset + payload.length === total) {
      gate.acknowledged += 1;
      if (gate.acknowledged === gate.asked.size) {
        this.#events.acknowledged(round, stage, gate.ms);
        this.#gates.delete(keyOf(round, stage));
      }
    }
    return answer;
  }

  #at(round: number, stage: number): Gate {
    const key = keyOf(round, stage);
    let gate = this.#gates.get(key);
    if (gate === undefined) {
      gate = { asked: new Map(), send: defer(), acknowledged: 0, ms: [] };
      this.#gates.set(key, gate);
    }
    return gate;
  }
}

/** Milliseconds by a clock that all processes of this machine share. */
export function sharedNow(): number {
  return performance.timeOrigin + performance.now();
}

/** A moment passes first: a round whose devices all decline is tried again. */
async function declined(): Promise<Packet> {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return { header: { takesPart: false, reason: "not before all devices are there" }, payload: new Uint8Array(0) };
}

function keyOf(round: number, stage: number): string {
  return `${round} ${stage}`;
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

function defer<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
