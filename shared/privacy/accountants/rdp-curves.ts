/**
 * Renyi divergences of single events, by order. Imports the events, numerics.
 *
 * An order is a number above 1; infinity is allowed and asks for the pure epsilon. Each function says where its bound comes from.
 */
import type { DistributedGaussianEvent, SimpleEvent, SkellamEvent } from "../event.ts";
import { logAbsDifference, logAdd } from "../numerics/log-sum.ts";
import { logErfc } from "../numerics/normal.ts";
import { fixedSizeGaussianLogMoment } from "./rdp-fixed-size.ts";

/** The Renyi divergence that an event allows at an order > 1. Infinity where the order gives no bound. */
export function rdpOf(event: SimpleEvent, order: number): number {
  switch (event.kind) {
    case "gaussian":
    case "discrete-gaussian":
      return scaled(order, 1 / (2 * event.noiseMultiplier ** 2));
    case "zcdp":
      return scaled(order, event.rho);
    case "laplace":
      return laplaceRdp(1 / event.noiseMultiplier, order);
    case "pure":
      return pureRdp(event.epsilon, order);
    case "exponential":
      return boundedRangeRdp(event.epsilon, order);
    case "poisson-gaussian":
      return poissonGaussianRdp(event.samplingRate, event.noiseMultiplier, order);
    case "poisson-sampled":
      return poissonSampledRdp(event.samplingRate, (integerOrder) => rdpOf(event.event, integerOrder), order);
    case "fixed-size-gaussian":
      return fixedSizeGaussianRdp(event.cohort / event.population, event.noiseMultiplier, order);
    case "skellam":
      return byIntegerOrders(order, (integerOrder) => (integerOrder - 1) * skellamRdp(event, integerOrder));
    case "distributed-gaussian":
      return distributedGaussianRdp(event, order);
  }
}

/**
 * Poisson-sampled Gaussian noise.
 *
 * Guarantees: exact but for rounding, and never above the unsampled divergence; a fractional order whose series does not end within
 * 1,000 terms (high rates at low orders) gets what the whole orders beside it give.
 * Edge cases: samplingRate 0 -> 0; z 0 -> infinity; order infinity -> infinity.
 *
 * Source: Mironov, Talwar and Zhang 2019, section 3.3, https://arxiv.org/abs/1908.10530
 */
export function poissonGaussianRdp(samplingRate: number, z: number, order: number): number {
  if (samplingRate === 0 || z === Number.POSITIVE_INFINITY) return 0;
  const plain = scaled(order, 1 / (2 * z * z));
  if (samplingRate === 1 || plain === Number.POSITIVE_INFINITY) return plain;
  let divergence = Number.isInteger(order) ? Number.NaN : momentBetween(samplingRate, z, order) / (order - 1);
  if (!Number.isFinite(divergence)) divergence = byIntegerOrders(order, (integerOrder) => momentAtInteger(samplingRate, z, integerOrder));
  return Math.min(plain, Math.max(0, divergence));
}

/**
 * Any Poisson-sampled mechanism, from its own divergences at whole orders; never above the unsampled divergence.
 *
 * Source: Zhu and Wang 2019, theorem 5, https://proceedings.mlr.press/v97/zhu19c.html
 *
 * @param divergence of the mechanism without sampling, at an order
 */
export function poissonSampledRdp(samplingRate: number, divergence: (order: number) => number, order: number): number {
  if (samplingRate === 0) return 0;
  const plain = divergence(order);
  if (samplingRate === 1 || order === Number.POSITIVE_INFINITY) return plain;
  const [logRate, logRest] = [Math.log(samplingRate), Math.log1p(-samplingRate)];
  const sampled = byIntegerOrders(order, (integerOrder) => {
    let total = (integerOrder - 1) * logRest + Math.log1p((integerOrder - 1) * samplingRate);
    let binomial = Math.log(integerOrder);
    for (let i = 2; i <= integerOrder; i++) {
      binomial += Math.log((integerOrder - i + 1) / i);
      const factor = i === 2 ? 0 : Math.log(3);
      total = logAdd(total, factor + binomial + (integerOrder - i) * logRest + i * logRate + (i - 1) * divergence(i));
    }
    return total;
  });
  return Math.min(plain, Math.max(0, sampled));
}

