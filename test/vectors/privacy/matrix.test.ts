/** Factorizations and sensitivities beside other libraries and the papers' equations: orders, exactness, agreement of two ways. */
import { describe, expect, it } from "vitest";
import { optimizeBands } from "../../../shared/privacy/matrix/banded-toeplitz.ts";
import { bufferedFactorization } from "../../../shared/privacy/matrix/blt.ts";
import { gramOfLower, invertLower } from "../../../shared/privacy/matrix/dense.ts";
import { errorVariances } from "../../../shared/privacy/matrix/errors.ts";
import { type LossFigures, lossOf } from "../../../shared/privacy/matrix/factorization.ts";
import { optimizeSingle } from "../../../shared/privacy/matrix/optimal-single.ts";
import { boundsOf, type Participation, trueParticipations } from "../../../shared/privacy/matrix/participation.ts";
import { heaviestPlacement } from "../../../shared/privacy/matrix/placement.ts";
import { bandedSensitivity, gramSensitivity, minSeparationBound } from "../../../shared/privacy/matrix/sensitivity.ts";
import { majorant, toeplitzSensitivity } from "../../../shared/privacy/matrix/sensitivity-toeplitz.ts";
import { inversePrefixRoot, prefixRoot, rootToeplitz } from "../../../shared/privacy/matrix/toeplitz.ts";
import { momentumSum, prefixSum } from "../../../shared/privacy/matrix/workload.ts";
import { build, single, type Wanted } from "./cases-matrix.ts";
import vectors from "./matrix-factorizations.json" with { type: "json" };
import sensitivities from "./matrix-sensitivity.json" with { type: "json" };

function loss(wanted: Wanted): LossFigures {
  return lossOf(build(wanted), wanted.participation ?? single);
}

function near(value: number, expected: number, relative: number): void {
  expect(Math.abs(value - expected), `${value} against ${expected}`).toBeLessThanOrEqual(relative * Math.abs(expected));
}

function allNear(values: ArrayLike<number>, expected: readonly number[], absolute: number): void {
  expect(values.length).toBeGreaterThanOrEqual(expected.length);
  for (const [i, want] of expected.entries())
    expect(Math.abs(values[i]! - want), `${values[i]} against ${want}`).toBeLessThanOrEqual(absolute);
}

const fractions = (pairs: readonly (readonly number[])[]): number[] => pairs.map((pair) => pair[0]! / pair[1]!);
const minSeparation = (participations: number, separation: number): Participation => ({
  kind: "min-separation",
  participations,
  separation,
});
const flat = (rows: readonly (readonly number[])[]): Float64Array => Float64Array.from(rows.flat());

