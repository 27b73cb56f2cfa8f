/** One simulated round: the round machine's effects carried out on simulated devices, on a virtual clock. Imports shared. */
import { isCofactorError } from "../shared/errors.ts";
import type { RoundQuality } from "../shared/evaluation/evaluation.ts";
import type { ModelState } from "../shared/models/model.ts";
import { GroupedAggregator } from "../shared/protections/grouped.ts";
import { createRng, shuffled, simulationRng } from "../shared/random.ts";
import { createReleaser, type Releaser } from "../shared/release.ts";
import {
  beginRound,
  contributingGroups,
  contributorsIn,
  contributorsOf,
  type RoundEffect,
  type RoundEvent,
  stepRound,
  withStatus,
} from "../shared/round.ts";
import { advanceModel, qualityOf, type Run, roundFrame, roundLimits } from "../shared/run.ts";
import { bytesPerValue, toPrecision } from "../shared/wire/model-codec.ts";
import type { Crowd } from "./adversaries/adversary.ts";
import { crowdOf } from "./adversaries/crowd.ts";
import { Arrivals } from "./arrivals.ts";
import { type PartTally, tallyOf } from "./attack-tally.ts";
import { Attendance } from "./attendance.ts";
import type { Cast } from "./cast.ts";
import { drawAnswering } from "./network.ts";
import type { Prepared } from "./prepare.ts";
import type { RoundResult } from "./result.ts";
import { Valuation } from "./rewards/valuation.ts";
import type { StageOrder } from "./shard.ts";
import type { Asking, Shards } from "./shards.ts";
import { simulatedId, simulatedTools } from "./simulated-tools.ts";
import { median } from "./statistics.ts";
import { Timeline } from "./timeline.ts";
import type { Departures } from "./unlearning/departures.ts";

/** How a round went. */
export interface RoundOutcome {
  /** The next state; undefined when the round was abandoned. */
  readonly state: ModelState | undefined;
  /** Whether it came to nothing since too few devices had anything to contribute. */
  readonly isIdle: boolean;
  /** Why it was abandoned; empty when it was not. */
  readonly reason: string;
  readonly result: RoundResult;
  /** People whose contributions are in the sum; empty when the round was abandoned. */
  readonly contributors: Int32Array;
  /** What the devices found about the model before the round; undefined when they were not asked, or too few. */
  readonly quality: RoundQuality | undefined;
  /** By part of the cast; empty where all are honest. */
  readonly parts: readonly PartTally[];
  /** Median over the devices asked first, real seconds of training and sealing in all stages. */
  readonly clientSeconds: number;
}

/** What a simulation's rounds have in common. */
export interface RoundDrive {
  readonly shards: Shards;
  readonly releaser: Releaser;
  readonly attendance: Attendance;
  /** Where items come and go. */
  readonly timeline: Timeline | undefined;
  /** Where ratings arrive on the way. */
  readonly arrivals: Arrivals | undefined;
  /** Where rounds' gains are shared out. */
  readonly valuation: Valuation | undefined;
  /** Where people leave on the way. */
  readonly departures: Departures | undefined;
  /** The state before the first round, as it is published. */
  readonly initial: ModelState;
}

/** What a simulation's rounds begin with. */
export async function createDrive(prepared: Prepared, shards: Shards, departures?: Departures): Promise<RoundDrive> {
  const { run, scenario, participants } = prepared;
  const releaser = await createReleaser(run, simulationRng(createRng(scenario.seed, "noise")));
  const attendance = new Attendance(run, participants, scenario.seed);
  const arrivals = scenario.timeline === undefined ? undefined : new Arrivals(prepared, scenario.timeline);
  const common = { shards, releaser, attendance, arrivals, departures };
  if (run.catalogue === undefined) {
    const initial = initialState(run, scenario.seed);
    const valuation = scenario.rewards === undefined ? undefined : new Valuation(prepared, scenario.rewards, initial);
    return { ...common, valuation, timeline: undefined, initial };
  }
  const { timeline, state } = await Timeline.begin(prepared, run.catalogue);
  return { ...common, valuation: undefined, timeline, initial: state };
}

