/**
 * The seam for leases: who may drive, for a while. A hint that makes one coordinator drive at a time; what makes it safe is the epoch in the
 * store's own transactions. One conformance suite for all implementations. Imports the clock's type.
 */
import type { Clock } from "../../shared/clock.ts";

/** One lease, as one holder sees it. Calls reject while whatever keeps the lease is away. */
export interface Lease {
  /** Takes the lease when nobody has it, or prolongs it for who has it. @returns true when it is this holder's for `ttlMs` from now */
  claim(): Promise<boolean>;
  /** What the holder says of itself; undefined when nobody has it. */
  holder(): Promise<string | undefined>;
  /** Gives it back; nothing happens unless it is this holder's. */
  release(): Promise<void>;
  /** Ends what this end of the lease keeps open. */
  close(): Promise<void>;
}

/** A lease's place in memory, for tests and for several holders in one process. */
export class MemoryLeases {
  readonly #clock: Clock;
  #held: { readonly holder: string; readonly untilMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An end of the lease for a holder; `holder` must differ from holder to holder. */
  of(holder: string, ttlMs: number): Lease {
    const current = (): string | undefined =>
      this.#held !== undefined && this.#clock.now() < this.#held.untilMs ? this.#held.holder : undefined;
    return {
      claim: async () => {
        if ((current() ?? holder) !== holder) return false;
        this.#held = { holder, untilMs: this.#clock.now() + ttlMs };
        return true;
      },
      holder: async () => current(),
      release: async () => {
        if (current() === holder) this.#held = undefined;
      },
      close: async () => undefined,
    };
  }
}
