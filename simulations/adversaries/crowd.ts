/** Moments of a round's vectors, summed block by block. Imports the seam. */
import type { Crowd } from "./adversary.ts";

/** Sums over vectors, from which their moments follow; two of them of other devices add up. */
export interface CrowdSum {
  readonly count: number;
  readonly sum: Float64Array;
  readonly squares: Float64Array;
}

/** Nobody's sums. */
export function emptyCrowd(size: number): CrowdSum {
  return { count: 0, sum: new Float64Array(size), squares: new Float64Array(size) };
}

/** One vector more; it writes to `crowd`'s arrays. */
export function withVector({ count, sum, squares }: CrowdSum, values: Float64Array): CrowdSum {
  for (let i = 0; i < sum.length; i++) {
    const value = values[i]!;
    sum[i] = sum[i]! + value;
    squares[i] = squares[i]! + value * value;
  }
  return { count: count + 1, sum, squares };
}

/** Both; it writes to the arrays of `a`. */
export function mergeCrowds(a: CrowdSum, b: CrowdSum): CrowdSum {
  for (let i = 0; i < a.sum.length; i++) {
    a.sum[i] = a.sum[i]! + b.sum[i]!;
    a.squares[i] = a.squares[i]! + b.squares[i]!;
  }
  return { count: a.count + b.count, sum: a.sum, squares: a.squares };
}

/** Mean and standard deviation; undefined for nobody. */
export function crowdOf({ count, sum, squares }: CrowdSum): Crowd | undefined {
  if (count === 0) return undefined;
  const mean = sum.map((total) => total / count);
  const stddev = squares.map((total, i) => Math.sqrt(Math.max(0, total / count - mean[i]! * mean[i]!)));
  return { count, mean, stddev };
}
