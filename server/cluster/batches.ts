/** Messages that are alike but for whom they are about, sent as few: what comes in one turn goes together. Imports shared, the messages. */
import { type Channel, type Header, noBytes } from "../../shared/transport.ts";
import { type LinkKind, piecesOf } from "./messages.ts";

interface Batch {
  readonly kind: LinkKind;
  readonly header: Header;
  readonly items: unknown[];
}

const presence: readonly LinkKind[] = ["here", "away"];

/** Messages to one server at a time. */
export class Batches {
  readonly #channel: () => Channel | undefined;
  #waiting = new Map<string, Batch>();

  /** @param channel where they go; undefined while there is nobody: then they are dropped, and made up for when somebody comes */
  constructor(channel: () => Channel | undefined) {
    this.#channel = channel;
  }

  /** Adds one to the `clients` of a message that goes at the end of this turn. */
  add(kind: LinkKind, header: Header, item: unknown): void {
    // Who comes and who goes stays in its order.
    if (presence.includes(kind) && [...this.#waiting.values()].some((batch) => presence.includes(batch.kind) && batch.kind !== kind))
      this.flush();
    const key = `${kind} ${JSON.stringify(header)}`;
    const known = this.#waiting.get(key);
    if (known !== undefined) {
      known.items.push(item);
      return;
    }
    this.#waiting.set(key, { kind, header, items: [item] });
    if (this.#waiting.size === 1) setImmediate(() => this.flush());
  }

  /** Sends what waits, in the order in which it began to wait. */
  flush(): void {
    const batches = this.#waiting;
    this.#waiting = new Map();
    for (const { kind, header, items } of batches.values()) {
      for (const clients of piecesOf(items)) this.send(kind, { ...header, clients });
    }
  }

  /** Sends a message. What is lost with the connection is made up for by what is said first over the next one. */
  send(kind: LinkKind, header: Header): void {
    this.#channel()
      ?.request(kind, { header, payload: noBytes })
      .catch(() => undefined);
  }
}
