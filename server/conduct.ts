/** How a connection behaves: what it may have in work, how fast it may ask, and when it has been refused too often. Imports rate, errors. */
import type { Clock } from "../shared/clock.ts";
import { CofactorError, type ErrorCode } from "../shared/errors.ts";
import type { SessionLimits } from "./limits.ts";
import { Meter } from "./rate.ts";

/** One connection's conduct. */
export class Conduct {
  readonly #limits: SessionLimits;
  readonly #clock: Clock;
  /** Of this connection, and once it has joined of its key. */
  readonly #meters: Meter[];
  #inWork = 0;
  #refusals = 0;
  /** Messages refused for their rate since one was not. */
  #hasty = 0;

  constructor(limits: SessionLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#meters = [new Meter(limits, clock.now())];
  }

  /** Counts for a key's meter too. */
  addMeter(meter: Meter): void {
    this.#meters.push(meter);
  }

  /** A message has come, and is in work until `end`. @throws CofactorError UPDATE_REJECTED for too many at once, RATE_LIMITED for too many in a while */
  begin(bytes: number): void {
    this.#inWork += 1;
    const most = this.#limits.maxRequestsInWork;
    if (this.#inWork > most) throw new CofactorError("UPDATE_REJECTED", `expected at most ${most} requests at once`, { retryable: true });
    const now = this.#clock.now();
    let retryAfterMs = 0;
    for (const meter of this.#meters) retryAfterMs = Math.max(retryAfterMs, meter.take(bytes, now));
    if (retryAfterMs > 0) throw new CofactorError("RATE_LIMITED", "too much within a short time", { retryable: true, retryAfterMs });
    this.#hasty = 0;
  }

  /** Its work is done. @param answered bytes of its answer */
  end(answered: number): void {
    this.#inWork -= 1;
    const now = this.#clock.now();
    if (answered > 0) for (const meter of this.#meters) meter.charge(answered, now);
  }

  /** A message was refused. @returns true for whoever goes on sending rubbish, or does not wait when told to: to be cut off */
  refuse(code: ErrorCode): boolean {
    if (code === "RATE_LIMITED") this.#hasty += 1;
    else this.#refusals += 1;
    return this.#refusals >= this.#limits.maxRefusals || this.#hasty > this.#limits.maxRequestsInWork;
  }
}
