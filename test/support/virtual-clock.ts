/** Time that passes when a test says so. */
import type { Clock } from "../../shared/clock.ts";

/** A clock under a test's control. */
export interface VirtualClock extends Clock {
  /** Lets time pass and runs what falls due, in order; between two tasks pending promises settle. */
  advance(ms: number): Promise<void>;
  /** How many timers wait. */
  readonly waiting: number;
}

/** A clock that starts at 0. */
export function createVirtualClock(): VirtualClock {
  let nowMs = 0;
  const timers = new Set<{ readonly at: number; readonly task: () => void }>();
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => nowMs,
    after(delayMs, task) {
      const timer = { at: nowMs + delayMs, task };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const until = nowMs + ms;
      await settle();
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.delete(due);
        nowMs = due.at;
        due.task();
        await settle();
      }
      nowMs = until;
    },
    get waiting() {
      return timers.size;
    },
  };
}
