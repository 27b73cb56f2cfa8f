/** Pieces of the options that several loaders share. Imports valibot. */
import * as v from "valibot";
import type { Column } from "./columns.ts";

/** The place of data that is not bundled: a path, or a message that says what to give. */
export function pathOption(expected: string): v.GenericSchema<string | undefined, string> {
  return v.optional(v.pipe(v.string(expected), v.nonEmpty(expected)), "");
}

/** A column: a header name, or a number from 1. */
export const columnOption: v.GenericSchema<Column, Column> = v.union(
  [v.pipe(v.string(), v.nonEmpty()), v.pipe(v.number(), v.integer(), v.minValue(1))],
  "expected a column: a header name, or a number from 1",
);
