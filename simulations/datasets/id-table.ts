/** Numbers the ids of people or items in the order they are met. Ids are text: "7" and "007" are two. Imports nothing. */

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Ids with an index each. */
export class IdTable {
  /** By whole number, for ids of up to nine digits without a leading zero: no string is made for them. */
  readonly #numbers = new Map<number, number>();
  readonly #texts = new Map<string, number>();
  readonly #ids: (string | number)[] = [];

  /** How many ids there are. */
  get size(): number {
    return this.#ids.length;
  }

  /** The index of the id written in bytes[from .. to), new ones being added; -1 when it is empty. */
  ofBytes(bytes: Uint8Array, from: number, to: number): number {
    const length = to - from;
    if (length <= 0) return -1;
    if (length > 9 || (bytes[from] === 0x30 && length > 1)) return this.#ofText(decoder.decode(bytes.subarray(from, to)));
    let number = 0;
    for (let at = from; at < to; at++) {
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) return this.#ofText(decoder.decode(bytes.subarray(from, to)));
      number = number * 10 + digit;
    }
    return this.#ofNumber(number);
  }

  /** The index of an id given as text, a new one being added. */
  of(id: string): number {
    return /^(?:0|[1-9]\d{0,8})$/.test(id) ? this.#ofNumber(Number(id)) : this.#ofText(id);
  }

  /**
   * All ids in their final order: whole numbers ascending, then the others by code unit.
   *
   * @returns ids [size]; rankOf [size], the final index of each index given out so far
   */
  sorted(): { readonly ids: string[]; readonly rankOf: Int32Array } {
    const order = Int32Array.from(this.#ids.keys()).sort((a, b) => compareIds(this.#ids[a]!, this.#ids[b]!));
    const rankOf = new Int32Array(order.length);
    order.forEach((index, rank) => {
      rankOf[index] = rank;
    });
    return { ids: Array.from(order, (index) => String(this.#ids[index]!)), rankOf };
  }

  #ofNumber(number: number): number {
    const known = this.#numbers.get(number);
    if (known !== undefined) return known;
    this.#numbers.set(number, this.#ids.length);
    return this.#ids.push(number) - 1;
  }

  #ofText(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, this.#ids.length);
    return this.#ids.push(text) - 1;
  }
}

function compareIds(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "number") return -1;
  if (typeof b === "number") return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
