/**
 * Fresh noise for correlated noise that is released: exact discrete Gaussians from the CSPRNG on a fine public grid. Imports grid-noise,
 * random, source (types).
 *
 * What is exact: every entry of z is a whole number of steps, drawn from the discrete Gaussian itself, with no rounding anywhere; steps are
 * a power of two, 2^36 to 2^37 of them to the standard deviation, so z as doubles is z. Rows and entries are independent.
 *
 * What is not exact: the noise of a round, w = C^-1 z, is a filter of real weights, computed in doubles, and so is the released sum
 * x_t + w_t. It lies within a few roundings (a relative 2^-53 each, of the largest term) of the sum in real arithmetic, for which the
 * guarantee is proved: x -> C x + z is the Gaussian mechanism, and the release is post-processing of it. Rounding depends on x, so the
 * last bits of a released double may tell what the proof does not allow (Mironov 2012). A release that wants no such bits rounds x_t + w_t
 * to a public grid far coarser than a rounding error, such as the steps of this source; what is left then is a value that falls within a
 * rounding error of the middle between two grid points. Only weights that are whole numbers would leave nothing.
 *
 * Source: Canonne, Kamath and Steinke 2020, https://arxiv.org/abs/2004.00010; Mironov 2012, https://doi.org/10.1145/2382196.2382264
 */
import type { SecureRng } from "../../random.ts";
import { gaussianGridBits, gaussianSteps, gridStep } from "../mechanisms/grid-noise.ts";
import type { NoiseSource } from "./source.ts";

/** A source of fresh noise that may be released, and its grid. */
export interface SecureNoiseSource extends NoiseSource {
  readonly security: "secure";
  readonly isRepeatable: false;
  /** Every value drawn is a whole multiple of this power of two; 0 when there is no noise. */
  readonly step: number;
}

/**
 * Independent noise from the CSPRNG. A row that is asked for again is drawn afresh, so a filter that looks back keeps what it was given;
 * the row's number plays no part.
 *
 * Guarantees: see this file's header. The standard deviation is `noiseStddev`, and the statistical distance of a value from a Gaussian
 * rounded to the grid is below 2^-70: account for it as "gaussian". Time depends on what is drawn: draw before the round's sum is known.
 * Edge cases: noiseStddev 0 -> zeros, and no byte is drawn.
 *
 * @param noiseStddev noiseMultiplier x sensitivity x clipNorm
 * @throws CofactorError CONFIG_INVALID when noiseStddev is negative or not finite
 */
export function secureNoise(rng: SecureRng, noiseStddev: number): SecureNoiseSource {
  const step = gridStep(noiseStddev, gaussianGridBits);
  const sampler = step === 0 ? undefined : gaussianSteps(rng, noiseStddev / step);
  return Object.freeze({
    security: "secure",
    isRepeatable: false,
    step,
    draw(_row: number, out: Float64Array) {
      out.fill(0);
      if (sampler === undefined) return;
      sampler.addTo(out);
      for (let i = 0; i < out.length; i++) out[i] = out[i]! * step;
    },
  } satisfies SecureNoiseSource);
}
