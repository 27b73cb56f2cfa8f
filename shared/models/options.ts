/** Schemas of options that several models share. Imports valibot. */
import * as v from "valibot";

/** A section naming an optimizer. */
export interface OptimizerSection {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** Number of factors of a user and of an item. */
export const rank = (fallback: number): v.OptionalSchema<v.GenericSchema<number>, number> =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(512)), fallback);

/** A finite number of at least zero. */
export const nonNegative = (fallback: number): v.OptionalSchema<v.GenericSchema<number>, number> =>
  v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), fallback);

/** A finite number above zero. */
export const positive = (fallback: number): v.OptionalSchema<v.GenericSchema<number>, number> =>
  v.optional(v.pipe(v.number(), v.finite(), v.minValue(1e-12)), fallback);

/** A whole number from 1. */
export const count = (fallback: number): v.OptionalSchema<v.GenericSchema<number>, number> =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)), fallback);

/** The server's optimizer. */
export const optimizer = (fallback: OptimizerSection): v.OptionalSchema<v.GenericSchema<OptimizerSection>, OptimizerSection> =>
  v.optional(v.looseObject({ kind: v.string() }), fallback);