describe("prefix sums, one participation", () => {
  it.each(vectors.prefixSingle.rows.filter(({ rounds }) => rounds <= 512))(
    "square root, circulant, identity and dense optimum of $rounds rounds",
    (row) => {
      const workload = prefixSum(row.rounds);
      const root = loss({ section: { kind: "square-root" }, workload });
      near(root.max, row.squareRootMax, 1e-6);
      near(root.rootMeanSquare, row.squareRootMean, 1e-6);
      const independent = loss({ section: { kind: "identity" }, workload });
      near(independent.max, row.identityMax, 1e-6);
      near(independent.rootMeanSquare, row.identityMean, 1e-6);
      const optimum = optimizeSingle(workload.stepSizes!);
      const total = optimum.multipliers.reduce((sum, value) => sum + value, 0);
      near(total, row.denseTotal, 1e-9);
      near(Math.sqrt(total / row.rounds), row.denseMean, 1e-8);
      expect(optimum.gap).toBeLessThan(1e-11);
      near(loss({ section: { kind: "dense" }, workload }).rootMeanSquare, row.denseMean, 1e-8);
      const circulant = loss({ section: { kind: "fourier", decoder: "adjoint" }, workload });
      near(circulant.max, row.fourierMax, 1e-6);
      near(circulant.rootMeanSquare, row.fourierMax, 1e-6);
    },
  );

  it("coefficients of the square root and of its inverse are fractions", () => {
    allNear(prefixRoot(8), fractions(vectors.squareRoot.strategy), 0);
    allNear(inversePrefixRoot(8), fractions(vectors.squareRoot.inverse), 0);
    const root = loss({ section: { kind: "square-root" }, workload: prefixSum(8) });
    near(root.max, fractions([vectors.squareRoot.max8])[0]!, 1e-15);
  });

  it("the dense optimum of two, three and eight rounds", () => {
    const [two, three, eight] = [2, 3, 8].map((rounds) => optimizeSingle(new Float64Array(rounds).fill(1)));
    near(two!.multipliers[0]! + two!.multipliers[1]!, vectors.dense.total2, 1e-10);
    near(two!.gram[1]!, vectors.dense.offDiagonal2, 1e-6);
    allNear(three!.multipliers, vectors.dense.multipliers3, 6e-6);
    allNear(eight!.multipliers, vectors.dense.multipliers8, 1e-6);
    const factorization = build({ section: { kind: "dense" }, workload: prefixSum(8) });
    const rows = Array.from({ length: 8 }, (_, row) => factorization.strategyRow(row));
    allNear(
      rows.map((row) => row[0]!),
      vectors.dense.firstColumn8,
      3e-6,
    );
    near(rows[7]![7]!, vectors.dense.lastDiagonal8, 1e-9);
  });

  it("the error of every row", () => {
    const variances = errorVariances(prefixSum(2), invertLower(flat(vectors.perRow.strategy), 2));
    allNear(variances, vectors.perRow.variances, 1e-15);
    const tree = build({ section: { kind: "tree", estimate: "full" }, workload: prefixSum(2) });
    const noise = Float64Array.from([...tree.noiseRow(0), ...tree.noiseRow(1)]);
    allNear(errorVariances(prefixSum(2), noise), vectors.perRow.fullTree2, 1e-14);
  });

  it("trees, full and plain", () => {
    for (const estimate of ["full", "plain"] as const) {
      for (const { rounds, max, mean } of vectors.tree[estimate]) {
        const found = loss({ section: { kind: "tree", estimate }, workload: prefixSum(rounds) });
        near(found.max, max, 1e-6);
        near(found.rootMeanSquare, mean, 1e-6);
      }
    }
  });

  it("banded Toeplitz strategies, optimized for the mean and for the last round", () => {
    for (const { rounds, bands, mean, max } of vectors.bandedToeplitz.rows) {
      const wanted = { section: { kind: "banded-toeplitz", bands }, workload: prefixSum(rounds) };
      near(loss({ ...wanted, objective: "mean" }).rootMeanSquare, mean, 5e-9);
      near(loss({ ...wanted, objective: "max" }).max, max, 5e-9);
    }
    allNear(optimizeBands(prefixSum(16), 4, "mean"), vectors.bandedToeplitz.coefficients16, 2e-7);
  });
});

it("momentum: the square root and independent noise", () => {
  allNear(rootToeplitz(rootCoefficients(0.9)), vectors.momentum.coefficients, 1e-12);
  for (const { momentum, rounds, max, mean, identityMax } of vectors.momentum.rows) {
    const workload = momentumSum(rounds, momentum);
    const found = loss({ section: { kind: "square-root" }, workload });
    near(found.max, max, 1e-7);
    near(found.rootMeanSquare, mean, 1e-7);
    if (identityMax !== undefined) near(loss({ section: { kind: "identity" }, workload }).max, identityMax, 1e-7);
  }
});

function rootCoefficients(momentum: number): Float64Array {
  return momentumSum(4, momentum).coefficients!;
}

describe("several participations", () => {
  it.each(vectors.denseRepeated.rows)(
    "the dense optimum of $rounds rounds in $participations epochs",
    ({ rounds, participations, mean }) => {
      const participation: Participation = { kind: "fixed-epoch", participations, separation: rounds / participations };
      near(loss({ section: { kind: "dense" }, workload: prefixSum(rounds), participation }).rootMeanSquare, mean, 5e-9);
    },
  );

  it("the order of all factorizations at 64 rounds", () => {
    let last = 0;
    for (const { section, mean, tolerance } of vectors.comparison64.rows) {
      const isDense = section.kind === "dense";
      const participation: Participation = isDense ? { kind: "fixed-epoch", participations: 4, separation: 16 } : minSeparation(4, 16);
      const found = loss({ section, workload: prefixSum(64), participation }).rootMeanSquare;
      near(found, mean, tolerance);
      expect(found).toBeGreaterThan(last);
      last = found;
    }
  });

  it("the order at 2052 rounds, six participations", () => {
    let last = 0;
    for (const { section, max } of vectors.comparison2052.rows) {
      const found = loss({ section, workload: prefixSum(2052), participation: minSeparation(6, 342), objective: "max" }).max;
      near(found, max, 1e-6);
      expect(found).toBeGreaterThan(last);
      last = found;
    }
  });
});

