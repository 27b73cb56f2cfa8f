/** Devices that send noise. Imports the seam. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";
import { positive } from "./options.ts";
import { rootMeanSquare } from "./vectors.ts";

/** Options of Gaussian noise. */
export interface GaussianOptions {
  readonly kind: "gaussian";
  /** Standard deviation of every entry, in root mean squares of the honest vector. */
  readonly stddev: number;
}

/** Noise in place of the honest vector: large where nothing bounds it, and hard to tell from a stranger's where it is as long as that. */
export const gaussian: AdversaryDefinition<GaussianOptions> = {
  kind: "gaussian",
  summary: "Sends Gaussian noise, `stddev` times as long as its honest vector.",
  source: "Blanchard et al. 2017, https://arxiv.org/abs/1703.02757",
  options: v.strictObject({ kind: v.literal("gaussian"), stddev: positive(10) }),
  create: ({ stddev }) => ({
    kind: "gaussian",
    vector(values, { rng }) {
      const scale = stddev * rootMeanSquare(values);
      for (let i = 0; i < values.length; i++) values[i] = scale * rng.normal();
    },
  }),
};
