/**
 * Lets a few pieces of work through in each turn of the event loop, in the order in which they came: a thousand requests that come at once
 * hold nobody else up for longer than a few of them take. Imports nothing.
 */

/** A queue before work that takes up the event loop. */
export class Turns {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #isTurnDue = false;

  /** @param most pieces of work in a turn, at least 1 */
  constructor(most: number) {
    this.#most = most;
  }

  /** Settles when there is room for a piece of work: at once, or in a later turn. */
  next(): Promise<void> {
    if (!this.#isTurnDue) {
      this.#isTurnDue = true;
      setImmediate(() => this.#turn());
    }
    if (this.#taken < this.#most) {
      this.#taken += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #turn(): void {
    const admitted = this.#waiting.splice(0, this.#most);
    this.#taken = admitted.length;
    this.#isTurnDue = admitted.length > 0;
    if (this.#isTurnDue) setImmediate(() => this.#turn());
    for (const admit of admitted) admit();
  }
}
