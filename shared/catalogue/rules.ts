/** When items are let in and when they go: the terms' section and its defaults. Imports valibot. */
import * as v from "valibot";

/** The section `catalogue` of terms. */
export interface CatalogueTerms {
  /** A candidate is admitted when so many contributions of one round, or of rounds that fade (see `decay`), count it. */
  readonly minCount: number;
  /** What is left of a candidate's count in the next round: 0 counts one round alone, in which every device counts once. */
  readonly decay: number;
  /** An item that fewer contributions of a round count was not seen in it. */
  readonly keepCount: number;
  /** An item that was not seen in so many rounds in a row goes, candidates too; without it, only the operator removes items. */
  readonly expireAfterRounds?: number | undefined;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1_000_000));

/** The schema of the section. */
export const catalogueTerms: v.GenericSchema<unknown, CatalogueTerms> = v.strictObject({
  minCount: v.optional(count, 5),
  decay: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.999)), 0),
  keepCount: v.optional(count, 1),
  expireAfterRounds: v.optional(count),
});
