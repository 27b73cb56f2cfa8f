/** Who takes part once a model is trained, and how what was contributed fades: the terms' section and its defaults. Imports valibot. */
import * as v from "valibot";

/** The section `temporal` of terms. */
export interface TemporalTerms {
  /**
   * A device whose ratings are those that it contributed last takes part when its factors would move by more than this share of their length, since
   * the items moved. 0: whenever they move at all. A large number: for new ratings alone.
   */
  readonly driftTolerance: number;
  /** What is left of everyone's statistics in the next round; 1 forgets nothing. */
  readonly decay: number;
}

/** The schema of the section. */
export const temporalTerms: v.GenericSchema<unknown, TemporalTerms> = v.strictObject({
  driftTolerance: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 0.05),
  decay: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0.01), v.maxValue(1)), 1),
});
