/** Every sampler follows its distribution at the right scale, and is told from the same distribution at 2/3 and 3/2 of it. */
import { describe, expect, it } from "vitest";
import { normalCdf } from "../../shared/privacy/numerics/normal.ts";
import { bernoulliExp, finishCoin, ratioExponent, rationalExponent } from "../../shared/privacy/samplers/bernoulli-exp.ts";
import { createRandomBits } from "../../shared/privacy/samplers/bits.ts";
import { createDiscreteGaussian } from "../../shared/privacy/samplers/discrete-gaussian.ts";
import { createDiscreteLaplace } from "../../shared/privacy/samplers/discrete-laplace.ts";
import { createGeometric } from "../../shared/privacy/samplers/geometric.ts";
import { createPoisson } from "../../shared/privacy/samplers/poisson.ts";
import type { Sampler } from "../../shared/privacy/samplers/sampler.ts";
import { createSimulationNoise } from "../../shared/privacy/samplers/simulation-noise.ts";
import { createSkellam } from "../../shared/privacy/samplers/skellam.ts";
import { createRng, type SecureRng } from "../../shared/random.ts";
import { chiSquareDeviate, countDraws, momentsOf } from "../support/goodness.ts";
import { seededBytes } from "../support/seeded-bytes.ts";

const draws = 60_000;

interface Case {
  readonly name: string;
  readonly create: (rng: SecureRng, scale: number) => Sampler;
  readonly scales: readonly number[];
  /** Unnormalized probabilities on low .. high. */
  readonly weight: (x: number, scale: number) => number;
  readonly reach: (scale: number) => readonly [number, number];
}

const logFactorials = new Float64Array(4000);
for (let k = 1; k < logFactorials.length; k++) logFactorials[k] = logFactorials[k - 1]! + Math.log(k);
const poisson = (k: number, mean: number): number => (k < 0 ? 0 : Math.exp(k * Math.log(mean) - mean - logFactorials[k]!));

function skellam(x: number, variance: number): number {
  const half = variance / 2;
  let sum = 0;
  for (let k = Math.max(0, -x); k < half + 12 * Math.sqrt(half) + 30; k++) sum += poisson(k + x, half) * poisson(k, half);
  return sum;
}

const cases: readonly Case[] = [
  {
    name: "geometric",
    create: createGeometric,
    scales: [0.4, 1, 3, 12.75],
    weight: (x, scale) => Math.exp(-x / scale),
    reach: (scale) => [0, Math.ceil(40 * scale)],
  },
  {
    name: "discrete Laplace",
    create: createDiscreteLaplace,
    scales: [0.5, 1, 7, 2.3],
    weight: (x, scale) => Math.exp(-Math.abs(x) / scale),
    reach: (scale) => [-Math.ceil(40 * scale), Math.ceil(40 * scale)],
  },
  {
    name: "discrete Gaussian",
    create: createDiscreteGaussian,
    scales: [0.5, 1, 1.7, 10, 60.25],
    weight: (x, scale) => Math.exp(-(x * x) / (2 * scale * scale)),
    reach: (scale) => [-Math.ceil(12 * scale), Math.ceil(12 * scale)],
  },
  {
    name: "Poisson",
    create: createPoisson,
    scales: [0.3, 1, 4.5, 30, 500.5],
    weight: poisson,
    reach: (mean) => [0, Math.ceil(2 * mean + 12 * Math.sqrt(mean) + 12)],
  },
  {
    name: "Skellam",
    create: createSkellam,
    scales: [0.5, 2, 9, 150],
    weight: skellam,
    reach: (variance) => [-Math.ceil(12 * Math.sqrt(variance) + 12), Math.ceil(12 * Math.sqrt(variance) + 12)],
  },
];

/** How far draws made at one scale are from the distribution at another. */
function deviate(test: Case, made: number, claimed: number): number {
  const [low, high] = test.reach(Math.max(made, claimed));
  const weights = Array.from({ length: high - low + 1 }, (_, i) => test.weight(low + i, claimed));
  const mass = weights.reduce((sum, weight) => sum + weight, 0);
  const sampler = test.create(seededBytes(20, test.name, made), made);
  const counts = countDraws(() => sampler.sample(), draws, low, high);
  return chiSquareDeviate(
    counts,
    weights.map((weight) => weight / mass),
    draws,
  );
}

describe.each(cases)("$name", (test) => {
  it.each(test.scales)("follows its probabilities at %d", (scale) => {
    expect(Math.abs(deviate(test, scale, scale))).toBeLessThan(4);
  });

  it.each(test.scales)("is told from 2/3 and 3/2 of %d", (scale) => {
    expect(deviate(test, scale, (scale * 2) / 3)).toBeGreaterThan(20);
    expect(deviate(test, scale, (scale * 3) / 2)).toBeGreaterThan(20);
  });

  it("has the variance that it states", () => {
    const scale = test.scales.at(-1)!;
    const sampler = test.create(seededBytes(21, test.name), scale);
    // The relative error of a variance over n draws is sqrt((kurtosis - 1) / n), at most sqrt(8 / n) here.
    expect(Math.abs(momentsOf(() => sampler.sample(), draws).variance / sampler.variance - 1)).toBeLessThan(4 * Math.sqrt(8 / draws));
  });
});

