/**
 * The optimal strategy for several participations and mean error, by descent over Gram matrices. Imports dense, minimize, participation,
 * workload.
 *
 * Source: Choquette-Choo et al. 2023, https://arxiv.org/abs/2211.06530 and https://arxiv.org/abs/2306.08153, section 3; McKenna 2024,
 * https://arxiv.org/abs/2405.15913
 */
import { cholesky } from "./dense.ts";
import { type Differentiable, minimize } from "./minimize.ts";
import type { Bounds } from "./participation.ts";
import { type Workload, workloadMatrix } from "./workload.ts";

/** Where the descent may go: which columns of C stay orthogonal, and what their norms are. */
export interface GramShape {
  /** True when X may differ from zero at these two different rounds. */
  isFree(row: number, column: number): boolean;
  /** Rounds with the same class share a sum of squared norms; undefined when every norm is 1. */
  classOf?(row: number): number;
}

/** How far the descent goes. */
export interface DescentOptions {
  readonly maxIterations: number;
  /** Largest entry of the projected gradient of the mean squared error. */
  readonly gradientTolerance: number;
}

/**
 * Fixed order: columns of one run are orthogonal, and the squared norms of a run add up to 1 (so the sensitivity is 1).
 * For one participation every squared norm is 1.
 */
export function fixedEpochShape({ participations, separation }: Bounds): GramShape {
  if (participations === 1) return { isFree: () => true };
  return { isFree: (i, j) => (i - j) % separation !== 0, classOf: (i) => i % separation };
}

/** Few diagonals and equal norms. */
export function bandedShape(bands: number): GramShape {
  return { isFree: (i, j) => Math.abs(i - j) < bands };
}

/**
 * The Gram matrix X of the shape for which tr(A' A X^-1) / rounds, the mean squared error, is least; [rounds x rounds]. The problem is
 * convex.
 *
 * Letters: H = X^-1 A'; the gradient of the mean squared error is -H H' / n.
 */
export function optimizeGram(workload: Workload, shape: GramShape, options: DescentOptions): Float64Array {
  const { rounds: n } = workload;
  const cells = freeCells(n, shape);
  const start = new Float64Array(n * n);
  const sizes = classSizes(n, shape);
  for (let i = 0; i < n; i++) start[i * n + i] = 1 / sizes[i]!;
  const objective = meanSquaredError(workload, (gradient) => project(gradient, n, shape, cells, sizes));
  return minimize(objective, start, { ...options, valueTolerance: 1e-11 }).x;
}

function meanSquaredError(workload: Workload, projection: (gradient: Float64Array) => void): Differentiable {
  const { rounds: n } = workload;
  const transposed = transpose(workloadMatrix(workload), n);
  return (x, gradient) => {
    const factor = cholesky(x, n);
    if (factor === undefined) return Number.POSITIVE_INFINITY;
    // G = L^-1 A', H = L'^-1 G.
    const h = solveBoth(factor, transposed, n);
    let total = 0;
    for (let i = 0; i < n; i++) for (let j = i; j < n; j++) total += transposed[i * n + j]! * h[i * n + j]!;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let entry = 0;
        for (let m = 0; m < n; m++) entry -= h[i * n + m]! * h[j * n + m]!;
        gradient[i * n + j] = entry / n;
        gradient[j * n + i] = entry / n;
      }
    }
    projection(gradient);
    return total / n;
  };
}

/** Zeros where X must stay zero, and no change of the sum of a class's diagonal. */
function project(gradient: Float64Array, n: number, shape: GramShape, free: Uint8Array, sizes: Float64Array): void {
  for (let at = 0; at < free.length; at++) if (free[at] === 0) gradient[at] = 0;
  if (shape.classOf === undefined) {
    for (let i = 0; i < n; i++) gradient[i * n + i] = 0;
    return;
  }
  const means = new Float64Array(n);
  for (let i = 0; i < n; i++) means[shape.classOf(i)] = means[shape.classOf(i)]! + gradient[i * n + i]! / sizes[i]!;
  for (let i = 0; i < n; i++) gradient[i * n + i] = gradient[i * n + i]! - means[shape.classOf(i)]!;
}

function freeCells(n: number, shape: GramShape): Uint8Array {
  return Uint8Array.from({ length: n * n }, (_, at) => {
    const i = Math.floor(at / n);
    const j = at % n;
    return i === j || shape.isFree(i, j) ? 1 : 0;
  });
}

/** For every round, how many rounds its class has. */
function classSizes(n: number, { classOf }: GramShape): Float64Array {
  const out = new Float64Array(n).fill(1);
  if (classOf === undefined) return out;
  const counts = new Float64Array(n);
  for (let i = 0; i < n; i++) counts[classOf(i)] = counts[classOf(i)]! + 1;
  return out.map((_, i) => counts[classOf(i)]!);
}

/** (L L')^-1 times a matrix [n x n], by rows: both substitutions work on whole rows. */
function solveBoth(lower: Float64Array, right: Float64Array, n: number): Float64Array {
  const out = right.slice();
  const take = (row: number, factor: number, other: number): void => {
    for (let c = 0; c < n; c++) out[row * n + c] = out[row * n + c]! - factor * out[other * n + c]!;
  };
  const divide = (row: number): void => {
    const pivot = lower[row * n + row]!;
    for (let c = 0; c < n; c++) out[row * n + c] = out[row * n + c]! / pivot;
  };
  for (let i = 0; i < n; i++) {
    for (let m = 0; m < i; m++) if (lower[i * n + m] !== 0) take(i, lower[i * n + m]!, m);
    divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let m = i + 1; m < n; m++) if (lower[m * n + i] !== 0) take(i, lower[m * n + i]!, m);
    divide(i);
  }
  return out;
}

function transpose(matrix: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[j * n + i] = matrix[i * n + j]!;
  return out;
}
