/** Does a sample follow a distribution? Pearson's chi-square over bins, as a number of standard deviations. Imports nothing. */

/**
 * How far counts are from what probabilities predict, as a standard normal deviate (Wilson and Hilferty's cube root).
 *
 * Neighboring bins are joined until each expects at least 20; what the probabilities leave of 1 is a bin of its own.
 * A right distribution gives values within 4; a wrong one large positive values.
 */
export function chiSquareDeviate(counts: readonly number[], probabilities: readonly number[], total: number): number {
  let [statistic, bins, seen, expected] = [0, 0, 0, 0];
  const close = (): void => {
    statistic += (seen - expected) ** 2 / expected;
    bins += 1;
    [seen, expected] = [0, 0];
  };
  let [seenAll, expectedAll] = [0, 0];
  for (const [i, probability] of probabilities.entries()) {
    seen += counts[i] ?? 0;
    expected += probability * total;
    seenAll += counts[i] ?? 0;
    expectedAll += probability * total;
    if (expected >= 20) close();
  }
  seen += total - seenAll;
  expected += total - expectedAll;
  if (expected > 1e-3) close();
  if (bins < 2) throw new RangeError(`a chi-square expected at least 2 bins, got ${bins}`);
  const freedom = bins - 1;
  const spread = 2 / (9 * freedom);
  return ((statistic / freedom) ** (1 / 3) - (1 - spread)) / Math.sqrt(spread);
}

/** How often each whole number from `low` to `high` comes among draws; others are left out. */
export function countDraws(draw: () => number, draws: number, low: number, high: number): number[] {
  const counts = new Array<number>(high - low + 1).fill(0);
  for (let i = 0; i < draws; i++) {
    const value = draw();
    if (value >= low && value <= high) counts[value - low]! += 1;
  }
  return counts;
}

/** Mean and variance of draws. */
export function momentsOf(draw: () => number, draws: number): { readonly mean: number; readonly variance: number } {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < draws; i++) {
    const value = draw();
    sum += value;
    squares += value * value;
  }
  return { mean: sum / draws, variance: squares / draws - (sum / draws) ** 2 };
}
