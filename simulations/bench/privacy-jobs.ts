/** Work done once before a run or after it: optimizing a strategy, adding up privacy loss. Each checks its figure. Imports shared. */
import { poissonGaussianEvent, selfComposedEvent } from "../../shared/privacy/event.ts";
import { bufferedFactorization, optimizeBuffers } from "../../shared/privacy/matrix/blt.ts";
import { type FactorizationContext, lossOf } from "../../shared/privacy/matrix/factorization.ts";
import { factorizations } from "../../shared/privacy/matrix/index.ts";
import { prefixSum } from "../../shared/privacy/matrix/workload.ts";
import { spent } from "../../shared/privacy/spent.ts";
import { resolveSection } from "../../shared/registry.ts";
import type { BenchJob } from "./bench.ts";

/** A run whose units come back. */
export interface RepeatedShape {
  readonly buffers: number;
  readonly rounds: number;
  /** Least difference of the numbers of two rounds of one unit. */
  readonly separation: number;
  readonly participations: number;
}

/** The schema and workload of a shape: prefix sums, judged by their largest error. */
export function contextOf({ rounds, separation, participations }: RepeatedShape): FactorizationContext {
  return { workload: prefixSum(rounds), participation: { kind: "min-separation", participations, separation }, objective: "max" };
}

/** Buffers of least loss. Throws when the loss is above `mostLoss`. */
export function bufferedJob(shape: RepeatedShape & { readonly mostLoss: number }): BenchJob {
  const { buffers, rounds, separation, participations, mostLoss } = shape;
  return {
    title: `buffered strategy of ${buffers} buffers, ${rounds} rounds, ${participations} participations at least ${separation} apart`,
    async measure(signal) {
      signal.throwIfAborted();
      const context = contextOf(shape);
      const startedMs = performance.now();
      const found = optimizeBuffers(buffers, context);
      const tookMs = performance.now() - startedMs;
      const loss = lossOf(bufferedFactorization(context.workload, found), context.participation).max;
      if (!(loss <= mostLoss)) throw new Error(`the loss expected at most ${mostLoss}, got ${loss}`);
      return [
        { name: "optimizing", value: tookMs, unit: "ms" },
        { name: "largest loss", value: loss, unit: "loss" },
      ];
    },
  };
}

/** The best of all strategies, one participation. Throws when its loss is not the known one, to 1e-6 of it. */
export function denseJob({ rounds, loss: known }: { readonly rounds: number; readonly loss: number }): BenchJob {
  return {
    title: `dense optimal strategy, ${rounds} rounds, one participation`,
    async measure(signal) {
      signal.throwIfAborted();
      const participation = { kind: "single" } as const;
      const startedMs = performance.now();
      const { definition, options } = resolveSection(factorizations, { kind: "dense" }, "factorization");
      const factorization = definition.create(options, { workload: prefixSum(rounds), participation, objective: "mean" });
      const tookMs = performance.now() - startedMs;
      const loss = lossOf(factorization, participation).rootMeanSquare;
      if (!(Math.abs(loss / known - 1) < 1e-6)) throw new Error(`the loss expected ${known}, got ${loss}`);
      return [
        { name: "optimizing and factoring", value: tookMs, unit: "ms" },
        { name: "root mean square loss", value: loss, unit: "loss" },
      ];
    },
  };
}

/** A run of sampled Gaussian noise, for an accountant that works on a grid. */
export interface AccountingShape {
  readonly samplingRate: number;
  readonly noiseMultiplier: number;
  readonly rounds: number;
  readonly delta: number;
  /** The grid of the privacy loss. */
  readonly step: number;
  /** The known cost, to 1e-6. */
  readonly epsilon: number;
}

/** Epsilon of a run by its privacy loss distribution, both neighbors. Throws when it is not the known one. */
export function accountingJob(shape: AccountingShape): BenchJob {
  const { samplingRate, noiseMultiplier, rounds, delta, step } = shape;
  return {
    title: `privacy loss distribution at ${step}: Gaussian noise ${noiseMultiplier}, rate ${samplingRate}, ${rounds} rounds, delta ${delta}`,
    async measure(signal) {
      signal.throwIfAborted();
      const event = selfComposedEvent(poissonGaussianEvent({ neighboring: "add-remove", noiseMultiplier, samplingRate }), rounds);
      const startedMs = performance.now();
      const { epsilon } = spent(event, { delta, view: "release", accountant: { kind: "pld", step } });
      const tookMs = performance.now() - startedMs;
      if (!(Math.abs(epsilon - shape.epsilon) < 1e-6)) throw new Error(`epsilon expected ${shape.epsilon}, got ${epsilon}`);
      return [
        { name: "composing and converting", value: tookMs, unit: "ms" },
        { name: "epsilon", value: epsilon, unit: "epsilon" },
      ];
    },
  };
}
