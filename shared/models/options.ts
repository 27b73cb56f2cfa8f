/** Schemas of options that several models share. Imports math and valibot. */
import * as v from "valibot";
import { optimizers } from "../math/optimizers/index.ts";

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

/** How the systems of alternating least squares are solved. */
export interface SolveSection {
  /** "exact": Cholesky; "cg": `cgSteps` conjugate-gradient steps from the last round's solution. */
  readonly solver: "exact" | "cg";
  readonly cgSteps: number;
}

/** The options of `SolveSection`. */
export const solveOptions: {
  readonly solver: v.OptionalSchema<v.PicklistSchema<["exact", "cg"], undefined>, "exact">;
  readonly cgSteps: v.OptionalSchema<v.GenericSchema<number>, number>;
} = { solver: v.optional(v.picklist(["exact", "cg"]), "exact"), cgSteps: count(3) };

/**
 * The server's optimizer: a section checked against its own schema, every default filled in, so that signed terms name all of it.
 * A section without `kind`, or of the preset's kind, keeps the preset's other values: `{ learningRate: 0.05 }` is enough.
 */
export const optimizer = (preset: OptimizerSection): v.GenericSchema<unknown, OptimizerSection> =>
  v.optional(
    v.pipe(
      v.record(v.string(), v.unknown()),
      v.transform((section) => ((section["kind"] ?? preset.kind) === preset.kind ? { ...preset, ...section } : section)),
      v.lazy((section) => schemaOf((section as Record<string, unknown>)["kind"])),
    ),
    { ...preset },
  );

type SectionSchema = v.GenericSchema<Record<string, unknown>, OptimizerSection>;

/** The schema for a section of this kind; for an unknown kind one that names the known ones. */
function schemaOf(kind: unknown): SectionSchema {
  const known = optimizers.find((candidate) => candidate.kind === kind)?.options;
  return (known ?? v.looseObject({ kind: v.picklist(optimizers.map((candidate) => candidate.kind)) })) as SectionSchema;
}
