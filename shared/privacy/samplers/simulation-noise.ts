/** Gaussian noise in floating point from a seed: for simulations, which measure quality and protect nobody. Imports random. */
import type { Rng } from "../../random.ts";

/**
 * Noise that protects nobody. No mechanism takes it where a SecureRng is asked for, and nothing made with it may be released as private:
 * whoever knows the seed subtracts it, and the low bits of floating-point noise give its argument away.
 *
 * Source of the warning: Mironov 2012, https://doi.org/10.1145/2382196.2382264; Jin et al. 2021, https://arxiv.org/abs/2112.05307
 */
export interface SimulationNoise {
  readonly kind: "simulation";
  /** Adds independent normal noise of a standard deviation to each entry. */
  addTo(values: Float64Array, noiseStddev: number): void;
}

/** Noise of the exact mechanisms' distribution, to rounding, that a seed repeats. */
export function createSimulationNoise(rng: Rng): SimulationNoise {
  return {
    kind: "simulation",
    addTo(values, noiseStddev) {
      for (let i = 0; i < values.length; i++) values[i] = values[i]! + noiseStddev * rng.normal();
    },
  };
}
