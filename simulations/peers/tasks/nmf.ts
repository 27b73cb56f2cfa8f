/** Distributed nonnegative factorization beside the centralised one and, under encryption, beside the one in clear. Imports the seam, shared. */
import * as v from "valibot";
import { createClearExchange } from "../../../shared/peer/nmf/clear-exchange.ts";
import type { DifferenceExchange } from "../../../shared/peer/nmf/exchange.ts";
import { type Columns, fitColumns, fitRows, squaredError } from "../../../shared/peer/nmf/factors.ts";
import { createNmfProgram, type NmfState, type NmfTerms } from "../../../shared/peer/nmf/program.ts";
import { type Rng, simulationRng } from "../../../shared/random.ts";
import { resolveSection } from "../../../shared/registry.ts";
import { matrices } from "../../matrices/index.ts";
import { exchanges } from "../exchanges/index.ts";
import type { AgentOutcome } from "../network.ts";
import { runPrograms, survivors, type TaskDefinition, type TaskWorld } from "./task.ts";

/** A section with a kind. */
interface Section {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** Options of the task. */
export interface NmfTaskOptions extends NmfTerms {
  readonly kind: "nmf";
  readonly matrix: Section;
  readonly exchange: Section;
  readonly lastRho: number;
  /** Whether the same run in clear stands beside an encrypted one. */
  readonly compare: boolean;
}

/** A section whose kind may be left out. */
const sectionOf = (kind: string) => v.looseObject({ kind: v.optional(v.string(), kind) });
const penalty = v.pipe(v.number(), v.minValue(1e-9), v.maxValue(1e9));

/** Nonnegative factorization of columns that never leave their agents. */
export const nmf: TaskDefinition<NmfTaskOptions> = {
  kind: "nmf",
  summary: "Nonnegative factorization of columns that never leave their agents.",
  source: "privacy-preserving distributed NMF (EUSIPCO 2024), https://arxiv.org/abs/2403.18326",
  options: v.strictObject({
    kind: v.literal("nmf"),
    matrix: v.optional(sectionOf("fashion-mnist"), {}),
    exchange: v.optional(sectionOf("clear"), {}),
    rank: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256)), 10),
    rounds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000)), 60),
    rho: v.optional(penalty, 0.1),
    lastRho: v.optional(penalty, 0.1),
    sweeps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 5),
    compare: v.optional(v.boolean(), true),
  }),
  async run(options, world) {
    const { definition, options: matrixOptions } = resolveSection(matrices, options.matrix, "task.matrix");
    const matrix = await definition.load(matrixOptions, world.rng.fork("matrix"));
    const { agents } = world.topology;
    const parts = dealColumns(matrix, agents);
    const start = drawStart(matrix.rows * options.rank, world.rng.fork("start"));
    const { definition: exchange, options: exchangeOptions } = resolveSection(exchanges, options.exchange, "task.exchange");
    const made = await exchange.create(exchangeOptions, agents, start.length);
    const began = performance.now();
    const outcome = await factorize(options, world, parts, start, made.exchanges);
    const seconds = (performance.now() - began) / 1000;
    const states = survivors(outcome);
    const columns = joinColumns(states.map(([agent]) => parts[agent]!));
    const central = centralise(columns, start, options);
    const mean = meanOf(states.map(([, { x }]) => x));
    const total = columns.values.reduce((sum, value) => sum + value * value, 0);
    const agentsError = states.reduce((sum, [agent, { x, y }]) => sum + squaredError(parts[agent]!, x, y, options.rank), 0);
    const figures: Record<string, unknown> = {
      matrix: {
        name: matrix.name,
        rows: matrix.rows,
        columns: matrix.count,
        ...(matrix.sha256 === undefined ? {} : { sha256: matrix.sha256 }),
      },
      exchange: { kind: exchange.kind, ...made.facts },
      relativeError: agentsError / total,
      centralRelativeError: central.error / total,
      // Every agent with its own X: before they agree this may be below the centralised one's.
      objectiveRatio: agentsError / central.error,
      // One X for all, the agents' mean, against the centralised X: the right factors of both are solved anew.
      commonObjectiveRatio: errorWith(columns, mean, options.rank) / errorWith(columns, central.x, options.rank),
      disagreement: distanceFrom(
        mean,
        states.map(([, { x }]) => x),
      ),
      secondsOfRounds: seconds,
    };
    if (options.compare && exchange.kind !== "clear") {
      const { blockSize } = made.exchanges[0]!;
      const clear = await factorize(
        options,
        { ...world, say: () => undefined },
        parts,
        start,
        parts.map(() => createClearExchange(start.length, blockSize)),
      );
      figures["largestDifferenceFromClear"] = largestDifference(outcome, clear);
    }
    return { figures, outcome, rounds: options.rounds };
  },
};

