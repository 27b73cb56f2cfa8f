/** Small tables beside the ratings (titles, what people said of themselves), aligned with the ids. Imports delimited.ts. */
import { type DataFile, dataError } from "./data-file.ts";
import type { UserAttribute } from "./dataset.ts";
import { type DelimitedOptions, DelimitedReader } from "./delimited.ts";

/** A record by column name. */
export type TableRow = Readonly<Record<string, string>>;

/**
 * Reads a whole table. Without `names` its first line is the header.
 *
 * @throws CofactorError DATA_INVALID when a line has fewer fields than the header, or one of `needed` is no column
 */
export function readTable(
  file: DataFile,
  needed: readonly string[],
  options: DelimitedOptions & { readonly names?: readonly string[] } = {},
): TableRow[] {
  const reader = new DelimitedReader(file, options);
  let names = options.names;
  if (names === undefined) {
    if (!reader.next()) throw dataError(file.path, undefined, "expected a header line, found an empty file");
    names = Array.from({ length: reader.fields }, (_, index) => reader.text(index));
  }
  for (const name of needed) {
    if (!names.includes(name)) throw dataError(file.path, 1, `expected a header line with a column "${name}"`);
  }
  const rows: TableRow[] = [];
  while (reader.next()) {
    if (reader.fields < names.length) throw dataError(file.path, reader.line, `expected ${names.length} columns, found ${reader.fields}`);
    rows.push(Object.fromEntries(names.map((name, index) => [name, reader.text(index)])));
  }
  return rows;
}

/** For each id the text that `textOf` makes of its record, or undefined where the table has none. */
export function alignTexts(
  ids: readonly string[],
  rows: readonly TableRow[],
  idColumn: string,
  textOf: (row: TableRow) => string | undefined,
): (string | undefined)[] {
  const byId = new Map(rows.map((row) => [row[idColumn], row]));
  return ids.map((id) => {
    const row = byId.get(id);
    return row === undefined ? undefined : textOf(row) || undefined;
  });
}

/** The columns `names` of a table about people, aligned with the ids. */
export function alignAttributes(
  ids: readonly string[],
  rows: readonly TableRow[],
  idColumn: string,
  names: readonly string[],
): UserAttribute[] {
  return names.map((name) => ({ name, values: alignTexts(ids, rows, idColumn, (row) => row[name]) }));
}
