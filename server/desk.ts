/**
 * The seam between connections and rounds: what a session needs of whoever drives, or stands in for who drives. The coordinator is one; a
 * gateway's desk is another (cluster/). One conformance suite for both. Imports types.
 */
import type { Awaitable } from "../shared/crypto/primitives.ts";
import type { AnswerHeader, ModelRef, RequestHeader } from "../shared/wire/messages.ts";
import type { Participant } from "./coordinator-parts.ts";

/** A connected client, as a desk sees it. */
export interface Attendee extends Participant {
  /** Ends its connection: it comes back by itself, and learns what it missed. */
  close(reason: string): void;
}

/** Where clients are received. */
export interface Desk {
  /** The newest published model. @throws CofactorError UNAVAILABLE, retryable, while it is not known */
  readonly ref: ModelRef;
  /** True when no further round may begin. */
  readonly hasEnded: boolean;
  /** The newest round that is published or abandoned, durably. */
  over(): Awaitable<number>;
  /** True for a device that the open round still waits for, or may. */
  expects(client: string): boolean;
  /**
   * A client is there, or back. It is told what it missed: the last publication, when it took part in that round and was away, or when the model
   * was published after it was told the newest one.
   * @param toldModel content hash of the newest model that the client was told when it joined
   */
  connect(client: string, attendee: Attendee, toldModel: string): void;
  /**
   * A client's connection ended. Where it has another one, that counts from now on; else, within a round, it may come back until the grace is over.
   */
  disconnect(client: string, attendee: Attendee): void;
  /** A client leaves for good: nobody waits for it. */
  leave(client: string): void;
  /** Takes a chunk of a client's answer. @throws CofactorError ROUND_STALE, and what `takeAnswer` refuses */
  answer(client: string, header: RequestHeader<"answer">, bytes: Uint8Array): Promise<AnswerHeader<"answer">>;
  /**
   * A chunk of the brief of the stage that a client is asked for.
   * @throws CofactorError ROUND_STALE, ROUND_CLOSED when it is not asked for that stage, MESSAGE_MALFORMED beyond the brief's end
   */
  brief(client: string, header: RequestHeader<"brief">): Promise<Uint8Array>;
}
