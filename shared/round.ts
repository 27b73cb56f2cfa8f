/**
 * A round as a pure state machine: (state, event) -> (state, effects). No clock, socket, disk or number is inside; the
 * deployed aggregator and the simulation drive the same machine and carry out its effects. Imports groups.
 *
 * A round asks its cohort stage by stage. A stage ends when every device still in the round has answered or gone, or at
 * its deadline. With fewer than `min` answers, up to the contributions' stage, the round is abandoned; the stages behind it only help to
 * open the sum, and whether enough did is the protection's to say. After the last stage the sum is revealed.
 *
 * A cohort may be split into groups (groups.ts), each with a sum of its own. A group that falls short is given up: nobody in it is asked further, and
 * its sum is not revealed. The round goes on while enough groups are left.
 */
import { type GroupLimits, groupCount, splitIntoGroups } from "./groups.ts";

/** Where one device of the cohort stands. `answered` means the current stage. */
export type MemberStatus = "asked" | "answered" | "gone";

/** Where a round stands. */
export type RoundPhase = "collecting" | "revealing" | "published" | "abandoned";

/** The state of a round. */
export interface RoundState {
  readonly round: number;
  readonly phase: RoundPhase;
  readonly stages: number;
  /** The stage at which contributions are sealed. */
  readonly contributionStage: number;
  /** The stage being collected, from 0. */
  readonly stage: number;
  readonly limits: RoundLimits;
  /** Who is in which group, in the order of the cohort. */
  readonly groups: readonly (readonly string[])[];
  readonly members: ReadonlyMap<string, MemberStatus>;
  /** Whose contribution is in, in the order of the cohort: fixed when their stage ends, whoever is lost later. */
  readonly contributors: readonly string[];
}

/** How many must answer. */
export interface RoundLimits {
  /** Least number of contributions; every stage up to theirs needs as many answers. */
  readonly min: number;
  /** How the cohort is split; by default not at all. */
  readonly groups?: GroupLimits | undefined;
}

/** The stages of a round. */
export interface RoundStages {
  readonly count: number;
  /** The stage at which contributions are sealed, from 0. */
  readonly contribution: number;
}

/** What happens to a round. Ids that are not in the round, repeats and late answers change nothing. */
export type RoundEvent =
  | { readonly kind: "answered"; readonly stage: number; readonly clients: readonly string[] }
  | { readonly kind: "gone"; readonly clients: readonly string[] }
  | { readonly kind: "deadline"; readonly stage: number }
  /** The stage has ended, and exactly these answered it, whoever was believed to be gone: where answers come in elsewhere than at the driver. */
  | { readonly kind: "closed"; readonly stage: number; readonly clients: readonly string[] }
  /** The sums are there; `without` those contributors whose group's sum could not be had. */
  | { readonly kind: "revealed"; readonly without?: readonly string[] }
  | { readonly kind: "failed"; readonly reason: string };

/** What the driver of a round must do. */
export type RoundEffect =
  | { readonly kind: "ask"; readonly stage: number; readonly clients: readonly string[] }
  | { readonly kind: "reveal"; readonly contributors: readonly string[] }
  | { readonly kind: "publish"; readonly contributors: readonly string[] }
  | { readonly kind: "abandon"; readonly reason: string };

/** A new state and what to do about it. */
export interface RoundStep {
  readonly state: RoundState;
  readonly effects: readonly RoundEffect[];
}

/**
 * Begins a round. With a cohort smaller than `min`, or too small for its groups, it is abandoned at once.
 * @param cohort where there are groups, in an order that was drawn at random
 */
export function beginRound(round: number, cohort: readonly string[], limits: RoundLimits, stages: RoundStages): RoundStep {
  const members = new Map<string, MemberStatus>(cohort.map((client) => [client, "asked"]));
  const { count, contribution } = stages;
  const state: RoundState = {
    round,
    phase: "collecting",
    stages: count,
    contributionStage: contribution,
    stage: 0,
    limits,
    groups: splitIntoGroups([...members.keys()], limits.groups === undefined ? 1 : Math.max(1, groupCount(limits.groups, members.size))),
    members,
    contributors: [],
  };
  if (members.size < limits.min) return abandon(state, `expected a cohort of at least ${limits.min}, got ${members.size}`);
  const { length } = state.groups;
  const least = limits.groups?.least ?? 1;
  if (length < least) return abandon(state, `expected a cohort of at least ${least} groups, got ${members.size} devices, ${length} groups`);
  return { state, effects: [{ kind: "ask", stage: 0, clients: [...members.keys()] }] };
}

/** Takes one event. The same state and event always give the same step. */
export function stepRound(state: RoundState, event: RoundEvent): RoundStep {
  if (state.phase === "published" || state.phase === "abandoned") return { state, effects: [] };
  if (event.kind === "failed") return abandon(state, event.reason);
  if (state.phase === "revealing") {
    if (event.kind !== "revealed") return { state, effects: [] };
    const without = new Set(event.without);
    const contributors = without.size === 0 ? state.contributors : state.contributors.filter((client) => !without.has(client));
    return { state: { ...state, contributors, phase: "published" }, effects: [{ kind: "publish", contributors }] };
  }
  switch (event.kind) {
    case "answered":
      return event.stage === state.stage ? settle(mark(state, event.clients, "answered"), false) : { state, effects: [] };
    case "gone":
      return settle(mark(state, event.clients, "gone"), false);
    case "deadline":
      return event.stage === state.stage ? settle(state, true) : { state, effects: [] };
    case "closed":
      return event.stage === state.stage ? settle(markClosed(state, event.clients), true) : { state, effects: [] };
    case "revealed":
      return { state, effects: [] };
  }
}

