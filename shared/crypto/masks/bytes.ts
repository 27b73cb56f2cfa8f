/**
 * Reading and writing of compact little-endian messages. Imports encoding, errors.
 *
 * A reader never allocates from a length that it has not compared with the bytes that are there.
 */
import { CofactorError } from "../../errors.ts";
import { concatenate } from "../encoding.ts";

/** Reads a message from its first to its last byte. Every method throws CofactorError MESSAGE_MALFORMED beyond the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  /** @param what name of the message, for errors */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  /** A copy of the next `length` bytes. */
  take(length: number): Uint8Array {
    this.#need(length);
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  /** A view of the next `length` bytes, for what is not kept longer than the message. */
  view(length: number): Uint8Array {
    this.#need(length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** One byte. */
  byte(): number {
    this.#need(1);
    return this.#bytes[this.#at++]!;
  }

  /** 16 bits. */
  short(): number {
    return this.byte() | (this.byte() << 8);
  }

  /** A number of items, each of at least `itemBytes` bytes: refused when the rest of the message cannot hold them. */
  count(itemBytes: number): number {
    const count = this.short();
    this.#need(count * itemBytes);
    return count;
  }

  /** An index below `devices`, greater than `previous`. */
  index(devices: number, previous = -1): number {
    const index = this.short();
    if (index >= devices || index <= previous) this.fail(`expected ascending indexes below ${devices}`);
    return index;
  }

  /** Refuses bytes that are left. */
  end(): void {
    if (this.#at !== this.#bytes.length) this.fail(`expected ${this.#at} bytes, got ${this.#bytes.length}`);
  }

  /** @throws CofactorError MESSAGE_MALFORMED */
  fail(reason: string): never {
    throw new CofactorError("MESSAGE_MALFORMED", `"${this.#what}" ${reason}`);
  }

  #need(length: number): void {
    if (length > this.#bytes.length - this.#at) this.fail(`expected ${length} more bytes, got ${this.#bytes.length - this.#at}`);
  }
}

/** Two bytes, little-endian. @throws RangeError for what does not fit */
export function shortBytes(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) throw new RangeError('"value" expected 0 .. 65,535');
  return Uint8Array.of(value & 0xff, value >> 8);
}

/** A list behind its 16-bit length. */
export function listBytes<T>(items: readonly T[], encode: (item: T) => Uint8Array): Uint8Array {
  return concatenate(shortBytes(items.length), ...items.map(encode));
}

/** A block of exactly `length` bytes, to be written. @throws RangeError for another length, with no byte in the message */
export function fixedBytes(bytes: Uint8Array, length: number, label: string): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`"${label}" expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}
