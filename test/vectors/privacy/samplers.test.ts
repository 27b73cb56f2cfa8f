/** Variances and probabilities of the discrete distributions. */
import { describe, expect, it } from "vitest";
import { discreteGaussianVariance } from "../../../shared/privacy/samplers/discrete-gaussian.ts";
import { createDiscreteLaplace, discreteLaplaceVariance } from "../../../shared/privacy/samplers/discrete-laplace.ts";
import { seededBytes } from "../../support/seeded-bytes.ts";
import vectors from "./samplers.json" with { type: "json" };

describe("discrete Gaussian", () => {
  it.each(vectors.discreteGaussian)("V43: stddev $stddev", ({ stddev, variance, atZero }) => {
    const ours = discreteGaussianVariance(stddev);
    expect(Math.abs(ours / variance - 1)).toBeLessThan(1e-9);
    expect(ours).toBeLessThanOrEqual(stddev * stddev * (1 + 1e-15));
    expect(ours).toBeGreaterThanOrEqual(1 / Math.expm1(1 / stddev ** 2));
    if (atZero === undefined) return;
    let mass = 1;
    for (let x = 1; x < 100; x++) mass += 2 * Math.exp(-(x * x) / (2 * stddev * stddev));
    expect(1 / mass).toBeCloseTo(atZero, 11);
  });
});

describe("discrete Laplace", () => {
  it.each(vectors.discreteLaplace)("V44: scale $scale", ({ scale, variance, atZero }) => {
    expect(discreteLaplaceVariance(scale)).toBeCloseTo(variance, 7);
    expect(createDiscreteLaplace(seededBytes(1), scale).variance).toBe(discreteLaplaceVariance(scale));
    if (atZero !== undefined) expect(Math.tanh(1 / (2 * scale))).toBeCloseTo(atZero, 9);
  });
});