function factorize(
  terms: NmfTerms,
  world: TaskWorld,
  parts: readonly Columns[],
  start: Float64Array,
  made: readonly DifferenceExchange[],
): Promise<AgentOutcome<NmfState>> {
  const programs = parts.map((data, agent) =>
    createNmfProgram({ terms, data, start, exchange: made[agent]!, noise: simulationRng(world.rng.fork("blinds", agent)) }),
  );
  return runPrograms(world, programs, ({ round }) => round);
}

/** Columns dealt out in turn, so that every agent has as many as the others but for one. */
export function dealColumns({ rows, count, values }: Columns, agents: number): readonly Columns[] {
  return Array.from({ length: agents }, (_, agent) => {
    const own: Float64Array[] = [];
    for (let column = agent; column < count; column += agents) own.push(values.subarray(column * rows, (column + 1) * rows));
    return joinColumns(
      own.map((column) => ({ rows, count: 1, values: column })),
      rows,
    );
  });
}

/** One matrix of all columns. */
export function joinColumns(parts: readonly Columns[], rows: number = parts[0]?.rows ?? 0): Columns {
  const values = new Float64Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { rows, count: parts.reduce((sum, part) => sum + part.count, 0), values };
}

/** A uniform start, the same for all agents and for the centralised factorization. */
export function drawStart(size: number, rng: Rng): Float64Array {
  return Float64Array.from({ length: size }, () => rng.float());
}

/** The centralised factorization after as many rounds, from the same start, with the same sweeps. */
export function centralise(columns: Columns, start: Float64Array, { rank, rounds, sweeps }: NmfTerms): { x: Float64Array; error: number } {
  const x = start.slice();
  const y = new Float64Array(columns.count * rank).fill(0.5);
  fitColumns(columns, x, rank, y, sweeps);
  for (let round = 0; round < rounds; round++) {
    fitColumns(columns, x, rank, y, sweeps);
    fitRows(columns, y, rank, x, sweeps);
  }
  return { x, error: squaredError(columns, x, y, rank) };
}

/** The least squared error with a left factor, up to 200 sweeps. */
function errorWith(columns: Columns, x: Float64Array, rank: number): number {
  const y = new Float64Array(columns.count * rank).fill(0.5);
  fitColumns(columns, x, rank, y, 200);
  return squaredError(columns, x, y, rank);
}

function meanOf(all: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(all[0]!.length);
  for (const x of all) for (let at = 0; at < mean.length; at++) mean[at] = mean[at]! + x[at]! / all.length;
  return mean;
}

/** Root mean square distance of estimates from their mean, relative to its norm. */
function distanceFrom(mean: Float64Array, all: readonly Float64Array[]): number {
  let apart = 0;
  let norm = 0;
  for (const x of all) for (let at = 0; at < mean.length; at++) apart += (x[at]! - mean[at]!) ** 2;
  for (const value of mean) norm += value * value;
  return Math.sqrt(apart / all.length / norm);
}

function largestDifference(left: AgentOutcome<NmfState>, right: AgentOutcome<NmfState>): number {
  let most = 0;
  for (const [agent, { program }] of left.states.entries()) {
    const other = right.states[agent]!.program;
    for (const [at, value] of program.x.entries()) most = Math.max(most, Math.abs(value - other.x[at]!));
  }
  return most;
}
