/** Sums and differences of numbers that are kept as their logarithms. Imports nothing. */

/** ln(e^x + e^y); -infinity stands for zero. */
export function logAdd(x: number, y: number): number {
  const low = Math.min(x, y);
  const high = Math.max(x, y);
  return low === Number.NEGATIVE_INFINITY || high === Number.POSITIVE_INFINITY ? high : high + Math.log1p(Math.exp(low - high));
}

/** ln|e^x - e^y|; -infinity when both are equal. */
export function logAbsDifference(x: number, y: number): number {
  if (x === y) return Number.NEGATIVE_INFINITY;
  const low = Math.min(x, y);
  const high = Math.max(x, y);
  return high + Math.log1p(-Math.exp(low - high));
}
