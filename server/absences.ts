/**
 * Who of the open round's members is away. Each has its grace to come back, from the loss of its connection on and across the round's stages;
 * after it nobody waits for it. Imports the clock's type.
 */
import type { Clock } from "../shared/clock.ts";

/** The absences of one round at a time. */
export class Absences {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #timers = new Map<string, () => void>();
  readonly #overdue = new Set<string>();

  constructor(clock: Clock, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /** A member was lost; `onOverdue` is called when it is not back within the grace. */
  begin(client: string, onOverdue: () => void): void {
    this.end(client);
    const cancel = this.#clock.after(this.#graceMs, () => {
      this.giveUp(client);
      onOverdue();
    });
    this.#timers.set(client, cancel);
  }

  /** A member is back. */
  end(client: string): void {
    this.#timers.get(client)?.();
    this.#timers.delete(client);
    this.#overdue.delete(client);
  }

  /** A member gets no grace, or no more of it. */
  giveUp(client: string): void {
    this.end(client);
    this.#overdue.add(client);
  }

  /** True for a member that is not back and that nobody waits for. */
  isOverdue(client: string): boolean {
    return this.#overdue.has(client);
  }

  /** The round is over: no timer stays. */
  clear(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#overdue.clear();
  }
}