describe("buffered strategies", () => {
  it.each(vectors.buffers.rows)("figures of given parameters: $rounds rounds, $decays", (row) => {
    const participation = minSeparation(row.participations, row.separation);
    const factorization = bufferedFactorization(prefixSum(row.rounds), {
      decays: Float64Array.from(row.decays),
      weights: Float64Array.from(row.weights),
    });
    const found = lossOf(factorization, participation);
    near(found.sensitivity.value, row.sensitivity, 1e-6);
    near(found.max, row.max, 1e-6);
    if (row.mean !== undefined) near(found.rootMeanSquare, row.mean, 1e-6);
    const column = Array.from({ length: 4 }, (_, i) => (row.rounds > 5000 ? Number.NaN : factorization.strategyRow(i)[0]!));
    if (row.coefficients !== undefined) allNear(column, row.coefficients, 1e-9);
  });
});

describe("sensitivity", () => {
  it("of square roots, by the rule for Toeplitz strategies", () => {
    for (const { rounds, separation, participations, squared } of sensitivities.squareRootSquared.rows) {
      const { value, isExact } = toeplitzSensitivity(prefixRoot(rounds), rounds, minSeparation(participations, separation));
      near(value ** 2, squared, 1e-10);
      expect(isExact).toBe(true);
    }
  });

  it("of the strategy of all ones", () => {
    for (const { rounds, participations, squared } of sensitivities.onesSquared.rows) {
      const ones = new Float64Array(rounds).fill(1);
      near(toeplitzSensitivity(ones, rounds, { kind: "unrestricted", participations }).value ** 2, squared, 1e-14);
    }
  });

  it("of banded strategies, and a refusal where columns overlap", () => {
    for (const { strategy, separation, participations, squared } of sensitivities.banded.rows) {
      const gram = gramOfLower(flat(strategy), strategy.length);
      const find = () => bandedSensitivity(gram, strategy.length, minSeparation(participations, separation));
      if (squared === null) expect(find).toThrow(RangeError);
      else expect(find()).toEqual({ value: Math.sqrt(squared), isExact: true });
    }
  });

  it("of a general strategy, as an upper bound", () => {
    const { strategy, separation, participations, value } = sensitivities.upperBound;
    const gram = gramOfLower(flat(strategy), 4);
    const schema = minSeparation(participations, separation);
    near(minSeparationBound(gram, 4, boundsOf(schema, 4)).value, value, 1e-10);
    expect(gramSensitivity(gram, 4, schema)).toEqual(minSeparationBound(gram, 4, boundsOf(schema, 4)));
  });

  it("majorants, placements, counts of participations, epochs of independent noise", () => {
    allNear(majorant(Float64Array.from(sensitivities.majorant.coefficients)), sensitivities.majorant.majorant, 0);
    for (const { weights, separation, participations, total } of sensitivities.placement.rows) {
      expect(heaviestPlacement(Float64Array.from(weights), separation, participations)).toBeCloseTo(total, 12);
    }
    for (const { rounds, separation, participations, fits } of sensitivities.participations.rows) {
      expect(trueParticipations(rounds, separation, participations)).toBe(fits);
    }
    const independent = build({ section: { kind: "identity" }, workload: prefixSum(16) });
    for (const epochs of sensitivities.identityEpochs.epochs) {
      const schema: Participation = { kind: "fixed-epoch", participations: epochs, separation: 16 / epochs };
      near(independent.sensitivity(schema).value, Math.sqrt(epochs), 1e-14);
    }
  });
});
