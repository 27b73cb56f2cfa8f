/** Work that is done one piece after the other: no two interleave, whatever each of them waits for. Imports nothing. */

/** A queue of work. */
export class Serial {
  /** Settles with the piece handed over last; undefined when nothing is under way. */
  #last: Promise<unknown> | undefined;

  /**
   * Does a piece of work behind all that was handed over before: at once, in this turn, when nothing is under way. A piece must not wait for
   * another one that it hands over itself.
   * @returns what the work gives; work that throws ends nothing but itself
   */
  run<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const done = this.#last === undefined ? (async () => work())() : this.#last.then(work);
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    this.#last = settled;
    void settled.then(() => {
      if (this.#last === settled) this.#last = undefined;
    });
    return done;
  }
}
