/** Waiting for something to happen, at most so long. Imports the clock's seam. */
import type { Clock } from "../shared/clock.ts";

/** Wakes everyone who waits when it is rung. */
export class Bell {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wakes all who wait now. */
  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Settles at the next ring, at the latest after `withinMs` milliseconds. */
  wait(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = this.#clock.after(withinMs, wake);
      this.#waiting.add(wake);
    });
  }
}
