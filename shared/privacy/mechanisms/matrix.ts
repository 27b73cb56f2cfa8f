/**
 * The matrix mechanism: the noise of one round makes up for some of the earlier rounds', so that the model, which adds rounds up, has less of
 * it. For devices that take part several times, best far apart. Imports the seam, events, options; the noise itself is loaded when needed.
 */
import { gaussianEvent } from "../event.ts";
import type { MechanismDefinition } from "../mechanism.ts";
import { type MatrixOptions, matrixOptions } from "./matrix-options.ts";

/** Correlated Gaussian noise on each round's sum. */
export const matrix: MechanismDefinition<MatrixOptions> = {
  kind: "matrix",
  summary: "Gaussian noise correlated over the rounds, on the cohort's sum: for devices that take part several times, far apart.",
  source: "Choquette-Choo et al. 2023, https://arxiv.org/abs/2211.06530 and https://arxiv.org/abs/2306.08153",
  placement: "central",
  options: matrixOptions,
  // A single round of many says little: whoever asks what a run costs asks for all of them.
  event: (_options, { noiseMultiplier, neighboring }) => gaussianEvent({ noiseMultiplier, neighboring }),
  // The noise is sized by the strategy's own sensitivity for the schedule: the whole run is one Gaussian mechanism.
  runEvent: (_options, { noiseMultiplier, neighboring }) => gaussianEvent({ noiseMultiplier, neighboring }),
  create: async (options, setting) => (await import("./matrix-noise.ts")).createMatrixMechanism(options, setting),
};
