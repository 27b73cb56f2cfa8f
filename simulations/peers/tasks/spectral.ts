/** Extreme eigenpairs of a sum of private summands, beside ml-matrix's: of a rating matrix, or of the agents' own graph. Imports the seam. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import * as v from "valibot";
import { gram, solveInPlace } from "../../../shared/math/linear.ts";
import { type RatingMatrix, ratingsOf } from "../../../shared/math/ratings.ts";
import { spectralItemFactors } from "../../../shared/peer/spectral/orthonormal.ts";
import { createSpectralProgram } from "../../../shared/peer/spectral/program.ts";
import { denseSummand, gramSummand, type Summand, turnedSummand } from "../../../shared/peer/spectral/summand.ts";
import { loadDataset } from "../../datasets/index.ts";
import { neighborsOf, type Topology } from "../../topologies/topology.ts";
import { runPrograms, survivors, type TaskDefinition } from "./task.ts";

/** Options of the task. */
export interface SpectralTaskOptions {
  readonly kind: "spectral";
  /** "ratings": R'R of a data set whose people are dealt out to agents; "graph": the Laplacian of the agents' own graph. */
  readonly of: "ratings" | "graph";
  readonly dataset: { readonly name: string; readonly [option: string]: unknown };
  readonly side: "largest" | "smallest";
  /** Eigenpairs wanted, and columns beside them. */
  readonly count: number;
  readonly spare: number;
  readonly rounds: number;
  readonly mixing: number;
}

const number = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000));

/** Decentralised orthogonal iteration. */
export const spectral: TaskDefinition<SpectralTaskOptions> = {
  kind: "spectral",
  summary: "Extreme eigenpairs of a sum of private matrices, and item factors to start from.",
  source: "Kempe and McSherry 2008, https://doi.org/10.1016/j.jcss.2007.04.014",
  options: v.strictObject({
    kind: v.literal("spectral"),
    of: v.optional(v.picklist(["ratings", "graph"]), "ratings"),
    dataset: v.optional(v.looseObject({ name: v.optional(v.string(), "xwines-starter") }), {}),
    side: v.optional(v.picklist(["largest", "smallest"]), "largest"),
    count: v.optional(number, 8),
    spare: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000)), 4),
    rounds: v.optional(number, 40),
    mixing: v.optional(number, 30),
  }),
  async run(options, world) {
    const { agents } = world.topology;
    const ratings = options.of === "ratings" ? (await loadDataset(options.dataset)).matrix : undefined;
    const summands = ratings === undefined ? graphSummands(world.topology) : ratingSummands(ratings, agents);
    const { order } = summands[0]!;
    // Twice the greatest degree bounds a Laplacian's eigenvalues; ratings have no need of their smallest.
    const shift =
      options.side === "largest"
        ? 0
        : 2 * Math.max(...Array.from({ length: agents }, (_, at) => neighborsOf(world.topology.graphAt(0), at).length));
    const used = options.side === "largest" ? summands : summands.map((summand) => turnedSummand(summand, shift, agents));
    const columns = Math.min(order, options.count + options.spare);
    const count = Math.min(options.count, columns);
    const rng = world.rng.fork("start");
    const start = Float64Array.from({ length: order * columns }, () => rng.normal());
    const terms = { count: columns, rounds: options.rounds, mixing: options.mixing };
    const outcome = await runPrograms(
      world,
      used.map((summand) => createSpectralProgram(summand, terms, start)),
      ({ round }) => round,
    );
    const states = survivors(outcome);
    const expected = eigenpairs(
      states.map(([agent]) => used[agent]!),
      order,
    );
    let eigenvalueError = 0;
    let angle = 0;
    for (const [, { basis, meanEigenvalues }] of states) {
      for (let f = 0; f < count; f++) {
        eigenvalueError = Math.max(
          eigenvalueError,
          Math.abs(meanEigenvalues[f]! * states.length - expected.values[f]!) / expected.values[0]!,
        );
      }
      angle = Math.max(angle, sineOfAngle(basis, columns, expected.vectors, order, count));
    }
    const told = (value: number): number => (options.side === "largest" ? value : shift - value);
    const [first] = states;
    const figures: Record<string, unknown> = {
      order,
      eigenvalues: [...first![1].meanEigenvalues.subarray(0, count)].map((value) => told(value * states.length)),
      largestRelativeEigenvalueError: eigenvalueError,
      sineOfLargestAngle: angle,
    };
    if (ratings !== undefined) {
      const exact = new Float64Array(order * columns);
      for (let row = 0; row < order; row++) for (let f = 0; f < count; f++) exact[row * columns + f] = expected.vectors.get(row, f);
      const errorOf = (basis: Float64Array, values: Float64Array): number =>
        fitError(ratings, spectralItemFactors(basis, values, order, count), count);
      const own = first![1].meanEigenvalues.map((value) => value * states.length);
      const best = errorOf(exact, Float64Array.from(expected.values));
      figures["spectralStartOverBest"] = errorOf(first![1].basis, own) / best;
      figures["randomStartOverBest"] = fitError(ratings, start.slice(0, order * count), count) / best;
    }
    return { figures, outcome, rounds: options.rounds };
  },
};

