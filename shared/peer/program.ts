/**
 * The seam for what agents on a graph compute together: a pure step from an agent's state and its neighbors' messages to a new state and
 * messages. lockstep.ts carries the messages; nmf, spectral and cooperation hold programs. May import math, random, crypto, errors.
 */

/** The name of an agent: a number in simulations, a public key over real networks. */
export type PeerId = string;

/** What a step is given. Every live neighbor has one message in it, but for the first phase on an edge that has just begun. */
export interface Inbox {
  /** The phase that begins, from 0 below `Program.phases`; the messages are those of the phase before it. */
  readonly phase: number;
  readonly messages: ReadonlyMap<PeerId, Uint8Array>;
  /** Who the messages of this phase go to, in ascending order of their names. */
  readonly neighbors: readonly PeerId[];
  /** Neighbors that are gone since the step before; whoever comes back begins anew. */
  readonly lost: readonly PeerId[];
  /** Neighbors whose edge begins with this phase; only in phase 0. */
  readonly joined: readonly PeerId[];
}

/** What a step gives. */
export interface Step<State> {
  readonly state: State;
  /** A message for every neighbor of the inbox. */
  readonly outbox: ReadonlyMap<PeerId, Uint8Array>;
  /** True when this agent is at its end: the outbox is empty and no further step is taken. */
  readonly isDone: boolean;
  /** Neighbors whose messages no honest agent sends: their edges end for good. */
  readonly refused?: readonly PeerId[];
}

/**
 * A computation among neighbors.
 *
 * Guarantees asked of an implementation (test/conformance/peer-tasks.test.ts): the same state and inbox give the same step up to protecting
 * randomness; no argument is written to; messages go to the inbox's neighbors alone; whatever delay and loss do, the outcome is that of a
 * perfect network; the rest go on when an agent dies.
 */
export interface Program<State> {
  /** Messages that cross an edge in each direction in one round. Neighbors join between rounds. */
  readonly phases: number;
  /** The state before the first step. */
  start(): State;
  step(state: State, inbox: Inbox): Promise<Step<State>> | Step<State>;
  /**
   * Checks a neighbor's message before it may become part of an inbox.
   * @param phase the phase that it was sent in
   * @throws CofactorError for bytes that no honest neighbor sends: the edge ends for good
   */
  check(state: State, from: PeerId, phase: number, message: Uint8Array): void;
}
