/** Reads ratings from a delimited file into a log, checking every line. Imports columns.ts, delimited.ts, numbers.ts. */
import { type ColumnOptions, type ColumnPlaces, findColumns } from "./columns.ts";
import { type DataFile, dataError } from "./data-file.ts";
import { splitPart } from "./dataset.ts";
import { type DelimitedOptions, DelimitedReader } from "./delimited.ts";
import type { IdTable } from "./id-table.ts";
import type { InteractionLog } from "./interaction-log.ts";
import { parseDecimal, parseTime } from "./numbers.ts";

/** How to read ratings from a delimited file. */
export interface RatingsFormat extends DelimitedOptions, ColumnOptions {
  /** Least and greatest rating allowed, when the source declares them. */
  readonly ratingRange?: readonly [number, number] | undefined;
}

const partNames: Readonly<Record<string, number>> = {
  train: splitPart.training,
  training: splitPart.training,
  valid: splitPart.validation,
  validation: splitPart.validation,
  test: splitPart.test,
};

/**
 * Appends every row of a file to the log.
 *
 * @throws CofactorError DATA_INVALID naming file, line, column and what was expected there; a person's data is not repeated
 */
export function readRatings(file: DataFile, format: RatingsFormat, log: InteractionLog): void {
  const reader = new DelimitedReader(file, format);
  if (!reader.next()) throw dataError(file.path, undefined, "expected at least one row of ratings, found none");
  const places = findColumns(reader, format);
  const needed = 1 + Math.max(places.user, places.item, places.rating, places.time, places.part);
  const [low, high] = format.ratingRange ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  log.startFile(file.path);
  const before = log.length;
  if (places.hasHeader && !reader.next()) reader.fields = 0;
  while (reader.fields > 0) {
    if (reader.fields < needed) throw dataError(file.path, reader.line, `expected at least ${needed} columns, found ${reader.fields}`);
    const user = idAt(reader, places.user, log.users, "user");
    const item = idAt(reader, places.item, log.items, "item");
    let value = 1;
    if (places.rating >= 0) {
      value = parseDecimal(reader.bytes, reader.starts[places.rating]!, reader.ends[places.rating]!);
      if (!(value >= low && value <= high)) throw badRating(reader, places, format);
    }
    let time = Number.NaN;
    if (places.time >= 0) {
      time = parseTime(reader.bytes, reader.starts[places.time]!, reader.ends[places.time]!);
      if (Number.isNaN(time)) {
        throw dataError(
          file.path,
          reader.line,
          `column ${places.time + 1} ("time") expected a number or an ISO 8601 date such as 2013-09-10`,
        );
      }
    }
    const part = places.part < 0 ? splitPart.training : partAt(reader, places.part);
    log.push(user, item, value, time, reader.line, part);
    if (!reader.next()) break;
  }
  if (log.length === before) throw dataError(file.path, undefined, "expected at least one row of ratings after the header, found none");
}

function idAt(reader: DelimitedReader, column: number, table: IdTable, role: string): number {
  const index = reader.isEscaped(column)
    ? table.of(reader.text(column))
    : table.ofBytes(reader.bytes, reader.starts[column]!, reader.ends[column]!);
  if (index < 0) throw dataError(reader.path, reader.line, `column ${column + 1} ("${role}") expected an id, found nothing`);
  return index;
}

function partAt(reader: DelimitedReader, column: number): number {
  const part = partNames[reader.text(column).toLowerCase()];
  if (part === undefined) throw dataError(reader.path, reader.line, `column ${column + 1} ("part") expected train, valid or test`);
  return part;
}

function badRating(reader: DelimitedReader, places: ColumnPlaces, format: RatingsFormat): Error {
  const range = format.ratingRange === undefined ? "a number" : `a number in [${format.ratingRange[0]}, ${format.ratingRange[1]}]`;
  return dataError(reader.path, reader.line, `column ${places.rating + 1} ("rating") expected ${range}`);
}
