/**
 * The aggregator's desk for its keyholders: who is connected, and who is asked to open a sum. Imports shared, the opening and the
 * exchange.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../shared/clock.ts";
import type { Emitter } from "../shared/emitter.ts";
import { CofactorError } from "../shared/errors.ts";
import type { AcceptPart, OpenRequest } from "../shared/protections/protection.ts";
import type { Channel } from "../shared/transport.ts";
import { encodeContributors } from "./contributor-list.ts";
import type { ServerEvents } from "./events.ts";
import type { Evidence, EvidencedOpener } from "./evidence.ts";
import { exchange, type Statement } from "./keyholder-exchange.ts";
import { Opening } from "./opening.ts";

/** What the desk works with. */
export interface KeyholdersParts {
  /** Public identity keys of the run's keyholders, in the order of the terms. */
  readonly keyholders: readonly string[];
  readonly clock: Clock;
  readonly events: Emitter<ServerEvents>;
  /** How long a sum waits while fewer keyholders are there than it takes. */
  readonly waitMs: number;
  /** How long a keyholder may be silent before a further one is asked beside it. */
  readonly hedgeMs: number;
  /** The server's signature of the list of a round's group, base64url. */
  readonly sign: (round: number, group: number, list: string) => string;
}

/** The keyholders of a run, wherever they are connected from. */
export class Keyholders implements EvidencedOpener {
  readonly #parts: KeyholdersParts;
  readonly #connected = new Map<number, Channel>();
  readonly #openings = new Set<Opening>();
  #isClosed = false;

  constructor(parts: KeyholdersParts) {
    this.#parts = parts;
  }

  /** Takes in a keyholder that has proved its key; its newest connection counts. @throws CofactorError AUTH_FAILED unless the terms name this key */
  add(publicKey: string, channel: Channel): void {
    const place = this.#parts.keyholders.indexOf(publicKey);
    if (place < 0) throw new CofactorError("AUTH_FAILED", "the run's terms do not name this keyholder");
    const before = this.#connected.get(place);
    this.#connected.set(place, channel);
    before?.close("this keyholder has joined over another connection");
    this.#announce(place, true);
  }

  /** A keyholder's connection ended. */
  remove(channel: Channel): void {
    for (const [place, current] of this.#connected) {
      if (current !== channel) continue;
      this.#connected.delete(place);
      this.#announce(place, false);
    }
  }

  /** Ends every opening with CANCELLED. */
  close(): void {
    this.#isClosed = true;
    for (const opening of [...this.#openings]) opening.fail("CANCELLED", "the server was closed while a sum was being opened", true);
  }

  async open(request: OpenRequest, accept: AcceptPart, evidence: Evidence): Promise<void> {
    if (this.#isClosed) throw new CofactorError("CANCELLED", "the server is closed");
    const statement = await this.#state(request, evidence);
    if (this.#isClosed) throw new CofactorError("CANCELLED", "the server is closed");
    const { clock, keyholders, waitMs, hedgeMs, events } = this.#parts;
    const { round } = request.frame;
    const opening = new Opening({
      clock,
      keyholders,
      needed: request.needed,
      connected: this.#connected,
      waitMs,
      hedgeMs,
      ask: (channel, signal, onProgress) => exchange(channel, statement, evidence, { signal, onProgress }),
      accept,
      onDeclined: (keyholder, code) => events.emit("declined", { round, keyholder, code }),
      onBlamed: (keyholder, reason) => events.emit("blamed", { round, keyholder, reason }),
    });
    this.#openings.add(opening);
    try {
      opening.advance();
      await opening.done;
    } finally {
      this.#openings.delete(opening);
    }
  }

  /** The same evidence gives the same statement: a server that starts again asks for the same list. */
  async #state({ frame, contributors }: OpenRequest, evidence: Evidence): Promise<Statement> {
    const listed = await evidence.contributors();
    if (listed.length !== contributors) {
      throw new CofactorError("AGGREGATION_FAILED", `a sum of ${contributors} expected as many contributors, got ${listed.length}`);
    }
    const bytes = encodeContributors(listed);
    const list = createHash("sha256").update(bytes).digest("base64url");
    const { round, group = 0 } = frame;
    return { round, group, contributors, bytes, list, signature: this.#parts.sign(round, group, list) };
  }

  #announce(keyholder: number, isConnected: boolean): void {
    this.#parts.events.emit("keyholder", { keyholder, isConnected, connected: this.#connected.size });
    for (const opening of [...this.#openings]) opening.advance();
  }
}
