/**
 * Runs a scenario in memory: the round machine, the models and both halves of the protection of the deployed system, with a virtual
 * clock and a simulated network. Imports shared and simulations.
 */
import { availableParallelism } from "node:os";
import { CofactorError } from "../shared/errors.ts";
import type { RatingMatrix } from "../shared/math/ratings.ts";
import type { ModelState } from "../shared/models/model.ts";
import { createPrivacyAccount } from "../shared/privacy-account.ts";
import { hasEnded, type Run } from "../shared/run.ts";
import { addTallies, type PartTally, tallyOf } from "./attack-tally.ts";
import { auditForgotten } from "./audits/forgotten.ts";
import { cataloguedPeople } from "./catalogued-people.ts";
import { evaluate } from "./evaluate.ts";
import { fittedScores, servedPeople } from "./fitted.ts";
import { type Prepared, prepareScenario } from "./prepare.ts";
import { assembleResult, evaluatePart, type Result, type RoundResult, type Training } from "./result.ts";
import { parseScenario, type Scenario } from "./scenario.ts";
import type { ShardData } from "./shard.ts";
import { createShards, type Shards } from "./shards.ts";
import { createDrive, type RoundOutcome, runRound } from "./simulated-round.ts";
import { Departures } from "./unlearning/departures.ts";
import { withoutRatings } from "./without-ratings.ts";

