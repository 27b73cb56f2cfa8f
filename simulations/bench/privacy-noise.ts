/** Work done in every round: correlated noise for all values of a model, and the draws below it. Imports shared, published-samplers. */
import { bufferedFactorization, optimizeBuffers } from "../../shared/privacy/matrix/blt.ts";
import { startNoise } from "../../shared/privacy/matrix/noise.ts";
import { secureNoise } from "../../shared/privacy/matrix/secure-source.ts";
import { type NoiseSource, simulationNoise } from "../../shared/privacy/matrix/source.ts";
import { createDiscreteGaussian } from "../../shared/privacy/samplers/discrete-gaussian.ts";
import { createDiscreteLaplace } from "../../shared/privacy/samplers/discrete-laplace.ts";
import type { Sampler } from "../../shared/privacy/samplers/sampler.ts";
import { createSkellam } from "../../shared/privacy/samplers/skellam.ts";
import { createRng, secureRng } from "../../shared/random.ts";
import type { BenchGroup } from "./bench.ts";
import { contextOf, type RepeatedShape } from "./privacy-jobs.ts";
import { publishedGaussian, publishedLaplace, publishedSkellam } from "./published-samplers.ts";

/** A run with a model of items x rank values. */
export interface NoiseShape extends RepeatedShape {
  readonly items: number;
  readonly rank: number;
}

/** One round's noise after another. */
export function correlatedNoise(shape: NoiseShape): BenchGroup {
  const { buffers, items, rank, rounds } = shape;
  const context = contextOf(shape);
  const factorization = bufferedFactorization(context.workload, optimizeBuffers(buffers, context));
  const each = (source: NoiseSource) => {
    const parts = { factorization, source, dimension: items * rank };
    let noise = startNoise(parts);
    return () => {
      if (noise.nextRound > rounds) noise = startNoise(parts);
      return noise.take(noise.nextRound);
    };
  };
  return {
    title: `correlated noise of a round, ${buffers} buffers, ${items.toLocaleString("en-US")} x ${rank} values`,
    unit: "round",
    cases: [
      { name: "simulation source (seeded floats)", run: each(simulationNoise(createRng(1), 1)) },
      { name: "secure source (exact, CSPRNG)", run: each(secureNoise(secureRng, 1)) },
    ],
  };
}

/** Draws as wide as released noise has them: the grid is 2^30 to 2^37 times finer than the noise. */
export function wideDraws(): readonly BenchGroup[] {
  const [stddev, scale] = [1.5 * 2 ** 36, 1.5 * 2 ** 30];
  return [
    beside(
      "discrete Gaussian, standard deviation 1.5 x 2^36",
      publishedGaussian(secureRng, stddev),
      createDiscreteGaussian(secureRng, stddev),
    ),
    beside("discrete Laplace, scale 1.5 x 2^30", publishedLaplace(secureRng, scale), createDiscreteLaplace(secureRng, scale)),
  ];
}

/** Draws as wide as devices' shares of distributed noise have them, in steps of the fixed-point grid. */
export function sharesOfDraws(): readonly BenchGroup[] {
  return [
    beside("discrete Gaussian, standard deviation 40", publishedGaussian(secureRng, 40), createDiscreteGaussian(secureRng, 40)),
    beside("discrete Laplace, scale 40", publishedLaplace(secureRng, 40), createDiscreteLaplace(secureRng, 40)),
    beside("Skellam, standard deviation 40", publishedSkellam(secureRng, 40 ** 2), createSkellam(secureRng, 40 ** 2)),
    beside("Skellam, standard deviation 1,000", publishedSkellam(secureRng, 1000 ** 2), createSkellam(secureRng, 1000 ** 2)),
  ];
}

/** A published sampler and ours, a thousand draws at a time. */
export function beside(title: string, published: Sampler, ours: Sampler): BenchGroup {
  const values = new Float64Array(1_000);
  const draw = (sampler: Sampler) => () => {
    values.fill(0);
    sampler.addTo(values);
  };
  return {
    title: `${title}, exact, one thread`,
    unit: "draw",
    cases: [
      { name: "published rejection", units: values.length, run: draw(published) },
      { name: "columns", units: values.length, run: draw(ours) },
    ],
  };
}
