/** The mean of a normal distribution cut off at zero: what is known of a count from a noised count. Imports nothing. */

/**
 * The mean of N(mean, stddev^2) given that it is at least zero.
 *
 * Guarantees: positive for stddev > 0, at least `mean`; relative error below 1e-10 for mean >= -2 stddev, below 1e-6 for less.
 * Edge cases: stddev 0 -> max(mean, 0).
 * Source: Johnson, Kotz and Balakrishnan 1994, Continuous Univariate Distributions 1, section 13.10; far below zero Laplace's
 * continued fraction of Mills' ratio.
 *
 * @example truncatedNormalMean(0, 1) // 0.797884560802865
 */
export function truncatedNormalMean(mean: number, stddev: number): number {
  if (stddev === 0) return Math.max(mean, 0);
  const x = mean / stddev;
  if (x < -2) {
    let rest = -x;
    for (let term = 60; term >= 2; term--) rest = -x + term / rest;
    return stddev / rest;
  }
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x > 8) return mean + stddev * density;
  let sum = 0;
  for (let k = 1, power = x; Math.abs(power) > 1e-17; k += 2, power *= (x * x) / k) sum += power;
  return mean + (stddev * density) / (0.5 + density * sum);
}
