/** Canonical bytes of catalogues: whole numbers in as few bytes as they need, names by length. Imports errors, item-id. */
import { CofactorError } from "../errors.ts";
import { isItemId, maxIdBytes } from "./item-id.ts";

/** Collects bytes. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** A whole number below 2^31: seven bits a byte, the lowest first. */
  number(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#push((rest % 0x80) | 0x80);
    this.#push(rest);
  }

  /** Ascending whole numbers: how many, then the gaps between them. `each` writes what belongs to the one at a place. */
  ascending(values: readonly number[], each: (place: number) => void = () => undefined): void {
    this.number(values.length);
    let next = 0;
    for (const [place, value] of values.entries()) {
      this.number(value - next);
      next = value + 1;
      each(place);
    }
  }

  /** A name. */
  id(id: string): void {
    const bytes = new TextEncoder().encode(id);
    this.number(bytes.length);
    this.raw(bytes);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written. */
  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #push(byte: number): void {
    this.#grow(1);
    this.#bytes[this.#length++] = byte;
  }

  #grow(by: number): void {
    if (this.#length + by <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + by));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Reads what a ByteWriter wrote, and nothing else: every text of bytes has one reading or none. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #label: string;
  #at = 0;

  /** @param label what is read, for messages */
  constructor(bytes: Uint8Array, label: string) {
    this.#bytes = bytes;
    this.#label = label;
  }

  /** @throws CofactorError MESSAGE_MALFORMED beyond `limit`, past the end, or for more bytes than the number needs */
  number(limit: number): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#next();
      value += (byte & 0x7f) * scale;
      if (value > limit) throw this.#malformed(`numbers of at most ${limit}`);
      if (byte < 0x80) {
        if (byte === 0 && scale > 1) throw this.#malformed("numbers in as few bytes as they need");
        return value;
      }
    }
  }

  /** Ascending whole numbers below `bound`. @throws CofactorError MESSAGE_MALFORMED */
  ascending(bound: number, each: (place: number) => void = () => undefined): number[] {
    const count = this.number(bound);
    const values: number[] = [];
    let next = 0;
    for (let place = 0; place < count; place++) {
      const value = next + this.number(bound);
      if (value >= bound) throw this.#malformed(`rows below ${bound}`);
      values.push(value);
      next = value + 1;
      each(place);
    }
    return values;
  }

  /** @throws CofactorError MESSAGE_MALFORMED for what is no item's name */
  id(): string {
    const bytes = this.raw(this.number(maxIdBytes));
    let id = "";
    try {
      id = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      // Said below.
    }
    if (!isItemId(id)) throw this.#malformed(`names of 1 to ${maxIdBytes} bytes of UTF-8 without control characters`);
    return id;
  }

  /** The next bytes, as a view. @throws CofactorError MESSAGE_MALFORMED past the end */
  raw(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw this.#malformed("more bytes");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** True when everything is read. */
  get isDone(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** @throws CofactorError MESSAGE_MALFORMED when bytes are left */
  end(): void {
    if (!this.isDone) throw this.#malformed("no further bytes");
  }

  #next(): number {
    return this.raw(1)[0]!;
  }

  #malformed(expected: string): CofactorError {
    return new CofactorError("MESSAGE_MALFORMED", `"${this.#label}" expected ${expected}`);
  }
}
