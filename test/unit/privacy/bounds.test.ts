/** Bounds against what they bound: sums of losses against one exact Gaussian, divergences against sums over the integers. */
import { describe, expect, it } from "vitest";
import { gaussianEpsilon } from "../../../shared/privacy/accountants/gaussian-profile.ts";
import { deltaOf, epsilonOf, massOf } from "../../../shared/privacy/accountants/loss-mass.ts";
import { lossProfilesOf } from "../../../shared/privacy/accountants/loss-pair.ts";
import { sumLosses } from "../../../shared/privacy/accountants/loss-sum.ts";
import {
  distributedGaussianRdp,
  fixedSizeGaussianRdp,
  laplaceRdp,
  poissonGaussianRdp,
  poissonSampledRdp,
  pureRdp,
  skellamRdp,
} from "../../../shared/privacy/accountants/rdp-curves.ts";
import {
  distributedGaussianEvent,
  gaussianEvent,
  laplaceEvent,
  poissonGaussianEvent,
  pureEvent,
  skellamEvent,
} from "../../../shared/privacy/event.ts";

const neighboring = "zero-out";

describe("sums of losses", () => {
  const gaussian = (noiseMultiplier: number) => massOf(lossProfilesOf(gaussianEvent({ neighboring, noiseMultiplier }))![0]!, 1e-3);

  it.each([
    [5, 25],
    [10, 1000],
    [40, 100],
    [1, 3],
  ])("of Gaussians of noise %d, %d times, are those of one Gaussian down to delta 1e-12", (noiseMultiplier, count) => {
    const sum = sumLosses([{ loss: gaussian(noiseMultiplier), count }]);
    for (const delta of [1e-2, 1e-5, 1e-8, 1e-10, 1e-12]) {
      const excess = epsilonOf(sum, delta) - gaussianEpsilon(delta, noiseMultiplier / Math.sqrt(count));
      expect(excess).toBeGreaterThan(-1e-9);
      expect(excess).toBeLessThan(4e-4);
    }
  });

  it("of different terms are the same in one go and one by one", () => {
    const terms = [
      { loss: gaussian(3), count: 4 },
      { loss: gaussian(8), count: 30 },
    ];
    const apart = terms.map((term) => ({ loss: sumLosses([term]), count: 1 }));
    const [whole, parts] = [sumLosses(terms), sumLosses(apart)];
    for (const delta of [1e-3, 1e-6, 1e-10]) expect(epsilonOf(parts, delta)).toBeCloseTo(epsilonOf(whole, delta), 7);
  });

  it("have mass 1, and the exact profile at the grid's places", () => {
    for (const event of [
      poissonGaussianEvent({ neighboring, noiseMultiplier: 0.6, samplingRate: 0.01 }),
      laplaceEvent({ neighboring, noiseMultiplier: 0.5 }),
      pureEvent({ neighboring, epsilon: 1.5 }),
    ]) {
      for (const profile of lossProfilesOf(event)!) {
        const loss = massOf(profile, 1e-3);
        expect(loss.mass.reduce((sum, value) => sum + value, loss.infinite)).toBeCloseTo(1, 9);
        for (const place of [-500, -20, 0, 3, 700, 1400]) {
          const epsilon = place * loss.step;
          if (epsilon < profile.low || epsilon > profile.high) continue;
          expect(Math.abs(deltaOf(loss, epsilon) / profile.delta(epsilon) - 1) || 0).toBeLessThan(1e-9);
          expect(deltaOf(loss, epsilon + 4e-4)).toBeGreaterThanOrEqual(profile.delta(epsilon + 4e-4) - 1e-13);
        }
      }
    }
  });
});

