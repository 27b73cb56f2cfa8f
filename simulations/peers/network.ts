/**
 * Agents of one process on simulated links and simulated time: the same lockstep as over real networks. Imports queue, links, topologies,
 * shared/peer.
 */
import { CofactorError } from "../../shared/errors.ts";
import { createLockstep, type LockstepOptions, type PeerEvent, type PeerState } from "../../shared/peer/lockstep.ts";
import type { Program } from "../../shared/peer/program.ts";
import type { Rng } from "../../shared/random.ts";
import { neighborsOf, type Topology } from "../topologies/topology.ts";
import { arrivals, type Links } from "./links.ts";
import { EventQueue } from "./queue.ts";

/** What is simulated. */
export interface AgentNetwork<State> {
  readonly topology: Topology;
  readonly links: Links;
  readonly programs: readonly Program<State>[];
  /** Draws delays and losses. */
  readonly rng: Rng;
  readonly lockstep?: LockstepOptions;
  /** Simulated time after which it is given up; default one hour. */
  readonly maxMs?: number;
  readonly signal?: AbortSignal;
  /** Told of every step that an agent has taken. */
  readonly onStep?: (agent: number, state: State, steps: number, nowMs: number) => void;
}

/** How it went. */
export interface AgentOutcome<State> {
  readonly states: readonly PeerState<State>[];
  /** Agents that died. */
  readonly killed: readonly number[];
  /** [agents x agents] bytes that were sent from the row's agent to the column's, lost and repeated ones too. */
  readonly bytes: Float64Array;
  /** Frames that were sent, and those that were lost. */
  readonly frames: number;
  readonly lostFrames: number;
  /** Simulated time at the end. */
  readonly nowMs: number;
}

type Happening =
  | { readonly kind: "frame"; readonly from: number; readonly to: number; readonly bytes: Uint8Array }
  | { readonly kind: "tick"; readonly to: number }
  | { readonly kind: "kill"; readonly to: number }
  | { readonly kind: "epoch"; readonly epoch: number };

/**
 * Runs until every agent that lives is done.
 *
 * Guarantees: the same programs, links and seed give the same course, whatever the machine.
 * @throws CofactorError TIMED_OUT after `maxMs` of simulated time, CANCELLED
 */
export async function runAgents<State>(network: AgentNetwork<State>): Promise<AgentOutcome<State>> {
  const { topology, links, programs, rng } = network;
  const { agents } = topology;
  const tickMs = (network.lockstep?.repeatMs ?? 100) / 2;
  const locksteps = programs.map((program) => createLockstep(program, network.lockstep));
  const states = locksteps.map((lockstep) => lockstep.start());
  const killed = new Set<number>();
  const bytes = new Float64Array(agents * agents);
  const queue = new EventQueue<Happening>();
  let frames = 0;
  let lostFrames = 0;
  let nowMs = 0;

  const namesAt = (epoch: number, agent: number): readonly string[] => neighborsOf(topology.graphAt(epoch), agent).map(String);

  async function react(agent: number, event: PeerEvent): Promise<void> {
    const before = states[agent]!.steps;
    const { state, frames: outgoing } = await locksteps[agent]!.react(states[agent]!, event);
    states[agent] = state;
    if (state.steps > before) network.onStep?.(agent, state.program, state.steps, nowMs);
    for (const frame of outgoing) {
      const to = Number(frame.to);
      frames += 1;
      bytes[agent * agents + to]! += frame.bytes.length;
      const delays = arrivals(links, agent, to, nowMs, rng);
      if (delays.length === 0) lostFrames += 1;
      for (const delay of delays) queue.push(nowMs + delay, { kind: "frame", from: agent, to, bytes: frame.bytes });
    }
  }

  async function happen(value: Happening): Promise<void> {
    if (value.kind === "epoch") {
      for (let agent = 0; agent < agents; agent++) {
        if (!killed.has(agent)) await react(agent, { kind: "neighbors", neighbors: namesAt(value.epoch, agent), nowMs });
      }
      queue.push(nowMs + topology.epochMs, { kind: "epoch", epoch: value.epoch + 1 });
      return;
    }
    if (value.kind === "kill") killed.add(value.to);
    if (killed.has(value.to)) return;
    if (value.kind === "tick") {
      await react(value.to, { kind: "tick", nowMs });
      queue.push(nowMs + tickMs, value);
    } else if (value.kind === "frame") {
      await react(value.to, { kind: "frame", from: String(value.from), bytes: value.bytes, nowMs });
    }
  }

  for (const { agent, atMs } of links.kills) queue.push(atMs, { kind: "kill", to: agent });
  if (topology.epochMs > 0) queue.push(topology.epochMs, { kind: "epoch", epoch: 1 });
  for (let agent = 0; agent < agents; agent++) await react(agent, { kind: "start", neighbors: namesAt(0, agent), nowMs });
  for (let agent = 0; agent < agents; agent++) queue.push((tickMs * (agent + 1)) / agents, { kind: "tick", to: agent });

  const isOver = (): boolean => states.every((state, agent) => state.isDone || killed.has(agent));
  while (!isOver()) {
    if (network.signal?.aborted === true) throw new CofactorError("CANCELLED", "the agents were stopped");
    const next = queue.pop();
    if (next === undefined || next.atMs > (network.maxMs ?? 3_600_000)) {
      throw new CofactorError("TIMED_OUT", `the agents expected to be done within ${network.maxMs ?? 3_600_000} ms of simulated time`);
    }
    nowMs = next.atMs;
    await happen(next.value);
  }
  return { states, killed: [...killed].sort((a, b) => a - b), bytes, frames, lostFrames, nowMs };
}