/** ln sum_i C(order, i) (1 - q)^(order - i) q^i exp((i^2 - i) / 2z^2). */
function momentAtInteger(q: number, z: number, order: number): number {
  let coefficient = order * Math.log1p(-q);
  let total = coefficient;
  for (let i = 1; i <= order; i++) {
    coefficient += Math.log((order - i + 1) / i) + Math.log(q) - Math.log1p(-q);
    total = logAdd(total, coefficient + (i * i - i) / (2 * z * z));
  }
  return total;
}

/** The moment as two series, split where both mixture terms are equal; not finite where they do not end. */
function momentBetween(q: number, z: number, order: number): number {
  const variance = z * z;
  const split = variance * Math.log(1 / q - 1) + 0.5;
  const [logQ, logRest] = [Math.log(q), Math.log1p(-q)];
  let binomial = 0;
  let sign = 1;
  let total = Number.NEGATIVE_INFINITY;
  let lastLow = Number.NEGATIVE_INFINITY;
  let lastHigh = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < 1000; i++) {
    const j = order - i;
    const low = binomial + i * logQ + j * logRest + (i * i - i) / (2 * variance) + logErfc((i - split) / (Math.SQRT2 * z)) - Math.LN2;
    const high = binomial + j * logQ + i * logRest + (j * j - j) / (2 * variance) + logErfc((split - j) / (Math.SQRT2 * z)) - Math.LN2;
    total = sign > 0 ? logAdd(total, logAdd(low, high)) : logAbsDifference(total, logAdd(low, high));
    if (low < lastLow && high < lastHigh && Math.max(low, high) < total - 40) return total;
    lastLow = low;
    lastHigh = high;
    binomial += Math.log(Math.abs((order - i) / (i + 1)));
    if (order < i) sign = -sign;
  }
  return Number.POSITIVE_INFINITY;
}

/**
 * Gaussian noise on a sum over a cohort of fixed size, drawn without replacement; replace-one neighbors.
 *
 * Source: Wang, Balle and Kasiviswanathan 2019, theorem 27 and corollary 10, https://arxiv.org/abs/1808.00087
 */
