/** The section `timeline` of a scenario, and what its steps come to. Imports valibot. */
import * as v from "valibot";

/** The section `timeline` of a scenario: `rounds` are those of the first part. */
export interface ArrivalOptions {
  /** How many steps come behind the first part. */
  readonly steps: number;
  /** The share of the training ratings that are there from the start: the earliest. */
  readonly from: number;
  /** Rounds of each step; those for which too few devices have anything to contribute are left out. */
  readonly roundsPerStep: number;
}

/** The schema of the section. */
export const arrivalOptions: v.GenericSchema<unknown, ArrivalOptions> = v.strictObject({
  steps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000)), 5),
  from: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.5),
  roundsPerStep: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000)), 2),
});

/** What a step came to. */
export interface StepFigures {
  /** 0 for the first part. */
  readonly step: number;
  /** Training ratings that are there. */
  readonly ratings: number;
  /** Devices with any. */
  readonly present: number;
  /** Of those, how many contributed in the step. */
  readonly tookPart: number;
  /** Contributions in the step's published rounds. */
  readonly contributions: number;
  readonly published: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** On validation, everyone served by a local solve of the ratings that are there; empty without a validation part. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The same by the model that the first part trained. */
  readonly stale: Readonly<Record<string, number>>;
}

/** How many rounds a scenario has in all. */
export function roundsOf(rounds: number, timeline: ArrivalOptions | undefined): number {
  return timeline === undefined ? rounds : rounds + timeline.steps * timeline.roundsPerStep;
}
