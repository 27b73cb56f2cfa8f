/**
 * When a device connects again: after a wait with full jitter, so that a thousand devices that lost a server do not come back in one instant, and
 * not before a server that said so wants it. Imports random, clock, bell.
 */
import type { Clock } from "../shared/clock.ts";
import { isCofactorError, maxRetryAfterMs } from "../shared/errors.ts";
import { createRng, drawSeed, type SecureRng } from "../shared/random.ts";
import type { Bell } from "./bell.ts";

const maxRetryMs = 30_000;

/** Connections that may fail in a row while only the last model is missing. */
export const maxFinalAttempts = 5;

/** Whether trying again may help. */
export function isRetryable(error: unknown): boolean {
  return isCofactorError(error) && error.retryable;
}

/** The waits between a device's connections. */
export class Retry {
  readonly #firstMs: number;
  readonly #clock: Clock;
  readonly #secure: SecureRng;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #spreadMs = 0;
  /** Connections that failed or ended since something last succeeded on one. */
  attempts = 0;

  constructor(firstMs: number, clock: Clock, secure: SecureRng) {
    this.#firstMs = firstMs;
    this.#clock = clock;
    this.#secure = secure;
  }

  /** A connection ended: the next one is not the first attempt. */
  lost(): void {
    this.attempts = Math.max(1, this.attempts);
  }

  /** A server asks to be left alone for so long: nobody comes back earlier, and all of them within as long again. */
  hold(retryAfterMs: number | undefined): void {
    if (retryAfterMs === undefined) return;
    this.#spreadMs = Math.min(maxRetryAfterMs, Math.max(0, retryAfterMs));
    this.#notBeforeMs = this.#clock.now() + this.#spreadMs;
    this.lost();
  }

  /** Waits until it is time for the next connection, or until there shall be none. */
  async wait(bell: Bell, isOver: () => boolean): Promise<void> {
    const dueMs = this.#clock.now() + this.nextMs();
    for (let now = this.#clock.now(); now < dueMs && !isOver(); now = this.#clock.now()) await bell.wait(dueMs - now);
  }

  /** How long to wait before the next connection, in milliseconds. */
  nextMs(): number {
    if (this.attempts === 0) return 0;
    const left = Math.max(0, this.#notBeforeMs - this.#clock.now());
    const longest = Math.min(maxRetryMs, this.#firstMs * 2 ** Math.min(this.attempts - 1, 16));
    return left + createRng(drawSeed(this.#secure)).float() * Math.max(longest, left > 0 ? this.#spreadMs : 0);
  }
}
