/** A small result with everything that a report shows, for the tests of reports. */
import type { Result } from "../../simulations/result.ts";
import { simulate } from "../../simulations/simulate.ts";

/** A scenario that takes a second: losses, a figure after each round, two baselines. */
export const smallScenario = {
  dataset: { name: "food-world-cup" },
  split: { kind: "random" },
  model: { kind: "als", rank: 3 },
  rounds: 3,
  network: { dropout: 0.2 },
  evaluation: { every: 1 },
  baselines: ["popularity", "centralised"],
  seed: 1,
} as const;

/** The small scenario's result. */
export function smallResult(changes: object = {}): Promise<Result> {
  return simulate({ ...smallScenario, ...changes });
}

/** The same result with a promise: the aggregator's column is unbounded. */
export function withPromise(result: Result): Result {
  return {
    ...result,
    rounds: result.rounds.map((round) => ({ ...round, epsilon: { server: null, release: round.round * 1.5 } })),
    privacy: {
      unit: "user",
      mechanism: "gaussian",
      epsilon: 5,
      delta: 1e-5,
      clipNorm: 1,
      noiseStddev: 2.5,
      neighboring: "zero-out",
      placement: "central",
      noiseMultiplier: 2.5,
      planned: { server: null, release: 4.5 },
      asRun: { participations: 3, rounds: 3, epsilon: { server: null, release: 4.25 } },
    },
  };
}

/** The same result as one that leaks. */
export function withLeak(result: Result): Result {
  return { ...result, isLeaking: true };
}
