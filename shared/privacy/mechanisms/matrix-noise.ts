/** The matrix mechanism's noise on the sums of a run, round by round. Imports factorizations, noise, the mechanism seam. */
import { resolveSection } from "../../registry.ts";
import { isFiniteVector } from "../clips/norm.ts";
import { gaussianEvent } from "../event.ts";
import type { Factorization } from "../matrix/factorization.ts";
import { factorizations } from "../matrix/index.ts";
import { resumeNoise, startNoise } from "../matrix/noise.ts";
import type { NoiseSource } from "../matrix/source.ts";
import { learningRateSum, linearCooldown, momentumSum, prefixSum, type Workload } from "../matrix/workload.ts";
import type { Mechanism, MechanismFacts, MechanismSetting, Schedule } from "../mechanism.ts";
import { gaussianGridNoise, requireLength } from "./grid-noise.ts";
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

/**
 * Adds row `round` of C^-1 Z to a sum: `noise` gives every round once, in ascending order; the noise of a skipped one is drawn and lost.
 *
 * The independent noise Z is exact on a fine grid; its weighted sums are made in doubles, far finer than the noise.
 *
 * @throws CofactorError REPLAYED by `noise` for a round that was given or skipped; DATA_INVALID for another run's state
 */
export function createMatrixMechanism(options: MatrixOptions, setting: MechanismSetting): Mechanism {
  const { dimension, sensitivity, noiseMultiplier, neighboring, schedule = once, rng, state } = setting;
  const factorization = factorizationOf(options, setting);
  const reach = sensitivity * factorization.sensitivity(schedule.participation).value;
  const fresh = gaussianGridNoise(rng, noiseMultiplier, reach, dimension);
  const zeros = new Float64Array(dimension);
  const source: NoiseSource = {
    security: rng.kind,
    isRepeatable: false,
    draw: (_row, out) => out.set(fresh.add(zeros)),
  };
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
      return { values, events };
    },
    variance: (_value, round = 1) => fresh.scale ** 2 * factorization.noiseRow(round - 1).reduce((sum, one) => sum + one * one, 0),
    runningVariance: () => (fresh.scale * factorization.errors.max) ** 2,
    exportState: () => noise.export(),
  };
}
