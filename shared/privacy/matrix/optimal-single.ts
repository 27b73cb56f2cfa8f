/**
 * The optimal strategy for one participation and mean error, for descent with any positive step sizes and momentum. Imports banded-root.
 *
 * Source: Denisov et al. 2022, https://arxiv.org/abs/2202.08312, theorem 3.2; the inverse of the workload's Gram matrix has three
 * bands, or five with momentum, which makes a step linear in the rounds
 */
import {
  inverseDiagonal,
  inverseRoot,
  inverseRootDiagonal,
  inverseRootNodes,
  type Quadrature,
  type SymmetricBanded,
} from "./banded-root.ts";

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

/** Each step goes this much further than the fixed point's own, in ratio: the same limit in half as many sweeps. */
const overshoot = 1.8;

/**
 * The fixed point v = diag((D^(1/2) S D^(1/2))^(1/2)), D = diag(v), and its X = D^(-1/2) (D^(1/2) S D^(1/2))^(1/2) D^(-1/2).
 *
 * Letters: S = A' A of the workload; T = D^(-1/2) S^-1 D^(-1/2), banded, so that the next v is the diagonal of T^(-1/2).
 * Tolerance: the relative gap between the error and its lower bound is at most `tolerance`, or where rounding stops it from falling:
 * 1e-12 for step sizes alone, about 1e-10 for momentum .9 over 512 rounds.
 *
 * @param stepSizes [rounds], all above 0: 1 for the prefix sum
 */
export function optimizeSingle(stepSizes: Float64Array, momentum = 0, tolerance = 1e-12, maxSweeps = 5000): SingleOptimum {
  const n = stepSizes.length;
  const gramInverse = inverseGram(stepSizes, momentum);
  const first = scaledInverse(gramInverse, new Float64Array(n).fill(1));
  // The diagonal of S^(1/2).
  let v = inverseRootDiagonal(first.matrix, first.nodes);
  let best = v;
  let sweeps = 0;
  let improved = 0;
  let gap = Number.POSITIVE_INFINITY;
  while (sweeps < maxSweeps) {
    sweeps += 1;
    const { matrix, nodes } = scaledInverse(gramInverse, v);
    const next = inverseRootDiagonal(matrix, nodes);
    let sum = 0;
    let dual = 0;
    let stretch = 0;
    for (let i = 0; i < n; i++) {
      sum += next[i]!;
      dual += 2 * next[i]! - v[i]!;
      stretch = Math.max(stretch, next[i]! / v[i]!);
    }
    const found = 1 - dual / (sum * stretch);
    if (found < gap) {
      gap = found;
      best = v;
      improved = sweeps;
    }
    if (gap <= tolerance || sweeps - improved > 100) break;
    v = v.map((entry, i) => entry * (next[i]! / entry) ** overshoot);
  }
  const { matrix, nodes } = scaledInverse(gramInverse, best);
  const gram = inverseRoot(matrix, nodes);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) gram[i * n + j] = gram[i * n + j]! / Math.sqrt(best[i]! * best[j]!);
  return { gram, multipliers: best, gap, sweeps };
}

/** T and the nodes for its spectrum: above by its rows, below by the trace of its inverse. */
function scaledInverse({ diagonals }: SymmetricBanded, v: Float64Array): { readonly matrix: SymmetricBanded; readonly nodes: Quadrature } {
  const scale = v.map((value) => 1 / Math.sqrt(value));
  const scaled = diagonals.map((diagonal, b) => diagonal.map((entry, i) => entry * scale[i]! * scale[i + b]!));
  const sums = new Float64Array(v.length);
  for (const [b, diagonal] of scaled.entries()) {
    for (const [i, entry] of diagonal.entries()) {
      sums[i] = sums[i]! + Math.abs(entry);
      if (b > 0) sums[i + b] = sums[i + b]! + Math.abs(entry);
    }
  }
  const matrix = { diagonals: scaled };
  const high = sums.reduce((most, sum) => Math.max(most, sum), 0);
  const trace = inverseDiagonal(matrix, 0).reduce((sum, entry) => sum + entry, 0);
  return { matrix, nodes: inverseRootNodes(Math.min(0.999 / trace, high / 2), high) };
}

/**
 * S^-1 = A^-1 (A^-1)', where A^-1 takes the model back to the sums: row i holds 1 / r_i, then -1 / r_i - momentum / r_(i - 1), then
 * momentum / r_(i - 1), from the diagonal leftwards.
 */
function inverseGram(stepSizes: Float64Array, momentum: number): SymmetricBanded {
  const n = stepSizes.length;
  const rows = Array.from(stepSizes, (size, i) => {
    const earlier = i === 0 ? 0 : momentum / stepSizes[i - 1]!;
    return [1 / size, i === 0 ? 0 : -1 / size - earlier, i < 2 ? 0 : earlier];
  });
  const bands = momentum === 0 ? 2 : 3;
  const diagonals = Array.from({ length: Math.min(bands, n) }, (_, b) =>
    Float64Array.from({ length: n - b }, (__, i) => {
      // Rows i and i + b meet in the columns i, i - 1 and i - 2.
      let entry = 0;
      for (let back = 0; back + b < 3; back++) entry += rows[i]![back]! * rows[i + b]![back + b]!;
      return entry;
    }),
  );
  return { diagonals };
}
