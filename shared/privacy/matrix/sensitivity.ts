/**
 * L2 sensitivity of a strategy C, from its Gram matrix X = C' C, when every contribution is a vector of norm at most 1. Imports
 * participation, placement.
 *
 * For contributions in a set of rounds P the worst case is the sum of X over P x P when those entries are at least 0, and at most
 * the sum of |X| in any case. A clip of norm c multiplies everything by c; "replace" neighbors double it.
 *
 * Source: Choquette-Choo et al. 2023, https://arxiv.org/abs/2211.06530, theorem 2 and corollary 2.1, and
 * https://arxiv.org/abs/2306.08153, theorems 2 and 3
 */
import { type Bounds, boundsOf, type Participation } from "./participation.ts";
import { heaviest, heaviestPlacement } from "./placement.ts";

/** How far one unit moves C x, in units of the clip norm. */
export interface Sensitivity {
  readonly value: number;
  /** True when a unit can reach the value; false when it is an upper bound. Either is safe to calibrate noise with. */
  readonly isExact: boolean;
}

/**
 * Sensitivity of a general strategy by the tightest rule that holds: column norms when contributions cannot overlap, runs of a fixed
 * order, and else the bound for min-separation.
 *
 * @param gram X, row-major [rounds x rounds], symmetric
 */
export function gramSensitivity(gram: Float64Array, rounds: number, participation: Participation): Sensitivity {
  const bounds = boundsOf(participation, rounds);
  if (bounds.participations === 1) return root(largest(diagonal(gram, rounds)), true);
  if (bounds.isFixed) return fixedEpochSensitivity(gram, rounds, bounds);
  if (isOrthogonal(gram, rounds, bounds.separation)) return root(heaviest(diagonal(gram, rounds), bounds), true);
  return minSeparationBound(gram, rounds, bounds);
}

/**
 * Exact sensitivity of a strategy whose columns are orthogonal when they are at least `separation` apart (a banded strategy).
 *
 * @throws RangeError when two such columns are not orthogonal
 */
export function bandedSensitivity(gram: Float64Array, rounds: number, participation: Participation): Sensitivity {
  const bounds = boundsOf(participation, rounds);
  if (bounds.participations > 1 && !isOrthogonal(gram, rounds, bounds.separation)) {
    throw new RangeError(`"gram" expected zeros from ${bounds.separation} rounds off the diagonal on: the strategy has more bands`);
  }
  return root(heaviest(diagonal(gram, rounds), bounds), true);
}

/** Upper bound for min-separation: the heaviest set within each row of |X|, then the heaviest set of those. O(rounds^2 participations). */
export function minSeparationBound(gram: Float64Array, rounds: number, bounds: Bounds): Sensitivity {
  const rows = new Float64Array(rounds);
  for (let i = 0; i < rounds; i++) {
    const row = gram.subarray(i * rounds, (i + 1) * rounds).map(Math.abs);
    rows[i] = heaviestPlacement(row, bounds.separation, bounds.participations);
  }
  return root(heaviestPlacement(rows, bounds.separation, bounds.participations), false);
}

/** Fixed order: the largest sum of |X| over a run; exact when no entry of that run's block is negative. */
function fixedEpochSensitivity(gram: Float64Array, rounds: number, { separation, participations }: Bounds): Sensitivity {
  let largestSum = 0;
  let isExact = true;
  for (let start = 0; start < rounds; start++) {
    const end = Math.min(rounds, start + (participations - 1) * separation + 1);
    let sum = 0;
    let hasNegative = false;
    for (let i = start; i < end; i += separation) {
      for (let j = start; j < end; j += separation) {
        const entry = gram[i * rounds + j]!;
        sum += Math.abs(entry);
        if (entry < 0) hasNegative = true;
      }
    }
    if (sum > largestSum) {
      largestSum = sum;
      isExact = !hasNegative;
    }
  }
  return root(largestSum, isExact);
}

/** True when X is zero wherever rows are at least `separation` apart, up to rounding of what an optimizer left there. */
function isOrthogonal(gram: Float64Array, rounds: number, separation: number): boolean {
  for (let i = separation; i < rounds; i++) {
    for (let j = 0; j <= i - separation; j++) {
      const scale = Math.sqrt(gram[i * rounds + i]! * gram[j * rounds + j]!);
      if (Math.abs(gram[i * rounds + j]!) > 1e-14 * scale) return false;
    }
  }
  return true;
}

function diagonal(gram: Float64Array, rounds: number): Float64Array {
  return Float64Array.from({ length: rounds }, (_, i) => gram[i * rounds + i]!);
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function root(squared: number, isExact: boolean): Sensitivity {
  return Object.freeze({ value: Math.sqrt(squared), isExact });
}