/** The state before the first round, as it is published, where items stay. */
export function initialState(run: Run, seed: number): ModelState {
  const initial = run.model.initialize(createRng(seed, "model"));
  return { ...initial, shared: toPrecision(initial.shared, run.terms.precision) };
}

/**
 * Carries out a round.
 *
 * Guarantees: the outcome depends on the scenario's seed, the round's number and the state before it, never on the number of
 * workers; costs what the cohort costs, however many devices are dormant. An abandoned round leaves no trace in the devices.

 */
export async function runRound(prepared: Prepared, drive: RoundDrive, state: ModelState, round: number): Promise<RoundOutcome> {
  const { run, scenario, opener, cast } = prepared;
  const { shards, releaser, attendance, timeline, arrivals } = drive;
  const { precision } = run.terms;
  const present = arrivals?.present ?? drive.departures?.present ?? prepared.participants;
  const { due, fetches } =
    run.model.isDue === undefined ? { due: present, fetches: 0 } : shards.dueOf({ round, shared: state.shared }, present);
  const cohort = attendance.draw(round, due);
  const stages = { count: run.protection.stages.length, contribution: run.protection.contributionStage };
  let { state: machine, effects } = beginRound(round, ordered(run, cohort, scenario.seed, round), roundLimits(run), stages);
  let reason = reasonOf(effects);
  const apply = (event: RoundEvent): void => {
    ({ state: machine, effects } = stepRound(machine, event));
    reason ||= reasonOf(effects);
  };

  const clients = machine.groups.map((group) => group.map((user) => simulatedId(Number(user))));
  const aggregator = await GroupedAggregator.create(run.protection, (group) => roundFrame(run, round, group), clients, simulatedTools);
  const refused = new Map<number, string>();
  const lost = new Set<number>();
  const deviceMs = new Map<number, number>();
  const followed = timeline?.figures.deltaBytes ?? 0;
  const sent = { bytesUp: 0, bytesDown: (cohort.length + fetches) * (run.sharedSize * bytesPerValue(precision) + followed) };
  let elapsedMs = 0;
  let revealedBits = 0;
  while (machine.phase === "collecting") {
    const { stage } = machine;
    const asked = withStatus(machine, "asked").map(Number);
    const isContribution = stage === stages.contribution;
    const lateByMs = (user: number): number => (isContribution ? (cast?.delayMsOf(user, round) ?? 0) : 0);
    const fate = drawAnswering(scenario.network, scenario.seed, { round, stage, stages: stages.contribution + 1 }, asked, lateByMs);
    try {
      await aggregator.begin(stage, asked.map(simulatedId));
    } catch (error) {
      if (!isCofactorError(error)) throw error;
      apply({ kind: "failed", reason: `${error.code}: ${error.message}` });
      break;
    }
    const asking: Asking = {
      brief(user) {
        const bytes = aggregator.brief(stage, simulatedId(user));
        sent.bytesDown += bytes.length;
        return bytes;
      },
      ...(aggregator.groups === 1 ? {} : { groupOf: (user: number) => aggregator.groupOf(simulatedId(user)) }),
    };
    const devices = Int32Array.from(fate.answering).sort();
    const order = { round, stage, shared: state.shared, rowOf: timeline?.rowOf };
    const crowds = isContribution && cast !== undefined ? await crowdsOf(cast, shards, order, devices) : undefined;
    await shards.answer(crowds === undefined ? order : { ...order, crowds }, devices, asking, (sum) => {
      for (const { group, bytes } of sum.parts) aggregator.merge(group, bytes);
      sent.bytesUp += sum.bytesUp;
      revealedBits += sum.revealedBits;
      for (const { user, code } of sum.refused) refused.set(user, code);
      for (const [at, user] of sum.users.entries()) deviceMs.set(user, (deviceMs.get(user) ?? 0) + sum.deviceMs[at]!);
    });
    for (const user of fate.lost) lost.add(user);
    elapsedMs += fate.elapsedMs;
    apply({ kind: "gone", clients: Array.from(refused.keys(), String) });
    apply({ kind: "answered", stage, clients: fate.answering.filter((user) => !refused.has(user)).map(String) });
    // The lost say nothing, so the stage lasts to its deadline.
    apply({ kind: "deadline", stage });
  }
  let next: ModelState | undefined;
  let quality: RoundQuality | undefined;
  let figures: RoundResult["sums"];
  if (machine.phase === "revealing") {
    try {
      const { sums, spoiled } = await aggregator.reveal(contributingGroups(machine), run.groups.least, (half) => half.reveal(opener));
      const released = releaser.release(sums, round);
      next = advanceModel(run, state, released, round);
      quality = qualityOf(run, released, round, state.round);
      const spoilt = new Set(spoiled.map(({ group }) => group));
      drive.valuation?.take({
        round,
        before: state,
        after: next,
        groups: contributingGroups(machine).flatMap((group) =>
          spoilt.has(group) ? [] : [Int32Array.from(contributorsIn(machine, group), Number)],
        ),
        // Several sums come without a promise: released as they are, whichever of them.
        stateOf: (places) =>
          advanceModel(
            run,
            state,
            releaser.release(
              places.map((place) => sums[place]!),
              round,
            ),
            round,
          ),
      });
      if (timeline !== undefined) next = await timeline.advance(next, round);
      figures = { revealed: sums.length, lost: machine.groups.length - sums.length };
      apply({ kind: "revealed", without: spoiled.flatMap(({ group }) => contributorsIn(machine, group)) });
    } catch (error) {
      if (!isCofactorError(error)) throw error;
      apply({ kind: "failed", reason: `${error.code}: ${error.message}` });
    }
  }
  const isPublished = machine.phase === "published";
  shards.settle(isPublished);
  const result: RoundResult = {
    round,
    outcome: isPublished ? "published" : "abandoned",
    invited: cohort.length,
    accepted: isPublished ? contributorsOf(machine).length : 0,
    dropped: lost.size,
    rejected: refused.size,
    seconds: elapsedMs / 1000,
    ...sent,
    ...(figures === undefined || run.groups.most === 1 ? {} : { sums: figures }),
    ...(run.sharing.scattered === undefined ? {} : { revealedBits: revealedBits / Math.max(1, deviceMs.size) }),
    ...(timeline === undefined ? {} : { catalogue: timeline.figures }),
  };
  const contributors = isPublished ? Int32Array.from(contributorsOf(machine), Number).sort() : new Int32Array(0);
  return {
    state: isPublished ? next : undefined,
    isIdle: run.model.isDue !== undefined && due.length < run.terms.cohort.min,
    reason,
    result,
    contributors,
    quality,
    parts: cast === undefined ? [] : tallyOf(cast, { asked: cohort, contributors, lost, refused }),
    clientSeconds: median([...deviceMs.values()]) / 1000,
  };
}

/** By part of the cast, what its devices know of the vectors of those that answer. */
async function crowdsOf(cast: Cast, shards: Shards, order: StageOrder, answering: Int32Array): Promise<(Crowd | undefined)[]> {
  const crowds: (Crowd | undefined)[] = [];
  for (const role of cast.adversaries.keys()) {
    const watched = cast.watchedBy(role, answering);
    const sum = watched === undefined ? undefined : await shards.survey(order, watched);
    crowds.push(sum === undefined ? undefined : crowdOf(sum));
  }
  return crowds;
}

/** The cohort as the round goes by it: in an order drawn at random where groups follow from it. */
function ordered({ groups }: Run, cohort: Int32Array, seed: number, round: number): string[] {
  if (groups.most === 1) return Array.from(cohort, String);
  return Array.from(shuffled(cohort.length, createRng(seed, "groups", round)), (at) => String(cohort[at]!));
}

/** Why a round was abandoned; empty when none of the effects says so. */
function reasonOf(effects: readonly RoundEffect[]): string {
  for (const effect of effects) if (effect.kind === "abandon") return effect.reason;
  return "";
}
