/** Events in the order of their time; those of one moment in the order in which they were put in. A binary heap. Imports nothing. */

/** A queue of values by time. */
export class EventQueue<Value> {
  readonly #items: { readonly atMs: number; readonly order: number; readonly value: Value }[] = [];
  #order = 0;

  /** Puts in a value that is due at a time. */
  push(atMs: number, value: Value): void {
    const items = this.#items;
    items.push({ atMs, order: this.#order++, value });
    for (let at = items.length - 1; at > 0; ) {
      const up = (at - 1) >> 1;
      if (!this.#isBefore(at, up)) break;
      [items[at], items[up]] = [items[up]!, items[at]!];
      at = up;
    }
  }

  /** Takes out what is due first; undefined when there is nothing. */
  pop(): { readonly atMs: number; readonly value: Value } | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    items[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const down of [2 * at + 1, 2 * at + 2]) if (down < items.length && this.#isBefore(down, least)) least = down;
      if (least === at) return first;
      [items[at], items[least]] = [items[least]!, items[at]!];
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const left = this.#items[a]!;
    const right = this.#items[b]!;
    return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
  }
}