/** What an answer from a client for a stage would be. */
export type AnswerStanding = "expected" | "duplicate" | "late" | "stranger";

/** Says whether an answer is awaited, has come already, comes too late, or comes from outside the cohort. */
export function standingOf(state: RoundState, client: string, stage: number): AnswerStanding {
  const status = state.members.get(client);
  if (status === undefined) return "stranger";
  if (state.phase === "collecting" && stage === state.stage && status === "asked") return "expected";
  if (stage === state.contributionStage && state.contributors.includes(client)) return "duplicate";
  // Whoever answered a later stage answered this one too.
  if (status === "answered" && stage <= state.stage) return "duplicate";
  if (status === "asked" && stage < state.stage) return "duplicate";
  return "late";
}

/** The members with a status, in the order of the cohort. */
export function withStatus(state: RoundState, status: MemberStatus): string[] {
  const clients: string[] = [];
  for (const [client, current] of state.members) if (current === status) clients.push(client);
  return clients;
}

/** Whose contribution is in so far, in the order of the cohort. */
export function contributorsOf(state: RoundState): readonly string[] {
  if (state.stage > state.contributionStage || state.contributors.length > 0) return state.contributors;
  return state.stage === state.contributionStage ? withStatus(state, "answered") : [];
}

/** The groups, by their number, that hold contributions: those whose sums are to be had. */
export function contributingGroups(state: RoundState): readonly number[] {
  const contributors = new Set(contributorsOf(state));
  return Array.from(state.groups.keys()).filter((group) => state.groups[group]!.some((client) => contributors.has(client)));
}

/** Whose contributions are in a group's sum, in the order of the cohort. */
export function contributorsIn(state: RoundState, group: number): readonly string[] {
  const contributors = new Set(contributorsOf(state));
  return state.groups[group]!.filter((client) => contributors.has(client));
}

/** Marks members; an answer is never taken back by a later loss of the connection within the same stage. */
function mark(state: RoundState, clients: readonly string[], status: "answered" | "gone"): RoundState {
  let members: Map<string, MemberStatus> | undefined;
  for (const client of clients) {
    if ((members ?? state.members).get(client) !== "asked") continue;
    members ??= new Map(state.members);
    members.set(client, status);
  }
  return members === undefined ? state : { ...state, members };
}

/** What is known for certain when a stage has ended: whoever is not named has not answered. */
function markClosed(state: RoundState, clients: readonly string[]): RoundState {
  const answered = new Set(clients);
  const members = new Map<string, MemberStatus>();
  for (const client of state.members.keys()) members.set(client, answered.has(client) ? "answered" : "gone");
  return { ...state, members };
}

/** Ends the stage when nobody is awaited any more, or when time is up. */
function settle(state: RoundState, isDeadline: boolean): RoundStep {
  const awaited = withStatus(state, "asked");
  if (awaited.length > 0 && !isDeadline) return { state, effects: [] };
  const { state: closed, left } = giveUpGroups(mark(state, awaited, "gone"));
  const answered = withStatus(closed, "answered");
  const { limits } = state;
  const least = closed.stage <= closed.contributionStage ? limits.min : 1;
  const leastGroups = limits.groups?.least ?? 1;
  if (left < leastGroups && state.groups.length > 1) {
    return abandon(closed, `expected at least ${leastGroups} groups with enough answers, got ${left} of ${state.groups.length}`);
  }
  if (answered.length < least) return abandon(closed, `expected at least ${least} answers, got ${answered.length}`);
  const contributors = closed.stage === closed.contributionStage ? answered : closed.contributors;
  if (closed.stage + 1 === closed.stages) {
    return { state: { ...closed, contributors, phase: "revealing" }, effects: [{ kind: "reveal", contributors }] };
  }
  const members = new Map(closed.members);
  for (const client of answered) members.set(client, "asked");
  const stage = closed.stage + 1;
  return { state: { ...closed, stage, members, contributors }, effects: [{ kind: "ask", stage, clients: answered }] };
}

/** Marks the members of groups that fell short as gone. With one group there is nothing to give up: the round stands and falls with it. */
function giveUpGroups(state: RoundState): { readonly state: RoundState; readonly left: number } {
  if (state.groups.length === 1) return { state, left: 1 };
  const least = state.stage <= state.contributionStage ? (state.limits.groups?.minDevices ?? 1) : 1;
  let members: Map<string, MemberStatus> | undefined;
  let left = 0;
  for (const group of state.groups) {
    const answered = group.filter((client) => state.members.get(client) === "answered");
    if (answered.length >= least) left += 1;
    else if (answered.length > 0) {
      members ??= new Map(state.members);
      for (const client of answered) members.set(client, "gone");
    }
  }
  return { state: members === undefined ? state : { ...state, members }, left };
}

function abandon(state: RoundState, reason: string): RoundStep {
  return { state: { ...state, phase: "abandoned" }, effects: [{ kind: "abandon", reason }] };
}