export function fixedSizeGaussianRdp(samplingRate: number, z: number, order: number): number {
  if (samplingRate === 0 || z === Number.POSITIVE_INFINITY) return 0;
  if (samplingRate === 1) return scaled(order, 1 / (2 * z * z));
  if (z === 0 || order === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return byIntegerOrders(order, (integerOrder) => fixedSizeGaussianLogMoment(samplingRate, z, integerOrder));
}

/** Laplace noise of pure epsilon. Source: Mironov 2017, proposition 6, https://arxiv.org/abs/1702.07476 */
export function laplaceRdp(epsilon: number, order: number): number {
  if (order === Number.POSITIVE_INFINITY || epsilon === 0 || epsilon === Number.POSITIVE_INFINITY) return epsilon;
  const above = order - 1;
  return epsilon + Math.log1p((above * Math.expm1(-(2 * order - 1) * epsilon)) / (2 * order - 1)) / above;
}

/**
 * Any mechanism whose losses lie in [t - epsilon, t] for some t: the exponential mechanism. Exact for the worst t.
 *
 * Losses at the two ends are the worst for a given t, since x^order is convex; of their moment
 * (e^((a - 1) t) (1 - e^(-a epsilon)) - e^(a t) (e^-epsilon - e^(-a epsilon))) / (1 - e^-epsilon) the largest over t is taken.
 *
 * Source: Dong, Durfee and Rogers 2020, https://arxiv.org/abs/1909.13830
 */
export function boundedRangeRdp(epsilon: number, order: number): number {
  if (order === Number.POSITIVE_INFINITY || epsilon === 0 || epsilon === Number.POSITIVE_INFINITY) return epsilon;
  // zCDP of epsilon^2 / 8 is a bound for every order, and where differences of logarithms lose their digits as good as exact.
  if (epsilon < 1e-3) return Math.min(epsilon, scaled(order, epsilon ** 2 / 8));
  const above = order - 1;
  const logWithout = (x: number): number => Math.log(-Math.expm1(-x));
  const worst = epsilon + Math.log(above / order) + logWithout(order * epsilon) - logWithout(above * epsilon);
  return worst + (logWithout(order * epsilon) - Math.log(order) - logWithout(epsilon)) / above;
}

/** Any mechanism of pure epsilon: binary randomized response is the worst. Source: as for Laplace, proposition 5. */
export function pureRdp(epsilon: number, order: number): number {
  if (order === Number.POSITIVE_INFINITY || epsilon === 0 || epsilon === Number.POSITIVE_INFINITY) return epsilon;
  // p^a (1-p)^(1-a) + (1-p)^a p^(1-a) with p = 1 / (1 + e^-epsilon) is (e^(a epsilon) + e^((1-a) epsilon)) / (1 + e^epsilon).
  const logMoment = logAdd(order * epsilon, (1 - order) * epsilon) - logAdd(0, epsilon);
  return Math.min(epsilon, Math.max(0, logMoment / (order - 1)));
}

/** Skellam noise at an integer order. Source: Agarwal, Kairouz and Liu 2021, https://arxiv.org/abs/2110.04995 */
export function skellamRdp({ variance, sensitivity, l1Sensitivity }: SkellamEvent, order: number): number {
  if (sensitivity === 0) return 0;
  if (variance === 0 || order === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const square = sensitivity * sensitivity;
  const fine = ((2 * order - 1) * square + 6 * l1Sensitivity) / (4 * variance * variance);
  return (order * square) / (2 * variance) + Math.min(fine, (3 * l1Sensitivity) / (2 * variance));
}

/** A sum of discrete Gaussians, which is none itself. Source: Kairouz, Liu and Steinke 2021, https://arxiv.org/abs/2102.06387 */
export function distributedGaussianRdp(event: DistributedGaussianEvent, order: number): number {
  const { shareStddev, shares, dimension, sensitivity, l1Sensitivity } = event;
  if (sensitivity === 0) return 0;
  const stddev = shareStddev * Math.sqrt(shares);
  if (stddev === 0 || order === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  // 10 sum over j = 1 .. shares - 1; the terms fall with j, so that those past the thousandth count as that one.
  const term = (j: number): number => 10 * Math.exp((-2 * Math.PI ** 2 * shareStddev ** 2 * j) / (j + 1));
  let gap = Math.max(0, shares - 1000) * term(999);
  for (let j = 1; j < Math.min(shares, 1000); j++) gap += term(j);
  const [l1, l2] = [l1Sensitivity / stddev, sensitivity / stddev];
  return Math.min(
    (order * l2 * l2) / 2 + gap * dimension,
    (order / 2) * (l2 * l2 + 2 * l1 * gap + gap * gap * dimension),
    (order / 2) * (l2 + Math.sqrt(dimension) * gap) ** 2,
  );
}

/** A bound known at integer orders only, between them: (order - 1) times a divergence is convex in the order, and 0 at order 1. */
function byIntegerOrders(order: number, logMoment: (integerOrder: number) => number): number {
  if (order === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const low = Math.floor(order);
  const share = order - low;
  const below = low === 1 ? 0 : logMoment(low);
  return (share === 0 ? below : (1 - share) * below + share * logMoment(low + 1)) / (order - 1);
}

/** order * rho, with 0 for no cost at order infinity. */
function scaled(order: number, rho: number): number {
  return rho === 0 ? 0 : order * rho;
}
