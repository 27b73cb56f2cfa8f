/** One simulated round: the round machine's effects carried out on simulated devices, on a virtual clock. Imports shared. */
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import type { ModelState } from "../shared/models/model.ts";
import { createRng } from "../shared/random.ts";
import { beginRound, type RoundEffect, type RoundEvent, stepRound } from "../shared/round.ts";
import { advanceModel, type Run, roundFrame } from "../shared/run.ts";
import { bytesPerValue, toPrecision } from "../shared/wire/model-codec.ts";
import { drawAnswering } from "./network.ts";
import { drawCohort } from "./population.ts";
import type { Prepared } from "./prepare.ts";
import type { RoundResult } from "./result.ts";
import type { Shards } from "./shards.ts";
import { median } from "./statistics.ts";

/** How a round went. */
export interface RoundOutcome {
  /** The next state; undefined when the round was abandoned. */
  readonly state: ModelState | undefined;
  /** Why it was abandoned; empty when it was not. */
  readonly reason: string;
  readonly result: RoundResult;
  /** Median over the devices that answered, real seconds of training and sealing. */
  readonly clientSeconds: number;
}

/** The state before the first round, as it is published. */
export function initialState(run: Run, seed: number): ModelState {
  const initial = run.model.initialize(createRng(seed, "model"));
  return { ...initial, shared: toPrecision(initial.shared, run.terms.precision) };
}

/**
 * Carries out a round.
 *
 * Guarantees: the outcome depends on the scenario's seed, the round's number and the state before it, never on the number of
 * workers; costs what the cohort costs, however many devices are dormant. An abandoned round leaves no trace in the devices.
 *
 * @throws CofactorError CONFIG_INVALID for a protection of several stages, which the in-memory devices do not speak
 */
export async function runRound(prepared: Prepared, shards: Shards, state: ModelState, round: number): Promise<RoundOutcome> {
  const { run, scenario, participants, opener } = prepared;
  const { cohort: limits, precision } = run.terms;
  if (run.protection.stages.length !== 1) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"network.transport" expected "socket" for the ${run.protection.stages.length} stages of ${run.protection.kind}`,
    );
  }
  const cohort = drawCohort(participants, limits.size, scenario.seed, round);
  const { answering, lost, elapsedMs } = drawAnswering(scenario.network, scenario.seed, round, cohort);
  let { state: machine, effects } = beginRound(round, Array.from(cohort, String), limits.min, 1);
  let reason = reasonOf(effects);
  const apply = (event: RoundEvent): void => {
    ({ state: machine, effects } = stepRound(machine, event));
    reason ||= reasonOf(effects);
  };

  const aggregator = run.protection.createAggregator(roundFrame(run, round));
  const refused = new Set<number>();
  const deviceMs: number[] = [];
  let bytesUp = 0;
  const devices = machine.phase === "collecting" ? Int32Array.from(answering).sort() : new Int32Array(0);
  await shards.contribute(round, state.shared, devices, (sum) => {
    aggregator.merge(sum.part);
    bytesUp += sum.bytesUp;
    for (const user of sum.refused) refused.add(user);
    deviceMs.push(...sum.deviceMs);
  });

  apply({ kind: "gone", clients: Array.from(refused, String) });
  apply({ kind: "answered", stage: 0, clients: answering.filter((user) => !refused.has(user)).map(String) });
  // The lost say nothing, so the stage lasts to its deadline.
  apply({ kind: "deadline", stage: 0 });
  let next: ModelState | undefined;
  if (machine.phase === "revealing") {
    try {
      next = advanceModel(run, state, await aggregator.reveal(opener));
      apply({ kind: "revealed" });
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
    accepted: isPublished ? answering.length - refused.size : 0,
    dropped: lost.length,
    rejected: refused.size,
    seconds: elapsedMs / 1000,
    bytesUp,
    bytesDown: cohort.length * run.sharedSize * bytesPerValue(precision),
  };
  return { state: isPublished ? next : undefined, reason, result, clientSeconds: median(deviceMs) / 1000 };
}

/** Why a round was abandoned; empty when none of the effects says so. */
function reasonOf(effects: readonly RoundEffect[]): string {
  for (const effect of effects) if (effect.kind === "abandon") return effect.reason;
  return "";
}
