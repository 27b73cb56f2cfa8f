/** Whole simulated rounds beside a bare loop of the same arithmetic. Imports simulations. */
import { createRng } from "../../shared/random.ts";
import { type Prepared, prepareScenario } from "../prepare.ts";
import { parseScenario } from "../scenario.ts";
import { createShards } from "../shards.ts";
import { createDrive, initialState, runRound } from "../simulated-round.ts";
import { bareRound } from "./bare-round.ts";
import type { BenchCase, BenchGroup, BenchSubject } from "./bench.ts";

/** The shape of MovieLens 100K, made up: whoever runs this needs no data. */
const shape = { name: "synthetic", users: 943, items: 1_682, ratings: 106 };

/** The subject. */
export const rounds: BenchSubject = {
  name: "rounds",
  summary: "whole rounds in memory, beside a bare loop of the same arithmetic",
  async *groups() {
    yield await movieLensRound();
    yield await dormantRound();
  },
};

/** Everyone takes part: what a contribution of 28,594 values costs on its whole way. */
async function movieLensRound(): Promise<BenchGroup> {
  const model = { kind: "biased-mf", rank: 16, batch: "full", localEpochs: 1 };
  const prepared = await prepare({ dataset: shape, split: { kind: "random", validationFraction: 0 }, model });
  const { training } = prepared.split;
  const { l2, learningRate } = prepared.scenario.model as unknown as { l2: number; learningRate: number };
  const rng = createRng(1, "bench");
  const people = Float64Array.from({ length: training.users * 17 }, () => 0.1 * rng.normal());
  const itemSide = initialState(prepared.run, 1).shared.slice();
  const bare = bareRound({ training, rank: 16, l2, learningRate, globalMean: 3.5, itemSide, people });
  const [one, two] = [roundCase("engine, 1 worker", prepared, 1), roundCase("engine, 2 workers", prepared, 2)];
  return {
    title: "round of 943 devices, 1,682 items, rank 16, biased-mf, one full-batch step, open",
    cases: [{ name: "bare flat-array loop", run: bare }, one, two],
    close: async () => void (await Promise.all([one.close(), two.close()])),
  };
}

/** A small cohort of a large population: dormant devices must cost nothing. */
async function dormantRound(): Promise<BenchGroup> {
  const scenario = (users: number): object => ({
    dataset: { name: "synthetic", users, items: 200, ratings: 5 },
    model: { kind: "fcf", rank: 8 },
    cohort: { size: 1_000 },
  });
  const few = roundCase("of 2,000", await prepare(scenario(2_000)), 1);
  const many = roundCase("of 500,000", await prepare(scenario(500_000)), 1);
  return {
    title: "round of 1,000 devices, 200 items, rank 8, fcf, out of a population",
    cases: [few, many],
    close: async () => void (await Promise.all([few.close(), many.close()])),
  };
}

function prepare(scenario: object): Promise<Prepared> {
  return prepareScenario(parseScenario({ baselines: [], ...scenario }));
}

/** Goes on with a training by one round a call. */
function roundCase(name: string, prepared: Prepared, workers: number): BenchCase & { close(): Promise<void> } {
  const { run, split, scenario } = prepared;
  const shards = createShards(run, { training: split.training }, scenario.seed, workers);
  let state = initialState(run, scenario.seed);
  let round = 0;
  const drive = createDrive(prepared, shards);
  return {
    name,
    async run() {
      round += 1;
      const outcome = await runRound(prepared, await drive, state, round);
      state = outcome.state ?? state;
    },
    close: () => shards.close(),
  };
}
