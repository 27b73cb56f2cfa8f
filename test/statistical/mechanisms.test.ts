/** Mechanisms have the distribution they are accounted for: right scale, right mean, and no outcome more telling than epsilon allows. */
import { describe, expect, it } from "vitest";
import { mechanisms } from "../../shared/privacy/mechanisms/index.ts";
import { createDuchi } from "../../shared/privacy/mechanisms/local-duchi.ts";
import { createHybrid } from "../../shared/privacy/mechanisms/local-hybrid.ts";
import { createPiecewise } from "../../shared/privacy/mechanisms/local-piecewise.ts";
import type { CreateScalar } from "../../shared/privacy/mechanisms/scalar.ts";
import { normalCdf } from "../../shared/privacy/numerics/normal.ts";
import { createRandomBits } from "../../shared/privacy/samplers/bits.ts";
import { resolveSection } from "../../shared/registry.ts";
import { momentsOf } from "../support/goodness.ts";
import { seededBytes } from "../support/seeded-bytes.ts";

const randomizers: readonly (readonly [string, CreateScalar])[] = [
  ["duchi", createDuchi],
  ["piecewise", createPiecewise],
  ["hybrid", createHybrid],
];

/** Kolmogorov and Smirnov's statistic times the root of the number of values: above 1.95 with probability 0.001. */
function kolmogorov(values: Float64Array, cdf: (x: number) => number): number {
  const sorted = values.slice().sort();
  let largest = 0;
  for (const [i, value] of sorted.entries()) {
    const at = cdf(value);
    largest = Math.max(largest, Math.abs(at - i / sorted.length), Math.abs(at - (i + 1) / sorted.length));
  }
  return largest * Math.sqrt(sorted.length);
}

describe("noise of vectors", () => {
  const laplaceCdf = (x: number): number => (x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2);
  const cases = [
    // [kind, the sensitivity that noise 1.5 multiplies, the distribution at scale 1]
    ["gaussian", 0.7, normalCdf],
    ["local-gaussian", 2, normalCdf],
    ["local-laplace", 2, laplaceCdf],
  ] as const;

  it.each(cases)("%s: the scale is 1.5 times the sensitivity %d, not 2/3 or 3/2 of that", async (kind, sensitivity, cdf) => {
    const { definition, options } = resolveSection(mechanisms, { kind }, "mechanism");
    const setting = {
      dimension: 2000,
      sensitivity: 0.7,
      noiseMultiplier: 1.5,
      neighboring: "replace",
      rng: seededBytes(71, kind),
    } as const;
    const mechanism = await definition.create(options, setting);
    const values = new Float64Array(20_000);
    for (let i = 0; i < 10; i++) values.set(mechanism.noise(new Float64Array(2000), i + 1).values, 2000 * i);
    const scale = 1.5 * sensitivity;
    expect(kolmogorov(values, (x) => cdf(x / scale))).toBeLessThan(1.95);
    expect(kolmogorov(values, (x) => cdf(x / ((scale * 2) / 3)))).toBeGreaterThan(5);
    expect(kolmogorov(values, (x) => cdf(x / ((scale * 3) / 2)))).toBeGreaterThan(5);
  });

  it("adds to each entry independently, also to a vector's own values", async () => {
    const { definition, options } = resolveSection(mechanisms, { kind: "gaussian" }, "mechanism");
    const setting = { dimension: 2, sensitivity: 1, noiseMultiplier: 1, neighboring: "add-remove", rng: seededBytes(72) } as const;
    const mechanism = await definition.create(options, setting);
    let [sum, products] = [0, 0];
    for (let i = 0; i < 20_000; i++) {
      const { values } = mechanism.noise(Float64Array.of(3, -4), 1);
      sum += values[0]! - 3 + (values[1]! + 4);
      products += (values[0]! - 3) * (values[1]! + 4);
    }
    expect(Math.abs(sum / 20_000)).toBeLessThan(4 * Math.sqrt(2 / 20_000));
    expect(Math.abs(products / 20_000)).toBeLessThan(4 / Math.sqrt(20_000));
  });
});

describe.each(randomizers)("randomizer %s", (name, create) => {
  const draws = 40_000;

  it.each([0.3, 1, 4])("is unbiased, with its variance, at epsilon %d", (epsilon) => {
    const randomizer = create(epsilon, createRandomBits(seededBytes(73, name, epsilon)));
    for (const value of [-1, -0.3, 0, 0.7, 1]) {
      const { mean, variance } = momentsOf(() => randomizer.randomize(value), draws);
      const stated = randomizer.variance(value);
      expect(Math.abs(mean - value)).toBeLessThan(4.5 * Math.sqrt(stated / draws));
      // Fourth moments are at most reach^2 times the variance.
      expect(Math.abs(variance - stated)).toBeLessThan(4.5 * randomizer.reach * Math.sqrt((stated + 1) / draws));
      expect(Math.abs(variance / stated - 1)).toBeLessThan(0.25);
    }
  });

  it.each([0.3, 1, 2])("tells extremes apart by no more than epsilon %d, and by nearly that", (epsilon) => {
    const randomizer = create(epsilon, createRandomBits(seededBytes(74, name, epsilon)));
    const bins = 16;
    const histogram = (value: number): Float64Array => {
      const counts = new Float64Array(bins);
      for (let i = 0; i < 5 * draws; i++) {
        const share = (randomizer.randomize(value) / randomizer.reach + 1) / 2;
        counts[Math.min(bins - 1, Math.floor(share * bins))]! += 1;
      }
      return counts;
    };
    const [low, high] = [histogram(-1), histogram(1)];
    let largest = 0;
    for (let bin = 0; bin < bins; bin++) {
      if (low[bin]! < 500 || high[bin]! < 500) continue;
      const loss = Math.abs(Math.log(low[bin]! / high[bin]!));
      expect(loss).toBeLessThan(epsilon + 4.5 * Math.sqrt(1 / low[bin]! + 1 / high[bin]!));
      largest = Math.max(largest, loss);
    }
    // The same test would catch a randomizer of 3/2 the epsilon.
    expect(largest).toBeGreaterThan(epsilon * 0.75);
  });
});

it("which entries are sent is uniform", async () => {
  const { definition, options } = resolveSection(mechanisms, { kind: "local-hybrid" }, "mechanism");
  const setting = { dimension: 5, sensitivity: 1, noiseMultiplier: 0.2, neighboring: "replace", rng: seededBytes(75) } as const;
  const mechanism = await definition.create(options, setting);
  const pairs = new Map<string, number>();
  for (let i = 0; i < 10_000; i++) {
    const { values } = mechanism.noise(new Float64Array(5), 1);
    const places = [...values.entries()].flatMap(([at, value]) => (value === 0 ? [] : [at])).join();
    pairs.set(places, (pairs.get(places) ?? 0) + 1);
  }
  // Epsilon 5 sends two entries of five: ten pairs, each 1,000 times of 10,000, give or take 30.
  expect(pairs.size).toBe(10);
  for (const count of pairs.values()) expect(Math.abs(count - 1000)).toBeLessThan(4 * 30);
});
