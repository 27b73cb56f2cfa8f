/** A few rounds of a scenario, for tests that compare the models that protections give. */
import { expect } from "vitest";
import { encodedBits } from "../../shared/wire/fixed-point.ts";
import { prepareScenario } from "../../simulations/prepare.ts";
import type { RoundResult } from "../../simulations/result.ts";
import { parseScenario } from "../../simulations/scenario.ts";
import { createShards } from "../../simulations/shards.ts";
import { createDrive, initialState, runRound } from "../../simulations/simulated-round.ts";

/** What rounds gave. */
export interface Trained {
  readonly factors: Float64Array;
  readonly results: readonly RoundResult[];
  /** How far a sum's entry may lie from the exact one: half a step of 2^-fractionBits for each contributor. */
  readonly sumScale: number;
}

/** Trains every round of a scenario; each must be published. */
export async function train(scenario: object): Promise<Trained> {
  const prepared = await prepareScenario(parseScenario({ ...scenario, baselines: [] }));
  const { run } = prepared;
  const shards = createShards(run, { training: prepared.split.training }, prepared.scenario.seed, 2);
  try {
    const drive = await createDrive(prepared, shards);
    let state = initialState(run, prepared.scenario.seed);
    const results: RoundResult[] = [];
    for (let round = 1; round <= run.terms.rounds; round++) {
      const outcome = await runRound(prepared, drive, state, round);
      expect(outcome.reason).toBe("");
      results.push(outcome.result);
      state = outcome.state!;
    }
    expect(encodedBits(run.range)).toBeLessThanOrEqual(32);
    return { factors: state.shared, results, sumScale: run.terms.cohort.size * 2 ** -(run.range.fractionBits + 1) };
  } finally {
    await shards.close();
  }
}

/** The greatest difference of two vectors, entry by entry. */
export function greatestDifference(left: Float64Array, right: Float64Array): number {
  expect(left.length).toBe(right.length);
  return left.reduce((greatest, value, at) => Math.max(greatest, Math.abs(value - right[at]!)), 0);
}
