/** Streamed noise has the covariance of its factorization: the right scale is accepted, 2/3 and 3/2 of it are not. */
import { describe, expect, it } from "vitest";
import type { Factorization } from "../../shared/privacy/matrix/factorization.ts";
import { factorizations } from "../../shared/privacy/matrix/index.ts";
import { startNoise } from "../../shared/privacy/matrix/noise.ts";
import type { Participation } from "../../shared/privacy/matrix/participation.ts";
import { simulationNoise } from "../../shared/privacy/matrix/source.ts";
import { prefixSum } from "../../shared/privacy/matrix/workload.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";

const rounds = 16;
const dimension = 3000;
const noiseStddev = 1.7;
const participation: Participation = { kind: "min-separation", participations: 2, separation: 8 };

function build(kind: string): Factorization {
  const { definition, options } = resolveSection(factorizations, { kind }, "factorization");
  return definition.create(options, { workload: prefixSum(rounds), participation, objective: "mean" });
}

function stream(factorization: Factorization, stddev: number, seed: number): readonly Float64Array[] {
  const noise = startNoise({ factorization, source: simulationNoise(createRng(seed, "covariance"), stddev), dimension });
  return Array.from({ length: rounds }, (_, t) => noise.take(t + 1));
}

/** C times the noise, in units of the stated standard deviation: independent and standard when the stream is right. */
function whiten(factorization: Factorization, noise: readonly Float64Array[]): readonly Float64Array[] {
  return noise.map((_, row) => {
    const weights = factorization.strategyRow(row);
    return Float64Array.from({ length: dimension }, (__, c) => {
      let total = 0;
      for (let j = 0; j <= row; j++) total += weights[j]! * noise[j]![c]!;
      return total / noiseStddev;
    });
  });
}

/** Chi-square of all values, in standard deviations from its mean. */
function scaleScore(rows: readonly Float64Array[]): number {
  const count = rows.length * dimension;
  const sum = rows.reduce((total, row) => row.reduce((part, value) => part + value * value, total), 0);
  return (sum - count) / Math.sqrt(2 * count);
}

/** The largest correlation of two rows, in standard deviations. */
function correlationScore(rows: readonly Float64Array[]): number {
  let most = 0;
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < i; j++) {
      const inner = rows[i]!.reduce((sum, value, c) => sum + value * rows[j]![c]!, 0);
      most = Math.max(most, Math.abs(inner) / Math.sqrt(dimension));
    }
  }
  return most;
}

describe.each(factorizations.map(({ kind }) => kind))("noise of %s", (kind) => {
  const factorization = build(kind);

  it("has the covariance of C^-1, at the right scale only", () => {
    const right = whiten(factorization, stream(factorization, noiseStddev, 1));
    expect(Math.abs(scaleScore(right))).toBeLessThan(4);
    expect(correlationScore(right)).toBeLessThan(4.5);
    for (const wrong of [2 / 3, 3 / 2]) {
      expect(Math.abs(scaleScore(whiten(factorization, stream(factorization, wrong * noiseStddev, 2))))).toBeGreaterThan(20);
    }
  });

  it("leaves the stated error in the prefix sums", () => {
    const prefix = new Float64Array(dimension);
    let total = 0;
    for (const row of stream(factorization, noiseStddev, 3)) {
      for (let c = 0; c < dimension; c++) prefix[c] = prefix[c]! + row[c]!;
      total += prefix.reduce((sum, value) => sum + value * value, 0);
    }
    const found = Math.sqrt(total / (rounds * dimension)) / noiseStddev;
    // Prefixes of one column are correlated: count columns only, each with the variance of a square.
    expect(Math.abs(found / factorization.errors.rootMeanSquare - 1)).toBeLessThan(4 / Math.sqrt(2 * dimension));
  });
});

it("would be noticed to be independent", () => {
  const factorization = build("blt");
  expect(correlationScore(whiten(factorization, stream(build("identity"), noiseStddev, 4)))).toBeGreaterThan(10);
});
