/**
 * The optimal strategy for one participation and mean error, for prefix sums with any positive step sizes. Imports tridiagonal.
 *
 * Source: Denisov et al. 2022, https://arxiv.org/abs/2202.08312, theorem 3.2; the inverse of the workload's Gram matrix is tridiagonal,
 * which makes a step linear in the rounds
 */
import { inverseRoot, inverseRootDiagonal, inverseRootNodes, type Quadrature, type Tridiagonal } from "./tridiagonal.ts";

/** The optimum and its certificate. */
export interface SingleOptimum {
  /** X = C' C with a diagonal of 1, row-major [rounds x rounds]. */
  readonly gram: Float64Array;
  /** [rounds], at the optimum their sum is the least total squared error. */
  readonly multipliers: Float64Array;
  /** (total squared error - lower bound) / total squared error. */
  readonly gap: number;
  readonly sweeps: number;
}

/**
 * The fixed point v = diag((D^(1/2) S D^(1/2))^(1/2)), D = diag(v), and its X = D^(-1/2) (D^(1/2) S D^(1/2))^(1/2) D^(-1/2).
 *
 * Letters: S = A' A of the workload; T = D^(-1/2) S^-1 D^(-1/2), tridiagonal, so that the next v is the diagonal of T^(-1/2).
 * Tolerance: the relative gap between the error and its lower bound is at most `tolerance`.
 *
 * @param stepSizes [rounds], all above 0: 1 for the prefix sum
 */
export function optimizeSingle(stepSizes: Float64Array, tolerance = 1e-12, maxSweeps = 5000): SingleOptimum {
  const n = stepSizes.length;
  let v = startOf(stepSizes);
  let sweeps = 0;
  let gap = Number.POSITIVE_INFINITY;
  while (sweeps < maxSweeps) {
    sweeps += 1;
    const { matrix, nodes } = scaledInverse(stepSizes, v);
    const next = inverseRootDiagonal(matrix, nodes);
    let sum = 0;
    let dual = 0;
    let stretch = 0;
    for (let i = 0; i < n; i++) {
      sum += next[i]!;
      dual += 2 * next[i]! - v[i]!;
      stretch = Math.max(stretch, next[i]! / v[i]!);
    }
    gap = 1 - dual / (sum * stretch);
    if (gap <= tolerance) break;
    v = next;
  }
  const { matrix, nodes } = scaledInverse(stepSizes, v);
  const gram = inverseRoot(matrix, nodes);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) gram[i * n + j] = gram[i * n + j]! / Math.sqrt(v[i]! * v[j]!);
  return { gram, multipliers: v, gap, sweeps };
}

/** T and the nodes for its spectrum: above by rows, below by the trace of its inverse. */
function scaledInverse(stepSizes: Float64Array, v: Float64Array): { readonly matrix: Tridiagonal; readonly nodes: Quadrature } {
  const n = v.length;
  const scale = v.map((value, i) => 1 / (Math.sqrt(value) * stepSizes[i]!));
  const diagonal = scale.map((value, i) => (i === 0 ? 1 : 2) * value * value);
  const beside = Float64Array.from({ length: n - 1 }, (_, i) => -scale[i]! * scale[i + 1]!);
  let high = 0;
  let trace = 0;
  for (let i = 0; i < n; i++) {
    high = Math.max(high, diagonal[i]! + Math.abs(beside[i - 1] ?? 0) + Math.abs(beside[i] ?? 0));
    trace += (n - i) / scale[i]! ** 2;
  }
  return { matrix: { diagonal, beside }, nodes: inverseRootNodes(Math.min(1 / trace, high / 2), high) };
}

/** The diagonal of S^(1/2). */
function startOf(stepSizes: Float64Array): Float64Array {
  const { matrix, nodes } = scaledInverse(stepSizes, new Float64Array(stepSizes.length).fill(1));
  return inverseRootDiagonal(matrix, nodes);
}