describe("Renyi divergences of integer noise", () => {
  /** ln sum p^a q^(1 - a) / (a - 1) for q the same as p but shifted. */
  function divergence(probability: (x: number) => number, shift: number, order: number, reach: number): number {
    let sum = 0;
    for (let x = -reach; x <= reach; x++) {
      const [p, q] = [probability(x), probability(x - shift)];
      if (p > 0 && q > 0) sum += Math.exp(order * Math.log(p) + (1 - order) * Math.log(q));
    }
    return Math.log(sum) / (order - 1);
  }

  const logFactorials = new Float64Array(400);
  for (let k = 1; k < logFactorials.length; k++) logFactorials[k] = logFactorials[k - 1]! + Math.log(k);

  it.each([
    [6, 1],
    [12, 2],
    [30, 3],
  ])("Skellam noise of variance %d, shifted by %d, is within its bound, which is near", (variance, shift) => {
    const half = variance / 2;
    const poisson = (k: number): number => (k < 0 ? 0 : Math.exp(k * Math.log(half) - half - logFactorials[k]!));
    const skellam = (x: number): number => {
      let sum = 0;
      for (let k = Math.max(0, -x); k < 150; k++) sum += poisson(k + x) * poisson(k);
      return sum;
    };
    const event = skellamEvent({ neighboring, variance, sensitivity: shift, l1Sensitivity: shift });
    for (const order of [2, 4, 8]) {
      const exact = divergence(skellam, shift, order, 60);
      expect(skellamRdp(event, order)).toBeGreaterThanOrEqual(exact);
      expect(skellamRdp(event, order)).toBeLessThan(exact * 1.6);
    }
  });

  it.each([0.6, 0.8, 1.2])("two shares of discrete Gaussians of stddev %d are within their bound", (shareStddev) => {
    const weight = (x: number): number => Math.exp(-(x * x) / (2 * shareStddev * shareStddev));
    let mass = 0;
    for (let x = -40; x <= 40; x++) mass += weight(x);
    const sum = (x: number): number => {
      let total = 0;
      for (let k = -40; k <= 40; k++) total += (weight(k) * weight(x - k)) / mass / mass;
      return total;
    };
    const event = distributedGaussianEvent({ neighboring, shareStddev, shares: 2, dimension: 1, sensitivity: 1, l1Sensitivity: 1 });
    for (const order of [1.5, 2, 4]) {
      expect(distributedGaussianRdp(event, order)).toBeGreaterThanOrEqual(divergence(sum, 1, order, 18) * (1 - 1e-9));
    }
  });

  it("nothing costs nothing, and no noise costs everything", () => {
    const none = { neighboring, sensitivity: 0, l1Sensitivity: 0 } as const;
    expect(skellamRdp(skellamEvent({ ...none, variance: 1 }), 2)).toBe(0);
    expect(skellamRdp(skellamEvent({ ...none, sensitivity: 1, l1Sensitivity: 1, variance: 0 }), 2)).toBe(Number.POSITIVE_INFINITY);
    const shares = { shareStddev: 1, shares: 0, dimension: 1 };
    expect(distributedGaussianRdp(distributedGaussianEvent({ ...none, ...shares }), 2)).toBe(0);
    const noShare = distributedGaussianEvent({ ...none, ...shares, sensitivity: 1, l1Sensitivity: 1 });
    expect(distributedGaussianRdp(noShare, 2)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("Renyi divergences of other events", () => {
  /** The divergence of two densities by the trapezoidal rule. */
  function byIntegral(p: (x: number) => number, q: (x: number) => number, order: number, reach: number): number {
    let sum = 0;
    const step = reach / 20_000;
    for (let x = -reach; x <= reach; x += step) sum += p(x) ** order * q(x) ** (1 - order) * step;
    return Math.log(sum) / (order - 1);
  }

  it("Laplace noise is what the integral says, and pure events dominate it", () => {
    for (const epsilon of [0.3, 2]) {
      const density = (x: number): number => (epsilon / 2) * Math.exp(-epsilon * Math.abs(x));
      for (const order of [1.2, 2, 7]) {
        const exact = byIntegral(density, (x) => density(x - 1), order, 40 / epsilon);
        expect(laplaceRdp(epsilon, order)).toBeCloseTo(exact, 4);
        expect(pureRdp(epsilon, order)).toBeGreaterThan(exact);
        expect(pureRdp(epsilon, order)).toBeLessThanOrEqual(epsilon);
      }
      expect(laplaceRdp(epsilon, Number.POSITIVE_INFINITY)).toBe(epsilon);
    }
  });

  it("a cohort of one in two, drawn without replacement, is within the bound for fixed sizes", () => {
    for (const z of [0.8, 2]) {
      const density = (x: number): number => Math.exp(-(x * x) / (2 * z * z)) / Math.sqrt(2 * Math.PI) / z;
      // The other member contributes 0; the replaced one 0 or 1.
      const [p, q] = [density, (x: number): number => (density(x) + density(x - 1)) / 2];
      for (const order of [2, 3, 6]) {
        const exact = Math.max(byIntegral(p, q, order, 12), byIntegral(q, p, order, 12));
        expect(fixedSizeGaussianRdp(0.5, z, order)).toBeGreaterThan(exact);
      }
    }
  });

  it("the general bound for Poisson sampling is exact at order 2 and near elsewhere for Gaussian noise", () => {
    for (const [q, z] of [
      [0.01, 1],
      [0.2, 3],
      [0.7, 0.8],
    ] as const) {
      const general = (order: number): number => poissonSampledRdp(q, (inner) => inner / (2 * z * z), order);
      expect(general(2) / poissonGaussianRdp(q, z, 2)).toBeCloseTo(1, 10);
      for (const order of [3, 5, 8, 20]) {
        const exact = poissonGaussianRdp(q, z, order);
        expect(general(order)).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
        expect(general(order)).toBeLessThan((exact + Math.log(3) / (order - 1)) * (1 + 1e-9));
        expect(general(order)).toBeLessThanOrEqual(order / (2 * z * z));
      }
      expect(general(2.5)).toBeGreaterThanOrEqual(poissonGaussianRdp(q, z, 2.5));
      expect(poissonSampledRdp(1, (inner) => inner, 7)).toBe(7);
      expect(poissonSampledRdp(0, (inner) => inner, 7)).toBe(0);
    }
  });
});
