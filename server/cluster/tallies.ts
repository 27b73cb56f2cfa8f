/**
 * What gateways count of themselves, added up: bytes, connections, refusals. Each tells its counts since its process started; a process is known by an
 * id of its own, so that one that comes back counts once. Pure. Imports the transport's types.
 */
import type { ChannelTraffic } from "../../shared/transport.ts";

/** A gateway's counts since its process started. */
export interface Tally extends ChannelTraffic {
  /** Another one for each process. */
  readonly id: string;
  /** What operators call it. */
  readonly name: string;
  /** Open connections of devices. */
  readonly connections: number;
  /** Refused messages, by code. */
  readonly refused: Readonly<Record<string, number>>;
}

interface Known {
  tally: Tally;
  isHere: boolean;
  /** Its refusals at the last mark, or when it was first heard of. */
  marked: Tally["refused"];
}

/** Processes that are gone and are remembered, in case that they come back. */
const maxGone = 1_000;

/** The sums of all tallies. */
export class Tallies {
  readonly #known = new Map<string, Known>();
  /** Of processes that are gone for so long that nothing else is kept of them. */
  readonly #past = { bytesSent: 0, bytesReceived: 0, refused: {} as Record<string, number> };

  /** The newest counts of a process that is here. */
  take(tally: Tally): void {
    const known = this.#known.get(tally.id);
    if (known === undefined) this.#known.set(tally.id, { tally, isHere: true, marked: tally.refused });
    else Object.assign(known, { tally, isHere: true });
  }

  /** A process is gone: it has no connections, and what it counted stays counted. */
  leave(id: string): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    known.isHere = false;
    // Behind the others: the one that is gone longest goes first.
    this.#known.delete(id);
    this.#known.set(id, known);
    const gone = [...this.#known.values()].filter(({ isHere }) => !isHere);
    for (const { tally } of gone.slice(0, -maxGone)) this.#forget(tally);
  }

  /** How many processes are remembered. */
  get known(): number {
    return this.#known.size;
  }

  /** Open connections of all that are here. */
  get connections(): number {
    let sum = 0;
    for (const { isHere, tally } of this.#known.values()) if (isHere) sum += tally.connections;
    return sum;
  }

  /** Bytes that passed through connections of all, also of those that are gone. */
  get traffic(): ChannelTraffic {
    let { bytesSent, bytesReceived } = this.#past;
    for (const { tally } of this.#known.values()) {
      bytesSent += tally.bytesSent;
      bytesReceived += tally.bytesReceived;
    }
    return { bytesSent, bytesReceived };
  }

  /** Refused messages of all, likewise, by code. */
  get refused(): Record<string, number> {
    const sum = { ...this.#past.refused };
    for (const { tally } of this.#known.values()) addTo(sum, tally.refused, 1);
    return sum;
  }

  /** From here on `refusedSince` counts. */
  mark(): void {
    for (const known of this.#known.values()) known.marked = known.tally.refused;
  }

  /** Refused messages since the last mark, by code; of a process that was heard of later, since then. */
  get refusedSince(): Record<string, number> {
    const sum: Record<string, number> = {};
    for (const { tally, marked } of this.#known.values()) {
      addTo(sum, tally.refused, 1);
      addTo(sum, marked, -1);
    }
    return Object.fromEntries(Object.entries(sum).filter(([, count]) => count > 0));
  }

  #forget({ id, bytesSent, bytesReceived, refused }: Tally): void {
    this.#known.delete(id);
    this.#past.bytesSent += bytesSent;
    this.#past.bytesReceived += bytesReceived;
    addTo(this.#past.refused, refused, 1);
  }
}

/** Adds counts to others, each times `sign`. */
export function addTo(sum: Record<string, number>, counts: Readonly<Record<string, number>>, sign: 1 | -1): void {
  for (const [code, count] of Object.entries(counts)) sum[code] = (sum[code] ?? 0) + sign * count;
}
