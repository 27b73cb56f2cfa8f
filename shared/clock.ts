/** Time as an argument: the platform's clock here, a virtual one in simulations. Imports nothing. */

/** Cancels a timer; calling it twice does nothing. */
export type CancelTimer = () => void;

/** A source of time. */
export interface Clock {
  /** Milliseconds since an arbitrary but fixed moment; never runs backwards. */
  now(): number;
  /** Calls `task` once after `delayMs` milliseconds. */
  after(delayMs: number, task: () => void): CancelTimer;
}

/** The platform's own clock and timers. */
export const platformClock: Clock = {
  now: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};
