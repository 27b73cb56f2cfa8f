/**
 * Who leads: claims a lease again and again; while it is held, the work runs. Pure but for its arguments. Imports the clock's and the lease's
 * types.
 *
 * A lease that cannot be reached ends nothing: whoever drives goes on, and is refused by the store once another one has taken over. A lease that
 * another holder has ends the work at once.
 */
import type { Clock } from "../../shared/clock.ts";
import type { Lease } from "./lease.ts";

/** Work that is done while one leads. */
export interface Term {
  /** Settles when the work has ended by itself: fenced, or failed. */
  readonly ended: Promise<void>;
  /** Ends it, and settles `ended`; a second call changes nothing. */
  stop(): Promise<void>;
}

/** What a leadership works with. */
export interface LeadershipParts {
  readonly lease: Lease;
  readonly clock: Clock;
  /** How often the lease is claimed: about a quarter of its time. */
  readonly everyMs: number;
  /** Begins the work. What it throws ends this attempt; the next one comes by itself. */
  begin(): Promise<Term>;
  /** Why a term could not begin. */
  onFailure(error: unknown): void;
}

/** Claims and leads until it is stopped. */
export class Leadership {
  readonly #parts: LeadershipParts;
  #term: Term | undefined;
  /** From the decision to begin a term to its end. */
  #beginning: Promise<void> | undefined;
  #isEnding = false;
  #isStopped = false;
  #wake: () => void = () => undefined;
  readonly #running: Promise<void>;

  constructor(parts: LeadershipParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  /** True while the work runs. */
  get isLeading(): boolean {
    return this.#term !== undefined;
  }

  /** Ends the work, gives the lease back. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#step();
      if (!this.#isStopped) await this.#pause();
    }
    await this.#end();
  }

  async #step(): Promise<void> {
    const mine = await this.#parts.lease.claim().catch(() => undefined);
    if (this.#isStopped) return;
    if (mine === false) await this.#end();
    // Beside the claims: what takes long to begin keeps its lease meanwhile.
    if (mine === true) this.#beginning ??= this.#begin();
  }

  async #begin(): Promise<void> {
    const { begin, onFailure, lease } = this.#parts;
    try {
      const term = await begin();
      this.#term = term;
      if (!this.#isEnding) await term.ended;
      await term.stop();
    } catch (error) {
      onFailure(error);
    }
    this.#term = undefined;
    this.#beginning = undefined;
    // Another one may be better placed: it gets its chance.
    await lease.release().catch(() => undefined);
  }

  /** Waits for a term that is only beginning too. */
  async #end(): Promise<void> {
    this.#isEnding = true;
    await this.#term?.stop();
    await this.#beginning;
    this.#isEnding = false;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(this.#parts.everyMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
