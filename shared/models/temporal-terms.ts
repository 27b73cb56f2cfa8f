/** Who takes part once a model is trained, and how what was contributed fades: the terms' section and its defaults. Imports valibot. */
import * as v from "valibot";

/** The section `temporal` of terms. */
export interface TemporalTerms {
  /** The first training: until the model has advanced so often, every device with ratings takes part. */
  readonly trainingRounds: number;
  /**
   * Behind it, a device whose ratings are those that it contributed last takes part when its factors would move by more than this share of their
   * length, since the items moved. 0: whenever they move at all. "any": no drift is too much, only changed ratings count; then a device need not
   * fetch the model to know that it has nothing to contribute.
   */
  readonly driftTolerance: number | "any";
  /** What is left of everyone's statistics in the next round; 1 forgets nothing. */
  readonly decay: number;
}

/** The schema of the section. */
export const temporalTerms: v.GenericSchema<unknown, TemporalTerms> = v.strictObject({
  trainingRounds: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(1_000_000)), 0),
  driftTolerance: v.optional(v.union([v.pipe(v.number(), v.finite(), v.minValue(0)), v.literal("any")]), 0.2),
  decay: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0.01), v.maxValue(1)), 1),
});
