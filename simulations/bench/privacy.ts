/** What differential privacy costs in time: strategies, accounting, correlated noise, draws. Imports bench, one file per kind of group. */
import type { BenchSubject } from "./bench.ts";
import { accountingJob, bufferedJob, denseJob } from "./privacy-jobs.ts";
import { correlatedNoise, sharesOfDraws, wideDraws } from "./privacy-noise.ts";

/** The subject. */
export const privacy: BenchSubject = {
  name: "privacy",
  summary: "noise strategies, accounting by loss distributions, correlated noise of a round, exact draws beside published samplers",
  *groups() {
    yield bufferedJob({ buffers: 3, rounds: 2052, separation: 342, participations: 6, mostLoss: 10.76 });
    yield denseJob({ rounds: 512, loss: 2.73938466 });
    yield accountingJob({ samplingRate: 0.04, noiseMultiplier: 1.5, rounds: 2250, delta: 1e-5, step: 1e-4, epsilon: 6.768787 });
    yield correlatedNoise({ buffers: 3, rounds: 2052, separation: 342, participations: 6, items: 1_682, rank: 16 });
    yield* wideDraws();
    yield* sharesOfDraws();
  },
};
