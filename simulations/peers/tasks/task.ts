/** The seam for what a scenario's agents do: one file per task; index.ts lists them. Imports network, shared. */
import type { LockstepOptions } from "../../../shared/peer/lockstep.ts";
import type { Program } from "../../../shared/peer/program.ts";
import type { Rng } from "../../../shared/random.ts";
import type { Definition } from "../../../shared/registry.ts";
import type { Topology } from "../../topologies/topology.ts";
import type { Links } from "../links.ts";
import { type AgentOutcome, runAgents } from "../network.ts";

/** Where a task runs. */
export interface TaskWorld {
  readonly topology: Topology;
  readonly links: Links;
  readonly lockstep: LockstepOptions;
  readonly rng: Rng;
  readonly signal?: AbortSignal;
  /** Told of progress. */
  readonly say: (line: string) => void;
}

/** What a task found. */
export interface TaskResult {
  /** Figures by name, for the table and the JSON. */
  readonly figures: Readonly<Record<string, unknown>>;
  readonly outcome: AgentOutcome<unknown>;
  /** Rounds of every agent, for figures of one round. */
  readonly rounds: number;
}

/** A task's entry in the index. */
export interface TaskDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  run(options: Options, world: TaskWorld): Promise<TaskResult>;
}

/** Runs programs in a world. */
export function runPrograms<State>(
  world: TaskWorld,
  programs: readonly Program<State>[],
  roundOf: (state: State) => number,
): Promise<AgentOutcome<State>> {
  let told = 0;
  return runAgents({
    topology: world.topology,
    links: world.links,
    lockstep: world.lockstep,
    programs,
    rng: world.rng.fork("links"),
    ...(world.signal === undefined ? {} : { signal: world.signal }),
    onStep(_agent, state, _steps, nowMs) {
      const round = roundOf(state);
      if (round < told + 10) return;
      told = round;
      world.say(`  round ${round}, ${Math.round(nowMs)} ms of the network's time`);
    },
  });
}

/** The states of the agents that live, with their numbers. */
export function survivors<State>(outcome: AgentOutcome<State>): readonly (readonly [agent: number, state: State])[] {
  return outcome.states.flatMap(({ program }, agent) => (outcome.killed.includes(agent) ? [] : [[agent, program] as const]));
}
