/**
 * Nonnegative least squares by cyclic coordinate descent, the step of HALS. Imports nothing.
 * Source: Cichocki and Phan 2009, https://doi.org/10.1587/transfun.E92.A.708
 */

/** Where entries may lie: from 0 to `greatest` (no bound by default), but for `free` entries at the end (none), which may lie anywhere. */
export interface SweepBounds {
  readonly free?: number;
  readonly greatest?: number;
}

const nonnegative: SweepBounds = {};

/**
 * Moves x towards the least of x'A x / 2 - b'x over x >= 0 (or other bounds), one entry after another, `sweeps` times over.
 *
 * Shape: `a` packed symmetric of order `order` (linear.ts) at `aAt`; `b` and `x` [order] at their offsets; x moves in place, nothing is
 * allocated. Guarantees: x stays within its bounds and finite; for a positive semidefinite A no sweep raises the objective.
 * Edge case: an entry whose diagonal is not above zero, or whose step is not finite, stays: noise in a sum can make such an A.
 */
export function sweepNonnegative(
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  x: Float64Array,
  xAt: number,
  order: number,
  sweeps: number,
  { free = 0, greatest = Number.POSITIVE_INFINITY }: SweepBounds = nonnegative,
): void {
  const bounded = order - free;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let i = 0, row = aAt; i < order; row += i + 1, i++) {
      let rest = b[bAt + i]!;
      for (let j = 0; j < i; j++) rest -= a[row + j]! * x[xAt + j]!;
      for (let j = i + 1, cell = row + 2 * i + 1; j < order; j++, cell += j) rest -= a[cell]! * x[xAt + j]!;
      // With the others fixed, the entry's own best is rest / A_ii.
      const best = rest / a[row + i]!;
      if (a[row + i]! > 0 && Number.isFinite(best)) x[xAt + i] = i >= bounded ? best : Math.min(greatest, Math.max(0, best));
    }
  }
}
