/**
 * Integer noise on a fine grid: how real vectors get noise whose low bits tell nothing. Imports clips, samplers, check, errors.
 *
 * The vector is rounded to a grid much finer than the noise, and exact integer noise is added. Rounding both of two neighboring vectors
 * may move them one step further apart in each entry; the noise is enlarged for that, by a relative 2^-36 sqrt(dimension).
 *
 * The discrete Gaussian of more than 2^35 steps differs from a Gaussian rounded to the grid by a statistical distance below 2^-70 an
 * entry, which no delta in use can show: it is accounted as "gaussian".
 *
 * Source: Canonne, Kamath and Steinke 2020, https://arxiv.org/abs/2004.00010; why not floats: Mironov 2012,
 * https://doi.org/10.1145/2382196.2382264
 */
import { CofactorError } from "../../errors.ts";
import type { NoiseRng, SimulationRng } from "../../random.ts";
import { isFiniteVector } from "../clips/norm.ts";
import { createDiscreteGaussian } from "../samplers/discrete-gaussian.ts";
import { createDiscreteLaplace } from "../samplers/discrete-laplace.ts";
import { type Sampler, samplerOf } from "../samplers/sampler.ts";

/** Steps of Gaussian noise are finer than the noise by 2 to this power. */
export const gaussianGridBits = 36;

/** Noise of one scale on vectors of one length. */
export interface GridNoise {
  /** The standard deviation or scale of the noise, with what rounding adds. */
  readonly scale: number;
  /** A rounded copy of the vector with noise; zeros with noise for a vector that is not finite. */
  add(vector: Float64Array): Float64Array;
}

/**
 * Gaussian noise of standard deviation noiseMultiplier times the L2 sensitivity.
 *
 * Edge cases: noiseMultiplier 0 or sensitivity 0 -> no noise.
 *
 * @throws CofactorError CONFIG_INVALID when the noise is not finite
 */
export function gaussianGridNoise(rng: NoiseRng, noiseMultiplier: number, sensitivity: number, dimension: number): GridNoise {
  const step = gridStep(noiseMultiplier * sensitivity, gaussianGridBits);
  if (step === 0) return noNoise(dimension);
  const scale = noiseMultiplier * (sensitivity + step * Math.sqrt(dimension));
  return gridNoise(gaussianSteps(rng, scale / step), scale, step, dimension);
}

/** Whole steps of Gaussian noise: exact where they protect, rounded from floats where a simulation repeats them, which is quicker. */
export function gaussianSteps(rng: NoiseRng, stddev: number): Sampler {
  return rng.kind === "secure" ? createDiscreteGaussian(rng, stddev) : simulatedSteps(rng, stddev);
}

/** Whole steps of normal noise, rounded from floats: a simulation's stand-in for integer noise that is nearly Gaussian. */
export function simulatedSteps(rng: SimulationRng, stddev: number): Sampler {
  return samplerOf("simulation", stddev ** 2, () => Math.round(stddev * rng.normal()) + 0);
}

/** Laplace noise of scale noiseMultiplier times the L1 sensitivity, otherwise as above; exactly of its pure epsilon. */
export function laplaceGridNoise(rng: NoiseRng, noiseMultiplier: number, l1Sensitivity: number, dimension: number): GridNoise {
  const step = gridStep(noiseMultiplier * l1Sensitivity, 30);
  if (step === 0) return noNoise(dimension);
  const steps = Math.ceil((noiseMultiplier * (l1Sensitivity + step * dimension)) / step);
  return gridNoise(createDiscreteLaplace(rng, steps), steps * step, step, dimension);
}

function gridNoise(sampler: Sampler, scale: number, step: number, dimension: number): GridNoise {
  return {
    scale,
    add(vector) {
      requireLength(vector, dimension);
      const counted = isFiniteVector(vector) ? vector.map((value) => Math.round(value / step)) : new Float64Array(dimension);
      sampler.addTo(counted);
      return counted.map((count) => count * step);
    },
  };
}

function noNoise(dimension: number): GridNoise {
  return {
    scale: 0,
    add(vector) {
      requireLength(vector, dimension);
      return isFiniteVector(vector) ? vector.slice() : new Float64Array(dimension);
    },
  };
}

/**
 * A power of two with between 2^bits and 2^(bits + 1) steps to the scale; 0 where there is no noise.
 *
 * @throws CofactorError CONFIG_INVALID for a scale that is negative or not finite, or so small that doubles have no such step
 */
export function gridStep(scale: number, bits: number): number {
  if (scale === 0) return 0;
  const step = 2 ** (Math.floor(Math.log2(scale)) - bits);
  if (!(scale > 0 && step > 0 && Number.isFinite(step))) {
    throw new CofactorError("CONFIG_INVALID", `noise expected a finite scale of at least 0, got ${scale}`);
  }
  return step;
}

/** @throws RangeError when a vector has another length than the mechanism's */
export function requireLength(vector: Float64Array, dimension: number): void {
  if (vector.length !== dimension) throw new RangeError(`"vector" expected ${dimension} values, got ${vector.length}`);
}
