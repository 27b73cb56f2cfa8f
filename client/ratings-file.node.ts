/** A user's ratings from a file of `item,value` lines. Errors name lines, never what they hold. Node only. Imports node:fs, errors. */
import { readFileSync } from "node:fs";
import { CofactorError } from "../shared/errors.ts";

/** Ratings as `createClient` takes them, and the line of each. */
export interface RatingsFile {
  readonly pairs: readonly (readonly [item: number, value: number])[];
  /** [n] line numbers, from 1. */
  readonly lines: readonly number[];
}

/**
 * Reads a file; a first line without numbers is a header, empty lines are passed over.
 * @throws CofactorError DATA_INVALID when it cannot be read, or for a line that is not an item's number, a comma and a number
 */
export function readRatingsFile(path: string): RatingsFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new CofactorError("DATA_INVALID", `the ratings file "${path}" cannot be read`, { cause });
  }
  const pairs: (readonly [number, number])[] = [];
  const lines: number[] = [];
  text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .forEach((line, index) => {
      if (line.trim() === "") return;
      const cells = line.split(",").map((cell) => (cell.trim() === "" ? Number.NaN : Number(cell)));
      const [item, value] = cells;
      if (cells.length === 2 && Number.isSafeInteger(item) && Number.isFinite(value)) {
        pairs.push([item!, value!]);
        lines.push(index + 1);
      } else if (index > 0 || !cells.every(Number.isNaN)) {
        throw new CofactorError("DATA_INVALID", `${path}:${index + 1}: expected an item's number, a comma and a number`);
      }
    });
  return { pairs, lines };
}

/** What a client says about the entries of a list, said about the lines of the file; other errors as they are. */
export function namingLines(error: unknown, path: string, { lines }: RatingsFile): unknown {
  if (!(error instanceof TypeError || error instanceof RangeError) || !error.message.startsWith('"ratings"')) return error;
  const message = error.message
    .replace(/entries (\d+) and (\d+)/, (_, first, second) => `lines ${lines[Number(first)]} and ${lines[Number(second)]}`)
    .replace(/entry (\d+)/, (_, position) => `line ${lines[Number(position)]}`);
  return new CofactorError("DATA_INVALID", `${path}: ${message}`, { cause: error });
}
