/** The seam for fresh noise: independent vectors of one standard deviation. Imports random. */
import type { Rng } from "../../random.ts";

/** Draws the independent noise vectors that a factorization correlates. */
export interface NoiseSource {
  /** "secure": fit for release. "simulation": seeded floats, for simulations only. */
  readonly security: "secure" | "simulation";
  /**
   * True when a row can be drawn again and comes out the same bit for bit (a generator keyed by the row). Then filters that look far back
   * draw instead of remembering: no memory, more time.
   */
  readonly isRepeatable: boolean;
  /** Fills `out` with the independent noise of a row; rows count from 0. Rows of different numbers are independent. */
  draw(row: number, out: Float64Array): void;
}

/** Normal noise from a seeded generator. Never for a release: who knows the seed knows the noise. */
export function simulationNoise(rng: Rng, noiseStddev: number): NoiseSource {
  return Object.freeze({
    security: "simulation",
    isRepeatable: true,
    draw(row: number, out: Float64Array) {
      const stream = rng.fork("noise", row);
      for (let i = 0; i < out.length; i++) out[i] = noiseStddev * stream.normal();
    },
  } satisfies NoiseSource);
}
