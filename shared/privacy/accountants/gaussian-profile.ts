/**
 * The exact privacy profile of Gaussian noise, plain and Poisson-sampled. Imports numerics.
 *
 * Source: Balle and Wang 2018, theorem 8, https://arxiv.org/abs/1805.06530; sampling: Balle, Barthe and Gaboardi 2018,
 * https://arxiv.org/abs/1807.01647
 */
import { bracket, smallestWhere } from "../numerics/bisect.ts";
import { logNormalCdf, millsRatio, normalCdf, normalDensity } from "../numerics/normal.ts";

/**
 * The smallest delta of Gaussian noise at an epsilon of any sign: cdf(1/2z - epsilon z) - e^epsilon cdf(-1/2z - epsilon z).
 *
 * Guarantees: relative error about 1e-14 (1 + z^2) for epsilon >= 0. Edge cases: z 0 -> 1 unless epsilon is infinite; z infinity
 * -> max(0, 1 - e^epsilon).
 *
 * @param z noise multiplier
 * @example gaussianDelta(1, 1) // 0.126936737507
 */
export function gaussianDelta(epsilon: number, z: number): number {
  if (epsilon === Number.POSITIVE_INFINITY) return 0;
  if (epsilon === Number.NEGATIVE_INFINITY || z === 0) return 1;
  if (z === Number.POSITIVE_INFINITY) return Math.max(0, -Math.expm1(epsilon));
  const upper = 1 / (2 * z) - epsilon * z;
  const lower = -1 / (2 * z) - epsilon * z;
  // In the tail both terms share the factor density(upper): e^epsilon density(lower) = density(upper).
  if (upper < 0) return normalDensity(upper) * (millsRatio(-upper) - millsRatio(-lower));
  return Math.max(0, normalCdf(upper) - Math.exp(epsilon + logNormalCdf(lower)));
}

/** The smallest epsilon >= 0 of Gaussian noise for delta in (0, 1); infinity when the noise multiplier is 0. */
export function gaussianEpsilon(delta: number, z: number): number {
  if (z === 0) return Number.POSITIVE_INFINITY;
  const holds = (epsilon: number): boolean => gaussianDelta(epsilon, z) <= delta;
  if (holds(0)) return 0;
  const range = bracket(holds, 1, 1000);
  return range === undefined ? Number.POSITIVE_INFINITY : smallestWhere(holds, range[0], range[1]);
}

/**
 * The smallest noise multiplier with which one Gaussian release is (epsilon, delta)-private; `rounds` of them need sqrt(rounds) times it.
 *
 * @param epsilon at least 0
 * @param delta in (0, 1)
 */
export function gaussianNoiseMultiplier(epsilon: number, delta: number): number {
  const holds = (z: number): boolean => gaussianDelta(epsilon, z) <= delta;
  const range = bracket(holds, 1, 1000);
  return range === undefined ? Number.POSITIVE_INFINITY : smallestWhere(holds, range[0], range[1]);
}

/** The delta of Poisson-sampled Gaussian noise between a dataset with a unit and the same without it, in that order. */
export function sampledRemoveDelta(epsilon: number, z: number, samplingRate: number): number {
  // The plain Gaussian's epsilon is ln(1 + (e^epsilon - 1) / samplingRate); the second form does not overflow.
  if (epsilon > 1) {
    const plain = epsilon - Math.log(samplingRate) + Math.log1p(-(1 - samplingRate) * Math.exp(-epsilon));
    return samplingRate * gaussianDelta(plain, z);
  }
  const growth = Math.expm1(epsilon);
  if (growth <= -samplingRate) return -growth;
  return samplingRate * gaussianDelta(Math.log1p(growth / samplingRate), z);
}

/** The delta of Poisson-sampled Gaussian noise between a dataset without a unit and the same with it, in that order. */
export function sampledAddDelta(epsilon: number, z: number, samplingRate: number): number {
  const rest = 1 - Math.exp(epsilon) * (1 - samplingRate);
  if (rest <= 0) return 0;
  return rest * gaussianDelta(epsilon + Math.log(samplingRate) - Math.log(rest), z);
}