/** People in turn: agent a holds those whose number is a, modulo the agents. */
function ratingSummands(ratings: RatingMatrix, agents: number): readonly Summand[] {
  return Array.from({ length: agents }, (_, agent) => {
    const own = [];
    for (let user = agent; user < ratings.users; user += agents) own.push(ratingsOf(ratings, user));
    return gramSummand(ratings.items, own);
  });
}

/** Half of each edge's (e_i - e_j)(e_i - e_j)' at either end: the sum is the graph's Laplacian. */
function graphSummands(topology: Topology): readonly Summand[] {
  const graph = topology.graphAt(0);
  const { agents } = topology;
  return Array.from({ length: agents }, (_, agent) => {
    const entries = new Float64Array(agents * agents);
    for (const other of neighborsOf(graph, agent)) {
      for (const [row, column, value] of [
        [agent, agent, 0.5],
        [other, other, 0.5],
        [agent, other, -0.5],
        [other, agent, -0.5],
      ] as const) {
        entries[row * agents + column] = entries[row * agents + column]! + value;
      }
    }
    return denseSummand(agents, entries);
  });
}

/** ml-matrix's answer for the sum, largest first. */
function eigenpairs(summands: readonly Summand[], order: number): { values: readonly number[]; vectors: Matrix } {
  const identity = new Float64Array(order * order);
  for (let at = 0; at < order; at++) identity[at * order + at] = 1;
  const total = new Float64Array(order * order);
  for (const summand of summands) summand.apply(identity, order, total);
  const found = new EigenvalueDecomposition(Matrix.from1DArray(order, order, total), { assumeSymmetric: true });
  const ranked = found.realEigenvalues.map((value, at) => [value, at] as const).sort(([a], [b]) => b - a);
  return { values: ranked.map(([value]) => value), vectors: found.eigenvectorMatrix.subMatrixColumn(ranked.map(([, at]) => at)) };
}

/** The sine of the largest angle between the spans of the first `count` columns: |(I - U U') V| in the 2-norm, bounded by Frobenius. */
function sineOfAngle(basis: Float64Array, columns: number, vectors: Matrix, order: number, count: number): number {
  let total = 0;
  for (let f = 0; f < count; f++) {
    let left = 1;
    for (let g = 0; g < count; g++) {
      let inner = 0;
      for (let row = 0; row < order; row++) inner += basis[row * columns + f]! * vectors.get(row, g);
      left -= inner * inner;
    }
    total += Math.max(0, left);
  }
  return Math.sqrt(total);
}

/** |R - P Q'|^2 over all cells, P the best for Q: |R|^2 - tr((Q'Q)^-1 Q'R'R Q). */
function fitError(ratings: RatingMatrix, itemFactors: Float64Array, rank: number): number {
  const squares = gram(itemFactors, ratings.items, rank, 1);
  let total = 0;
  for (let user = 0; user < ratings.users; user++) {
    const { items, values } = ratingsOf(ratings, user);
    const target = new Float64Array(rank);
    for (const [at, item] of items.entries()) {
      total += values[at]! ** 2;
      for (let f = 0; f < rank; f++) target[f] = target[f]! + values[at]! * itemFactors[item * rank + f]!;
    }
    const solved = target.slice();
    if (solveInPlace(squares.slice(), 0, solved, 0, rank)) for (let f = 0; f < rank; f++) total -= target[f]! * solved[f]!;
  }
  return total;
}