/** How a simulation is run; none of it changes the result. */
export interface SimulateOptions {
  /** Threads for the devices; by default 1 unless the job is big enough for more, and never more than 4. */
  readonly workers?: number;
  /** Called after each round. */
  readonly onRound?: (round: RoundResult, rounds: number) => void;
  /** Ends the simulation after the current round, with what is known so far: `isComplete` is false, baselines may be missing. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a scenario.
 *
 * @param scenario as parseScenario gives it, or as a person writes it
 * @throws CofactorError CONFIG_INVALID, DATA_INVALID; COHORT_TOO_SMALL when rounds are abandoned again and again
 * @example const result = await simulate({ model: { kind: "implicit-als" }, rounds: 5 });
 */
export async function simulate(scenario: Scenario | object, options: SimulateOptions = {}): Promise<Result> {
  const startedMs = performance.now();
  const prepared = await prepareScenario(parseScenario(scenario));
  const { run, split } = prepared;
  // What paper-compat withholds travels beside the ratings, and threads are handed the ratings alone; they hand out no private part.
  const isAtHome = split.training.withheld !== undefined || isJudgedAsTrained(run) || isPatient(prepared);
  const workers = isAtHome ? 1 : (options.workers ?? defaultWorkers(run));
  const { unlearning } = prepared.scenario;
  const departures = unlearning === undefined ? undefined : new Departures(prepared, unlearning);
  const training = await trainOn(prepared, workers, options, departures);
  const forgotten = departures === undefined ? {} : await forgottenBy(prepared, departures, workers, options);
  return await assembleResult(prepared, { ...training, ...forgotten }, startedMs, options.signal);
}

/** Trains devices that are there for this training alone. */
async function trainOn(prepared: Prepared, workers: number, options: SimulateOptions, departures?: Departures): Promise<Training> {
  const shards = createShards(prepared.run, dataOf(prepared), prepared.scenario.seed, workers);
  try {
    return await train(prepared, shards, options, departures);
  } finally {
    await shards.close();
  }
}

/** The audit of people who left, beside a run that never had them; nothing when either was interrupted. */
async function forgottenBy(
  prepared: Prepared,
  departures: Departures,
  workers: number,
  { signal }: SimulateOptions,
): Promise<Pick<Training, "unlearning">> {
  const never = new Departures(prepared, prepared.scenario.unlearning!, true);
  const { isComplete } = await trainOn(prepared, workers, signal === undefined ? {} : { signal }, never);
  if (!isComplete || !departures.hasLeft) return {};
  const { run, split, scenario } = prepared;
  return {
    unlearning: auditForgotten({ run, training: split.training, seed: scenario.seed, departures, reference: never.trace.states }),
  };
}

/** Contributions in clear cost little more than their sum, which memory bounds: threads pay from this many values a round. */
const bigRound = 100_000_000;

/** What hides contributions costs far more than summing them: worth threads at any size. */
function defaultWorkers(run: Run): number {
  const isBig = !run.protection.revealsContributions || run.contributionSize * run.terms.cohort.size >= bigRound;
  return isBig ? Math.min(4, availableParallelism()) : 1;
}

/** Whether rounds may pass in which nobody has anything to contribute, so that attempts count and not publications. */
function isPatient({ run, scenario }: Prepared): boolean {
  return run.model.isDue !== undefined || scenario.timeline !== undefined;
}

function isJudgedAsTrained({ model }: Run): boolean {
  return model.isJudgedAsTrained === true;
}

/** What the devices have: all that the scenario has them train on, and aside what is held out for validation. */
function dataOf({ run, split, cast, freeRiders }: Prepared): ShardData {
  const training = withoutRatings(split.training, freeRiders);
  return { training, roles: cast?.roles, ...(run.evaluation === undefined ? {} : { heldOut: split.validation }) };
}

/**
 * What the devices found, and beside it the same figures of the same people and model, computed in one place: not where people are judged with what
 * their devices train, since by now they have trained on.
 */
function judgedTwice(prepared: Prepared, outcome: RoundOutcome, modelRound: number, { shared }: ModelState): Partial<RoundResult> {
  if (outcome.quality === undefined) return {};
  const { run, split, dataset, scenario } = prepared;
  const found = { ...outcome.quality, modelRound };
  if (isJudgedAsTrained(run)) return { federatedMetrics: found };
  // Devices know nothing of a test part: its items are candidates like all others.
  const scoresFor = fittedScores(run, split.training, shared, () => undefined, scenario.seed);
  const own = { ...split, test: { ...split.test, rowStart: new Int32Array(split.test.rowStart.length) } };
  const { metrics } = evaluate({
    scoresFor,
    split: own,
    part: "validation",
    objective: run.model.objective,
    metrics: run.terms.evaluation!.metrics,
    ratingRange: dataset.ratingRange,
    seed: scenario.seed,
    users: outcome.contributors,
  });
  return { federatedMetrics: { ...found, central: metrics } };
}

const nobody = { asked: [], contributors: [], lost: [], refused: new Map<number, string>() };

/** How many rounds in a row may be abandoned before the simulation gives up. */
const maxAbandoned = 20;

async function train(prepared: Prepared, shards: Shards, options: SimulateOptions, departures?: Departures): Promise<Training> {
  const { scenario, run, split } = prepared;
  const rounds: RoundResult[] = [];
  const roundSeconds: number[] = [];
  const clientSeconds: number[] = [];
  const total = run.terms.rounds;
  const partOf = (user: number) => (isJudgedAsTrained(run) ? shards.partOf(user) : undefined);
  const drive = await createDrive(prepared, shards, departures);
  const { arrivals } = drive;
  const servedBy = ({ shared }: ModelState, ratings: RatingMatrix) =>
    drive.timeline === undefined
      ? servedPeople(run, ratings, shared, partOf, scenario)
      : cataloguedPeople(run, ratings, shared, drive.timeline.rowOf, scenario);
  const served = (judged: ModelState) => servedBy(judged, arrivals?.known ?? split.training);
  let parts: readonly PartTally[] = prepared.cast === undefined ? [] : tallyOf(prepared.cast, nobody);
  const account = createPrivacyAccount(run, drive.attendance);
  let state = drive.initial;
  let abandoned = 0;
  let published = 0;
  let round = 1;
  const onValidation = (judged: ModelState) =>
    split.counts.validation > 0 ? evaluatePart(prepared, served(judged), "validation").metrics : {};
  const isOver = (): boolean => hasEnded(run, state, round - 1) || (isPatient(prepared) && round > total);
  for (; !isOver() && options.signal?.aborted !== true; round++) {
    if (arrivals?.enter(round) === true) shards.reveal(arrivals.known);
    const entered = departures?.enter(state);
    if (entered?.areLeaving === true) {
      state = entered.state;
      if (departures!.method.saysFarewell) shards.reveal(withoutRatings(split.training, departures!.leavers));
    }
    const startedMs = performance.now();
    const outcome = await runRound(prepared, drive, state, round);
    parts = addTallies(parts, outcome.parts);
    roundSeconds.push((performance.now() - startedMs) / 1000);
    clientSeconds.push(outcome.clientSeconds);
    let result: RoundResult = { ...outcome.result, ...account.after(round), ...judgedTwice(prepared, outcome, published, state) };
    if (outcome.state === undefined) abandoned += outcome.isIdle ? 0 : 1;
    else {
      abandoned = 0;
      departures?.publish(state, outcome.state);
      state = outcome.state;
      published = round;
      const { every } = scenario.evaluation;
      const isDue = every > 0 && split.counts.validation > 0 && (state.round % every === 0 || state.round === total);
      if (isDue) result = { ...result, metrics: onValidation(state) };
    }
    arrivals?.leave(round, outcome, state, onValidation);
    rounds.push(result);
    options.onRound?.(result, total);
    if (abandoned >= maxAbandoned)
      throw new CofactorError("COHORT_TOO_SMALL", `${maxAbandoned} rounds in a row were abandoned: ${outcome.reason}`);
  }
  const isComplete = isOver();
  return {
    rounds,
    roundSeconds,
    clientSeconds,
    served: served(state),
    ...(prepared.cast === undefined ? {} : { attack: { parts, scoresBy: (ratings) => servedBy(state, ratings).scoresFor } }),
    isJudgedAsTrained: isJudgedAsTrained(run),
    isComplete,
    privacy: account.result(drive.releaser.noiseStddev),
    ...(arrivals === undefined ? {} : { steps: arrivals.figures }),
    ...(drive.valuation === undefined ? {} : { rewards: drive.valuation.figures(prepared.freeRiders) }),
    ...(drive.timeline === undefined ? {} : { wholeCatalogueBytes: drive.timeline.wholeBytes }),
  };
}
