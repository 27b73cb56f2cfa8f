/** Finds the columns of a ratings file: by header name, by number, or by what such columns are usually called. May import shared. */
import { nearest } from "../../shared/registry.ts";
import { dataError } from "./data-file.ts";
import type { DelimitedReader } from "./delimited.ts";
import { parseDecimal } from "./numbers.ts";

/** A header name, or the number of a column from 1. */
export type Column = string | number;

/** Which columns to read; what is left out is found by usual names or, without a header, is column 1, 2, 3 for user, item, rating. */
export interface ColumnOptions {
  readonly user?: Column | undefined;
  readonly item?: Column | undefined;
  readonly rating?: Column | undefined;
  readonly time?: Column | undefined;
  /** Holds train, valid or test: a split that comes with the data. */
  readonly part?: Column | undefined;
  /** Whether the first line is a header; told by the columns and the first line when left out. */
  readonly header?: boolean | undefined;
  readonly feedback: "explicit" | "implicit";
}

/** Where the columns are, from 0; -1 for one that is not there. */
export interface ColumnPlaces {
  readonly user: number;
  readonly item: number;
  readonly rating: number;
  readonly time: number;
  readonly part: number;
  /** True when the current record is a header and holds no data. */
  readonly hasHeader: boolean;
}

const usualNames = {
  user: ["user", "userid", "uid", "reviewer", "reviewerid"],
  item: ["item", "itemid", "iid", "movieid", "productid", "artistid"],
  rating: ["rating", "score", "stars"],
  time: ["time", "timestamp", "date"],
} as const;

/**
 * Places of the columns, judged by the first record, which `reader` must stand on.
 *
 * @throws CofactorError DATA_INVALID when a column that was asked for or is needed is not there
 */
export function findColumns(reader: DelimitedReader, options: ColumnOptions): ColumnPlaces {
  const names = Array.from({ length: reader.fields }, (_, index) => reader.text(index));
  const hasHeader = options.header ?? looksLikeHeader(reader, names, options);
  const place = (role: "user" | "item" | "rating" | "time" | "part", fallback: number, isNeeded: boolean): number =>
    placeOf(reader, names, hasHeader, options[role], role, fallback, isNeeded);
  return {
    user: place("user", 0, true),
    item: place("item", 1, true),
    rating: options.feedback === "implicit" ? -1 : place("rating", 2, true),
    time: place("time", -1, false),
    part: options.part === undefined ? -1 : place("part", -1, true),
    hasHeader,
  };
}

function looksLikeHeader(reader: DelimitedReader, names: readonly string[], options: ColumnOptions): boolean {
  const wanted = [options.user, options.item, options.rating, options.time, options.part];
  if (wanted.some((column) => typeof column === "string")) return true;
  if (usual(names, "user") >= 0 && usual(names, "item") >= 0) return true;
  if (options.feedback === "implicit") return false;
  const rating = typeof options.rating === "number" ? options.rating - 1 : 2;
  return (names[rating] ?? "") !== "" && Number.isNaN(parseDecimal(reader.bytes, reader.starts[rating]!, reader.ends[rating]!));
}

function placeOf(
  reader: DelimitedReader,
  names: readonly string[],
  hasHeader: boolean,
  wanted: Column | undefined,
  role: keyof typeof usualNames | "part",
  fallback: number,
  isNeeded: boolean,
): number {
  if (typeof wanted === "number") {
    if (wanted > names.length)
      throw dataError(reader.path, reader.line, `expected a column ${wanted} ("${role}"), found ${names.length} columns`);
    return wanted - 1;
  }
  if (wanted !== undefined) {
    const exact = names.indexOf(wanted);
    const found = exact >= 0 ? exact : names.findIndex((name) => plain(name) === plain(wanted));
    if (found >= 0 && hasHeader) return found;
    const hint = hasHeader ? nearest(wanted, names) : undefined;
    const suffix = hint === undefined ? "" : `; did you mean "${hint}"?`;
    throw dataError(reader.path, reader.line, `expected a header line with a column "${wanted}" ("${role}")${suffix}`);
  }
  const found = hasHeader && role !== "part" ? usual(names, role) : fallback;
  if (isNeeded && (found < 0 || found >= names.length)) {
    const help =
      role === "rating" ? 'set "rating" to its name or number, or "feedback" to implicit' : `set "${role}" to its name or number`;
    throw dataError(reader.path, reader.line, `expected a column for "${role}", found none among ${names.length} columns; ${help}`);
  }
  return found;
}

function usual(names: readonly string[], role: keyof typeof usualNames): number {
  const known: readonly string[] = usualNames[role];
  return names.findIndex((name) => known.includes(plain(name)));
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, "");
}
