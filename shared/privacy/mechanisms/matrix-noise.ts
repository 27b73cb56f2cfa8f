/** The matrix mechanism's noise on the sums of a run, round by round. Imports factorizations, noise, the mechanism seam. */
import type { SimulationRng } from "../../random.ts";
import { resolveSection } from "../../registry.ts";
import { isFiniteVector } from "../clips/norm.ts";
import { gaussianEvent } from "../event.ts";
import type { Factorization } from "../matrix/factorization.ts";
import { factorizations } from "../matrix/index.ts";
import { resumeNoise, startNoise } from "../matrix/noise.ts";
import { secureNoise } from "../matrix/secure-source.ts";
import type { NoiseSource } from "../matrix/source.ts";
import { learningRateSum, linearCooldown, momentumSum, prefixSum, type Workload } from "../matrix/workload.ts";
import type { Mechanism, MechanismFacts, MechanismSetting, Schedule } from "../mechanism.ts";
import { gridStep, requireLength } from "./grid-noise.ts";
import type { MatrixOptions } from "./matrix-options.ts";

const once: Schedule = { rounds: 1, participation: { kind: "single" } };

/** The strategy of a run. Deterministic; may take the seconds of an optimizer. @throws CofactorError CONFIG_INVALID for a bad section */
export function factorizationOf(options: MatrixOptions, { schedule = once }: MechanismFacts): Factorization {
  const { definition, options: section } = resolveSection(factorizations, options.factorization, "privacy.mechanism.factorization");
  const workload = workloadOf(options.workload, schedule.rounds);
  return definition.create(section, { workload, participation: schedule.participation, objective: options.objective });
}

function workloadOf({ momentum, cooldown }: MatrixOptions["workload"], rounds: number): Workload {
  if (cooldown > 0) return learningRateSum(linearCooldown(rounds, cooldown, 1 / rounds), momentum);
  return momentum > 0 ? momentumSum(rounds, momentum) : prefixSum(rounds);
}

/** Steps of the released grid to the noise's standard deviation, as a power of two: far finer than the noise, far coarser than roundings. */
const releasedBits = 24;

/**
 * Adds row `round` of C^-1 Z to a sum: `noise` gives every round once, in ascending order; the noise of a skipped one is drawn and lost.
 *
 * The independent noise Z is exact on a fine grid; its weighted sums are made in doubles, and the result is rounded to a public grid on which
 * their last bits do not show: see secure-source.ts for what that leaves.
 *
 * @throws CofactorError REPLAYED by `noise` for a round that was given or skipped; DATA_INVALID for another run's state
 */
export function createMatrixMechanism(options: MatrixOptions, setting: MechanismSetting): Mechanism {
  const { dimension, sensitivity, noiseMultiplier, neighboring, schedule = once, rng, state } = setting;
  const factorization = factorizationOf(options, setting);
  const scale = noiseMultiplier * sensitivity * factorization.sensitivity(schedule.participation).value;
  const step = gridStep(scale, releasedBits);
  const source = rng.kind === "secure" ? secureNoise(rng, scale) : simulatedNoise(rng, scale);
  const parts = { factorization, source, dimension };
  const noise = state === undefined ? startNoise(parts) : resumeNoise(parts, state);
  const events = Object.freeze([gaussianEvent({ noiseMultiplier, neighboring })]);
  return {
    kind: "matrix",
    placement: "central",
    events: () => events,
    noise(vector, round) {
      requireLength(vector, dimension);
      const values = noise.take(round);
      if (isFiniteVector(vector)) for (let i = 0; i < dimension; i++) values[i] = values[i]! + vector[i]!;
      if (step > 0) for (let i = 0; i < dimension; i++) values[i] = Math.round(values[i]! / step) * step + 0;
      return { values, events };
    },
    variance: (_value, round = 1) => scale ** 2 * factorization.noiseRow(round - 1).reduce((sum, one) => sum + one * one, 0),
    runningVariance: () => (scale * factorization.errors.max) ** 2,
    exportState: () => noise.export(),
  };
}

/** A simulation's fresh noise, in floats: whoever knows the seed knows it. */
function simulatedNoise(rng: SimulationRng, scale: number): NoiseSource {
  return {
    security: "simulation",
    isRepeatable: false,
    draw(_row, out) {
      for (let i = 0; i < out.length; i++) out[i] = scale * rng.normal();
    },
  };
}
