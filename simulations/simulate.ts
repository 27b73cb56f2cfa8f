/**
 * Runs a scenario in memory: the round machine, the models and both halves of the protection of the deployed system, with a virtual
 * clock and a simulated network. Imports shared and simulations.
 */
import { availableParallelism } from "node:os";
import { CofactorError } from "../shared/errors.ts";
import type { ModelState } from "../shared/models/model.ts";
import { createRng } from "../shared/random.ts";
import { beginRound, type RoundEvent, type RoundStep, stepRound } from "../shared/round.ts";
import { advanceModel, roundFrame } from "../shared/run.ts";
import { bytesPerValue, toPrecision } from "../shared/wire/model-codec.ts";
import { fittedScores } from "./fitted.ts";
import { drawAnswering } from "./network.ts";
import { type Prepared, prepareScenario } from "./prepare.ts";
import { assembleResult, evaluatePart, type Result, type RoundResult } from "./result.ts";
import { parseScenario, type Scenario } from "./scenario.ts";
import { createShards, type Shards } from "./shards.ts";

/** How a simulation is run; none of it changes the result. */
export interface SimulateOptions {
  /** Threads for the devices; default: as many as there are cores, 1 for small jobs. */
  readonly workers?: number;
  /** Called after each round. */
  readonly onRound?: (round: RoundResult, rounds: number) => void;
  /** Ends the simulation after the current round, with the result so far. */
  readonly signal?: AbortSignal;
}

/** Below this many values summed in a round, threads cost more than they bring. */
const smallRound = 4_000_000;

/**
 * Runs a scenario.
 *
 * @param scenario as parseScenario gives it, or as a person writes it
 * @throws CofactorError CONFIG_INVALID, DATA_INVALID
 * @example const result = await simulate({ model: { kind: "implicit-als" }, rounds: 5 });
 */
export async function simulate(scenario: Scenario | object, options: SimulateOptions = {}): Promise<Result> {
  const startedMs = performance.now();
  const prepared = await prepareScenario(parseScenario(scenario));
  const { run, split } = prepared;
  const seed = prepared.scenario.seed;
  // What hides contributions costs far more than summing them: worth threads at any size.
  const isSmall = run.protection.revealsContributions && run.contributionSize * run.terms.cohort.size < smallRound;
  const shards = createShards(run, split.training, seed, options.workers ?? (isSmall ? 1 : Math.min(4, availableParallelism())));
  try {
    const { state, rounds, roundSeconds, clientSeconds } = await train(prepared, shards, options);
    const scoresFor = fittedScores(run, split.training, state.shared, () => undefined, seed);
    return assembleResult(prepared, { rounds, roundSeconds, clientSeconds, scoresFor }, startedMs);
  } finally {
    await shards.close();
  }
}

interface Trained {
  readonly state: ModelState;
  readonly rounds: RoundResult[];
  readonly roundSeconds: number[];
  readonly clientSeconds: number[];
}

/** How many rounds in a row may be abandoned before the simulation gives up. */
const maxAbandoned = 20;

