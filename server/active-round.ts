/**
 * The open round in memory: its state, its half of the protection, its unfinished uploads; made fresh, or from what a store
 * holds. Imports shared and the store's types.
 */

import type { Awaitable } from "../shared/crypto/primitives.ts";
import { CofactorError } from "../shared/errors.ts";
import { GroupedAggregator } from "../shared/protections/grouped.ts";
import type { ProtectionTools } from "../shared/protections/protection.ts";
import {
  beginRound,
  contributorsOf,
  type RoundEffect,
  type RoundStages,
  type RoundState,
  type RoundStep,
  stepRound,
  withStatus,
} from "../shared/round.ts";
import { type Run, roundFrame, roundLimits } from "../shared/run.ts";
import type { AnswerKey, OpenRound, RoundRecord, Store, StoredAnswer } from "./store.ts";
import { Uploads } from "./uploads.ts";

/** A round that is being driven. */
export interface ActiveRound {
  state: RoundState;
  /** Its half of the protection, over all groups. */
  readonly aggregator: GroupedAggregator;
  readonly uploads: Uploads;
  /** Answers that are being checked and made durable, by client. */
  readonly saving: Map<string, Promise<unknown>>;
  /** Digests of the durable answers, and of those being made durable, by stage and client. */
  readonly digests: Map<string, string>;
  readonly startedMs: number;
  bytesUp: number;
  deadlineAtMs: number;
  cancelDeadline: () => void;
  /** True once the deadline has passed: only what is being made durable is still waited for. */
  isDue: boolean;
  /** The stage that is durable and takes answers; -1 at first. The state is ahead of it while the next one is being made durable. */
  openStage: number;
  /** The stage that is durable; the state is ahead of it while the next one is being made durable, and behind it while answers are collected. */
  savedStage: number;
  /** The stage for which the aggregator's half was begun last; -1 at first. */
  begunStage: number;
  /** Settles when that stage's briefs are ready. */
  begun: Promise<void>;
}

/** A round and what is to be done about it first. */
export interface EnteredRound {
  readonly active: ActiveRound;
  readonly effects: readonly RoundEffect[];
}

/** The key of a stage's answer of a client in `digests`. */
export function answerKey(stage: number, client: string): string {
  return `${stage} ${client}`;
}

/** A fresh round over a cohort. */
export async function enterRound(
  run: Run,
  round: number,
  cohort: readonly string[],
  tools: ProtectionTools,
  nowMs: number,
): Promise<EnteredRound> {
  const step = beginRound(round, cohort, roundLimits(run), stagesOf(run));
  return { active: await createActive(run, step.state, tools, nowMs), effects: step.effects };
}

/** What of a round is durable, and how much of it is taken in again. */
export interface KeptRound {
  readonly open: OpenRound;
  readonly keys: readonly AnswerKey[];
  /** The last stage whose answers are taken in: the open one, or the one before where others see to that. */
  readonly lastStage: number;
  /** Who is known to have answered the open stage, of which nothing is taken in. */
  readonly known: readonly string[];
  /** The answers of a stage that the sum's half takes in. */
  answers(stage: number): Awaitable<readonly StoredAnswer[]>;
}

/**
 * What a store has of the open round; undefined when there is none.
 * @param isElsewhere true where the open stage's answers are brought together when it ends, not as they come
 */
export async function keptRound(run: string, store: Store, isElsewhere: boolean): Promise<KeptRound | undefined> {
  const open = await store.openRound(run);
  if (open === undefined) return undefined;
  const keys = await store.answerKeys(run, open.round);
  const lastStage = isElsewhere ? open.stage - 1 : open.stage;
  const known = keys.filter(({ stage }) => stage === open.stage && stage > lastStage).map(({ client }) => client);
  return { open, keys, lastStage, known, answers: (stage) => store.answers(run, open.round, stage) };
}

/**
 * The round that a killed server left open: every durable answer is taken in again, once, in the order in which they came.
 *
 * Guarantees: the same durable answers give the same sum; a round that was being revealed is revealed over the same contributors, so
 * that a keyholder is asked for the same sum again. Whatever the stage waits for is asked anew: devices repeat the same bytes.
 */
export async function restoreRound(
  run: Run,
  { open, keys, lastStage, answers }: Omit<KeptRound, "known">,
  tools: ProtectionTools,
  nowMs: number,
): Promise<EnteredRound> {
  let step: RoundStep = beginRound(open.round, open.cohort, roundLimits(run), stagesOf(run));
  const active = await createActive(run, step.state, tools, nowMs);
  // A round whose cohort was too small is over before it began.
  let effects: readonly RoundEffect[] = step.state.phase === "collecting" ? [] : step.effects;
  for (let stage = 0; stage < run.protection.stages.length && stage <= open.stage; stage++) {
    if (step.state.phase !== "collecting") break;
    await active.aggregator.begin(stage, withStatus(step.state, "asked"));
    active.begunStage = stage;
    const given = keys.filter((key) => key.stage === stage);
    for (const { client, digest } of given) active.digests.set(answerKey(stage, client), digest);
    if (stage > lastStage) break;
    for (const { client, bytes, signature } of await answers(stage)) active.aggregator.combine(stage, client, bytes, signature);
    step = stepRound(step.state, { kind: "answered", stage, clients: given.map((answer) => answer.client) });
    effects = step.effects;
    // The stage had ended: at its deadline, when not everybody had answered.
    if (stage < open.stage && step.state.phase === "collecting" && step.state.stage === stage) {
      step = stepRound(step.state, { kind: "deadline", stage });
      effects = step.effects;
    }
  }
  active.state = step.state;
  active.savedStage = open.stage;
  if (effects.length > 0) return { active, effects };
  return { active, effects: [{ kind: "ask", stage: step.state.stage, clients: withStatus(step.state, "asked") }] };
}

/**
 * What a round came to.
 * @param without how many contributors' sums could not be had
 */
export function recordOf(
  active: ActiveRound,
  { quality, contributors, ...what }: Pick<RoundRecord, "outcome" | "sha256" | "reason" | "quality" | "contributors">,
  without = 0,
): RoundRecord {
  const invited = active.state.members.size;
  const accepted = contributorsOf(active.state).length - without;
  const counts = { round: active.state.round, invited, accepted, dropped: invited - accepted };
  return { ...counts, ...what, ...(quality === undefined ? {} : { quality }), ...(contributors === undefined ? {} : { contributors }) };
}

function stagesOf({ protection }: Run): RoundStages {
  return { count: protection.stages.length, contribution: protection.contributionStage };
}

async function createActive(run: Run, state: RoundState, tools: ProtectionTools, nowMs: number): Promise<ActiveRound> {
  return {
    state,
    aggregator: await GroupedAggregator.create(run.protection, (group) => roundFrame(run, state.round, group), state.groups, tools),
    uploads: new Uploads(),
    saving: new Map(),
    digests: new Map(),
    startedMs: nowMs,
    bytesUp: 0,
    deadlineAtMs: 0,
    cancelDeadline: () => undefined,
    isDue: false,
    openStage: -1,
    savedStage: -1,
    begunStage: -1,
    begun: Promise.resolve(),
  };
}

/** Why a round is not the open one. */
export function notOpen(round: number, last: number, open: number | undefined): CofactorError {
  if (round === last) return new CofactorError("ROUND_CLOSED", `round ${round} is over: wait for the next invitation`);
  const standing = open === undefined ? "none is open" : `round ${open} is open`;
  return new CofactorError("ROUND_STALE", `round ${round} ${round < last ? "is long over" : "has not begun"}, ${standing}`);
}