describe("large scales", () => {
  it.each([1e6, 2 ** 36.3])("a discrete Gaussian of stddev %d has normal deciles, and not those of 2/3 or 3/2", (stddev) => {
    const sampler = createDiscreteGaussian(seededBytes(22, stddev), stddev);
    const values = Float64Array.from({ length: draws }, () => sampler.sample()).sort();
    // 84.134 % of a normal lie below one standard deviation, 97.725 % below two.
    for (const [quantile, deviation] of [
      [0.1586553, -1],
      [0.5, 0],
      [0.8413447, 1],
      [0.9772499, 2],
    ] as const) {
      expect(Math.abs(values[Math.floor(quantile * draws)]! / stddev - deviation)).toBeLessThan(0.045);
    }
    expect(values.every(Number.isSafeInteger)).toBe(true);
  });

  it.each([5000.7, 1e6])("a discrete Gaussian of stddev %d is smooth across its columns and even within them", (stddev) => {
    const sampler = createDiscreteGaussian(seededBytes(29, stddev), stddev);
    const bins = 400;
    // Eight standard deviations in bins far narrower than a column, and the place within a bin.
    const counts = new Array<number>(bins).fill(0);
    const places = new Array<number>(5).fill(0);
    for (let i = 0; i < 4 * draws; i++) {
      const value = sampler.sample();
      places[((value % 5) + 5) % 5]! += 1;
      const bin = Math.floor((value + 0.5) / (stddev / 50) + bins / 2);
      if (bin >= 0 && bin < bins) counts[bin]! += 1;
    }
    const below = (bin: number): number => normalCdf((Math.ceil((bin - bins / 2) * (stddev / 50) - 0.5) - 0.5) / stddev);
    const probabilities = counts.map((_, bin) => below(bin + 1) - below(bin));
    expect(Math.abs(chiSquareDeviate(counts, probabilities, 4 * draws))).toBeLessThan(4);
    expect(Math.abs(chiSquareDeviate(places, new Array<number>(5).fill(0.2), 4 * draws))).toBeLessThan(4);
  });

  it("Skellam noise of variance 1e6 has normal deciles", () => {
    const sampler = createSkellam(seededBytes(23), 1e6);
    const values = Float64Array.from({ length: 8000 }, () => sampler.sample()).sort();
    for (const [quantile, deviation] of [
      [0.1586553, -1],
      [0.5, 0],
      [0.8413447, 1],
    ] as const) {
      expect(Math.abs(values[Math.floor(quantile * 8000)]! / 1000 - deviation)).toBeLessThan(0.08);
    }
  });
});

describe("coins of probability exp(-gamma)", () => {
  const bits = createRandomBits(seededBytes(24));

  it.each([0, 1e-3, 0.5, 1, 1.5, 3, 7.25])("gamma %d", (gamma) => {
    let heads = 0;
    const exponent = ratioExponent(gamma * 4000, 4000);
    for (let i = 0; i < draws; i++) if (bernoulliExp(bits, exponent)) heads += 1;
    const probability = Math.exp(-gamma);
    expect(Math.abs(heads / draws - probability)).toBeLessThan(4.5 * Math.sqrt((probability * (1 - probability)) / draws) + 1e-12);
  });

  it("end in big integers where a word does not decide, with what is left of the probability", () => {
    // 1/3 of 2^32 is 1431655765 and a third: a word of that value means success once in three.
    let heads = 0;
    const third = { numerator: 1n, denominator: 3n };
    for (let i = 0; i < 9000; i++) if (finishCoin(bits, third, 1n, 1_431_655_765)) heads += 1;
    expect(Math.abs(heads / 9000 - 1 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / 9000));
    expect(finishCoin(bits, third, 1n, 1_431_655_764)).toBe(true);
    expect(finishCoin(bits, third, 1n, 1_431_655_766)).toBe(false);
  });

  it("are the same when the approximation is poor but within its bound", () => {
    const [near, far] = [createRandomBits(seededBytes(25)), createRandomBits(seededBytes(25))];
    const exact = { numerator: 5n, denominator: 7n };
    for (let i = 0; i < 5000; i++) {
      const first = bernoulliExp(near, rationalExponent(exact, 5 / 7));
      expect(bernoulliExp(far, rationalExponent(exact, 5 / 7 + 2 ** -46))).toBe(first);
    }
  });
});

describe("uniform integers", () => {
  const bits = createRandomBits(seededBytes(26));

  it.each([1, 2, 3, 10, 48])("below %d are equally likely, small and big", (bound) => {
    const even = new Array<number>(bound).fill(1 / bound);
    const small = countDraws(() => bits.below(bound), draws, 0, bound - 1);
    const big = countDraws(() => Number(bits.belowBig(BigInt(bound))), draws, 0, bound - 1);
    if (bound === 1) expect([small[0], big[0]]).toEqual([draws, draws]);
    else for (const counts of [small, big]) expect(Math.abs(chiSquareDeviate(counts, even, draws))).toBeLessThan(4);
  });

  it("below 3 x 2^50 fall in its thirds equally often", () => {
    const counts = countDraws(() => Math.floor(bits.below(3 * 2 ** 50) / 2 ** 50), draws, 0, 2);
    expect(Math.abs(chiSquareDeviate(counts, [1 / 3, 1 / 3, 1 / 3], draws))).toBeLessThan(4);
  });

  it("coins are fair", () => {
    const counts = countDraws(() => (bits.coin() ? 1 : 0), draws, 0, 1);
    expect(Math.abs(chiSquareDeviate(counts, [0.5, 0.5], draws))).toBeLessThan(4);
  });
});

describe("noise of simulations", () => {
  it("is normal of the stated deviation, not of 2/3 or 3/2 of it", () => {
    const noise = createSimulationNoise(createRng(27));
    const values = new Float64Array(draws);
    noise.addTo(values, 3);
    const variance = values.reduce((sum, value) => sum + value * value, 0) / draws;
    expect(Math.abs(variance / 9 - 1)).toBeLessThan(4 * Math.sqrt(2 / draws));
    expect(noise.kind).toBe("simulation");
    // @ts-expect-error a seeded generator is no source for noise that protects
    expect(() => createDiscreteGaussian(createRng(28), 1).sample()).toThrow();
  });
});