async function train(prepared: Prepared, shards: Shards, options: SimulateOptions): Promise<Trained> {
  const { scenario, run, split } = prepared;
  const initial = run.model.initialize(createRng(scenario.seed, "model"));
  let state: ModelState = { ...initial, shared: toPrecision(initial.shared, run.terms.precision) };
  const trained = { rounds: [] as RoundResult[], roundSeconds: [] as number[], clientSeconds: [] as number[] };
  for (let round = 1, abandoned = 0; state.round < run.terms.rounds && options.signal?.aborted !== true; round++) {
    const startedMs = performance.now();
    const outcome = await runRound(prepared, shards, state, round);
    trained.roundSeconds.push((performance.now() - startedMs) / 1000);
    trained.clientSeconds.push(outcome.slowestMs / 1000);
    if (outcome.state === undefined) {
      abandoned += 1;
      if (abandoned >= maxAbandoned)
        throw new CofactorError("COHORT_TOO_SMALL", `${maxAbandoned} rounds in a row were abandoned: ${outcome.reason}`);
    } else {
      state = outcome.state;
      abandoned = 0;
    }
    const every = scenario.evaluation.every;
    const isEvaluated = outcome.state !== undefined && every > 0 && (state.round % every === 0 || state.round === run.terms.rounds);
    const { metrics } = isEvaluated
      ? evaluatePart(
          prepared,
          fittedScores(run, split.training, state.shared, () => undefined, scenario.seed),
          "validation",
        )
      : { metrics: undefined };
    const result: RoundResult = { ...outcome.result, ...(metrics === undefined ? {} : { metrics }) };
    trained.rounds.push(result);
    options.onRound?.(result, run.terms.rounds);
  }
  return { state, ...trained };
}

interface RoundOutcome {
  /** Undefined when the round was abandoned. */
  readonly state: ModelState | undefined;
  readonly reason: string;
  readonly result: RoundResult;
  readonly slowestMs: number;
}

/** One round: the machine's effects carried out on simulated devices. */
async function runRound(prepared: Prepared, shards: Shards, state: ModelState, round: number): Promise<RoundOutcome> {
  const { run, scenario, opener } = prepared;
  const cohort = drawCohort(prepared, round);
  const { answering, lost } = drawAnswering(scenario.network, scenario.seed, round, cohort);
  let step: RoundStep = beginRound(round, Array.from(cohort, String), run.terms.cohort.min, run.protection.stages.length);
  let bytesUp = 0;
  let slowestMs = 0;
  let next: ModelState | undefined;
  const aggregator = run.protection.createAggregator(roundFrame(run, round));
  const apply = (event: RoundEvent): void => {
    step = stepRound(step.state, event);
  };
  if (step.state.phase === "collecting" && answering.length >= run.terms.cohort.min) {
    const sums = await shards.contribute(round, state.shared, Int32Array.from(answering).sort());
    for (const sum of sums) {
      aggregator.merge(sum.part);
      bytesUp += sum.bytesUp;
      slowestMs = Math.max(slowestMs, sum.slowestMs);
    }
  }
  if (step.state.phase === "collecting") apply({ kind: "gone", clients: lost.map(String) });
  if (step.state.phase === "collecting") apply({ kind: "answered", stage: 0, clients: answering.map(String) });
  if (step.state.phase === "revealing") {
    next = advanceModel(run, state, await aggregator.reveal(opener));
    apply({ kind: "revealed" });
  }
  const isPublished = step.state.phase === "published";
  shards.settle(isPublished);
  const abandon = step.effects.find((effect) => effect.kind === "abandon");
  const result: RoundResult = {
    round,
    outcome: isPublished ? "published" : "abandoned",
    invited: cohort.length,
    accepted: isPublished ? answering.length : 0,
    dropped: lost.length,
    rejected: 0,
    bytesUp,
    bytesDown: cohort.length * run.sharedSize * bytesPerValue(run.terms.precision),
  };
  return { state: isPublished ? next : undefined, reason: abandon?.kind === "abandon" ? abandon.reason : "", result, slowestMs };
}

/** The cohort of a round: everyone, or a subset drawn by seed. Its cost does not grow with the number of dormant devices. */
function drawCohort({ run, participants, scenario }: Prepared, round: number): Int32Array {
  const { size } = run.terms.cohort;
  if (size >= participants.length) return participants;
  const rng = createRng(scenario.seed, "cohort", round);
  // Floyd's sampling: `size` draws, whatever the population.
  const chosen = new Set<number>();
  for (let last = participants.length - size; last < participants.length; last++) {
    const candidate = rng.below(last + 1);
    chosen.add(chosen.has(candidate) ? last : candidate);
  }
  return Int32Array.from(chosen, (index) => participants[index]!).sort();
}
