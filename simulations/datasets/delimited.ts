/**
 * Reads delimited text from bytes, record by record, without making a string for a field that nobody asks for.
 * Imports data-file.ts. Source: RFC 4180 (quotes, doubled quotes, CRLF), with any delimiter and with LF alone allowed too.
 */
import { type DataFile, dataError } from "./data-file.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;
const blank = 0x20;

/** How a file separates its fields. */
export interface DelimitedOptions {
  /** 1 to 4 ASCII characters; " " means any run of blanks. Guessed from the first line when left out. */
  readonly delimiter?: string | undefined;
  /** Whether a field may stand in double quotes; default true. */
  readonly quotes?: boolean | undefined;
  /** Character encoding of texts; default UTF-8. */
  readonly encoding?: "utf-8" | "latin1" | undefined;
}

/** A cursor over the records of a file. Blank lines are skipped; blanks around unquoted fields are not part of them. */
export class DelimitedReader {
  /** How many fields the current record has. */
  fields = 0;
  /** The line on which the current record begins, from 1. */
  line = 0;
  /** [fields] where each field begins and ends in `bytes`, without its quotes. */
  starts: Int32Array = new Int32Array(32);
  ends: Int32Array = new Int32Array(32);
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly #delimiter: Uint8Array;
  readonly #quotes: boolean;
  readonly #decoder: TextDecoder;
  /** [fields] 1 where the field holds doubled quotes. */
  #doubled: Uint8Array = new Uint8Array(32);
  #at = 0;
  #nextLine = 1;

  constructor(file: DataFile, options: DelimitedOptions = {}) {
    this.path = file.path;
    this.bytes = file.bytes;
    this.#delimiter = new TextEncoder().encode(options.delimiter ?? guessDelimiter(file.bytes));
    this.#quotes = options.quotes ?? true;
    this.#decoder = new TextDecoder(options.encoding ?? "utf-8", { ignoreBOM: true });
  }

  /** Goes to the next record; false at the end. @throws CofactorError DATA_INVALID where quotes are not closed as RFC 4180 says */
  next(): boolean {
    const { bytes } = this;
    let at = this.#at;
    while (at < bytes.length && (bytes[at] === lineFeed || (bytes[at] === carriageReturn && bytes[at + 1] === lineFeed))) {
      if (bytes[at] === lineFeed) this.#nextLine++;
      at++;
    }
    this.#at = at;
    this.line = this.#nextLine;
    this.fields = 0;
    if (at >= bytes.length) return false;
    while (this.#field());
    return true;
  }

  /** The text of field `index` of the current record, counted from 0; "" when the record is shorter. */
  text(index: number): string {
    if (index >= this.fields) return "";
    const text = this.#decoder.decode(this.bytes.subarray(this.starts[index]!, this.ends[index]!));
    return this.#doubled[index] === 1 ? text.replaceAll('""', '"') : text;
  }

  /** Whether field `index` must be read by `text`, since its bytes are not its text. */
  isEscaped(index: number): boolean {
    return this.#doubled[index] === 1;
  }

  /** Reads one field; true when another follows on this record. */
  #field(): boolean {
    const { bytes } = this;
    const first = this.#delimiter[0]!;
    const from = this.#skipBlanks(this.#at, first);
    if (this.#quotes && bytes[from] === quote) return this.#quotedField(from + 1);
    let at = from;
    while (at < bytes.length && bytes[at] !== lineFeed && !(bytes[at] === first && this.#isDelimiter(at))) at++;
    let to = at;
    if (to > from && (at >= bytes.length || bytes[at] === lineFeed) && bytes[to - 1] === carriageReturn) to--;
    while (to > from && (bytes[to - 1] === blank || (bytes[to - 1] === 0x09 && first !== 0x09))) to--;
    this.#add(from, to, 0);
    return this.#afterField(at);
  }

  #quotedField(from: number): boolean {
    const { bytes } = this;
    const startLine = this.#nextLine;
    let doubled = 0;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === lineFeed) this.#nextLine++;
      else if (byte === quote) {
        if (bytes[at + 1] === quote) {
          doubled = 1;
          at++;
        } else {
          this.#add(from, at, doubled);
          let after = this.#skipBlanks(at + 1, this.#delimiter[0]!);
          if (bytes[after] === carriageReturn && (after + 1 >= bytes.length || bytes[after + 1] === lineFeed)) after++;
          const isSeparated = this.#delimiter[0] === blank && after > at + 1;
          if (after < bytes.length && bytes[after] !== lineFeed && !isSeparated && !this.#isDelimiter(after)) {
            throw dataError(this.path, this.#nextLine, "expected a delimiter or the end of the line after a closing quote");
          }
          return this.#afterField(isSeparated ? after - 1 : after);
        }
      }
    }
    throw dataError(this.path, startLine, "expected the quote that begins here to be closed before the end of the file");
  }

  /** Steps over what ends a field; true when it was a delimiter. */
  #afterField(at: number): boolean {
    const { bytes } = this;
    if (at >= bytes.length || bytes[at] === lineFeed) {
      this.#at = Math.min(at + 1, bytes.length);
      this.#nextLine++;
      return false;
    }
    this.#at = at + this.#delimiter.length;
    if (this.#delimiter[0] !== blank) return true;
    // A run of blanks is one delimiter, and blanks at the end of a line are none.
    const next = this.#skipBlanks(this.#at, -1);
    const isEnd = next >= bytes.length || bytes[next] === lineFeed || (bytes[next] === carriageReturn && bytes[next + 1] === lineFeed);
    if (!isEnd) return true;
    this.#at = Math.min(next + (bytes[next] === carriageReturn ? 2 : 1), bytes.length);
    this.#nextLine++;
    return false;
  }

  #skipBlanks(from: number, delimiter: number): number {
    let at = from;
    while (this.bytes[at] === blank || (this.bytes[at] === 0x09 && delimiter !== 0x09)) at++;
    return at;
  }

  #isDelimiter(at: number): boolean {
    for (let i = 0; i < this.#delimiter.length; i++) if (this.bytes[at + i] !== this.#delimiter[i]) return false;
    return true;
  }

  #add(from: number, to: number, doubled: number): void {
    if (this.fields === this.starts.length) {
      const capacity = this.fields * 2;
      const [starts, ends, flags] = [new Int32Array(capacity), new Int32Array(capacity), new Uint8Array(capacity)];
      starts.set(this.starts);
      ends.set(this.ends);
      flags.set(this.#doubled);
      [this.starts, this.ends, this.#doubled] = [starts, ends, flags];
    }
    this.starts[this.fields] = from;
    this.ends[this.fields] = to;
    this.#doubled[this.fields++] = doubled;
  }
}

/** The first of tab, "::", comma, semicolon, bar, blank that the first line holds; a comma when it holds none. */
function guessDelimiter(bytes: Uint8Array): string {
  const end = bytes.indexOf(lineFeed);
  const first = new TextDecoder().decode(bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, 65_536)));
  const outsideQuotes = first.replaceAll(/"(?:[^"]|"")*"/g, "");
  return ["\t", "::", ",", ";", "|", " "].find((candidate) => outsideQuotes.includes(candidate)) ?? ",";
}
