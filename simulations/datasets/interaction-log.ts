/** Interactions in the order they are read, in flat arrays that grow, with where each stood. Imports id-table.ts. */
import { IdTable } from "./id-table.ts";

/** The rows of one or several files. Each array holds `length` values and spare room behind them. */
export class InteractionLog {
  readonly users: IdTable = new IdTable();
  readonly items: IdTable = new IdTable();
  length = 0;
  /** False once a row came without a time. */
  hasTimes = true;
  user: Int32Array;
  item: Int32Array;
  value: Float64Array;
  time: Float64Array;
  /** Line in its file, from 1. */
  line: Int32Array;
  /** Part of a given split, see `splitPart`. */
  part: Uint8Array;
  readonly #files: { readonly path: string; readonly firstRow: number }[] = [];

  constructor(capacity = 65_536) {
    this.user = new Int32Array(capacity);
    this.item = new Int32Array(capacity);
    this.value = new Float64Array(capacity);
    this.time = new Float64Array(capacity);
    this.line = new Int32Array(capacity);
    this.part = new Uint8Array(capacity);
  }

  /** Says that the rows from here on come from another file. */
  startFile(path: string): void {
    this.#files.push({ path, firstRow: this.length });
  }

  /** Appends a row. `user` and `item` are indices of the id tables; `time` is NaN when the source has none. */
  push(user: number, item: number, value: number, time: number, line: number, part: number): void {
    if (this.length === this.user.length) this.#grow();
    const row = this.length++;
    this.user[row] = user;
    this.item[row] = item;
    this.value[row] = value;
    this.time[row] = time;
    this.line[row] = line;
    this.part[row] = part;
    if (Number.isNaN(time)) this.hasTimes = false;
  }

  /** The file and line that a row came from. */
  placeOf(row: number): { readonly path: string; readonly line: number } {
    const file = this.#files.findLast((candidate) => candidate.firstRow <= row);
    return { path: file?.path ?? "rows", line: this.line[row]! };
  }

  #grow(): void {
    const capacity = Math.max(1024, this.user.length * 2);
    this.user = extended(this.user, new Int32Array(capacity));
    this.item = extended(this.item, new Int32Array(capacity));
    this.value = extended(this.value, new Float64Array(capacity));
    this.time = extended(this.time, new Float64Array(capacity));
    this.line = extended(this.line, new Int32Array(capacity));
    this.part = extended(this.part, new Uint8Array(capacity));
  }
}

function extended<T extends Int32Array | Float64Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
