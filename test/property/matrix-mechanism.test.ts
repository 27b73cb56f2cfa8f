/** Sensitivities hold against every admissible pattern; buffered inverses invert; roots of banded matrices are roots. */
import fc from "fast-check";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { inverseRoot, inverseRootDiagonal, inverseRootNodes } from "../../shared/privacy/matrix/banded-root.ts";
import { bufferCoefficients, buffersFrom, invertBuffers } from "../../shared/privacy/matrix/buffers.ts";
import { cholesky, gramOfLower, invertLower, lowerStrategy } from "../../shared/privacy/matrix/dense.ts";
import { admissibleSets, isAdmissible, type Participation } from "../../shared/privacy/matrix/participation.ts";
import { heaviest } from "../../shared/privacy/matrix/placement.ts";
import { gramSensitivity } from "../../shared/privacy/matrix/sensitivity.ts";
import { toeplitzSensitivity } from "../../shared/privacy/matrix/sensitivity-toeplitz.ts";
import { invertToeplitz, multiplyToeplitz, rootToeplitz, toeplitzRow } from "../../shared/privacy/matrix/toeplitz.ts";
import { createRng, type Rng } from "../../shared/random.ts";
import { bruteForce, product } from "../support/matrix.ts";

const anySeed = fc.integer({ min: 0, max: 2 ** 31 });
const anyRounds = fc.integer({ min: 1, max: 9 });
const anySchema: fc.Arbitrary<Participation> = fc
  .record({
    kind: fc.constantFrom("single", "fixed-epoch", "min-separation", "unrestricted"),
    participations: fc.integer({ min: 1, max: 6 }),
    separation: fc.integer({ min: 1, max: 10 }),
  })
  .map(({ kind, participations, separation }) => {
    if (kind === "single") return { kind };
    return kind === "unrestricted" ? { kind, participations } : { kind, participations, separation };
  });

function toeplitzMatrix(coefficients: Float64Array, rounds: number): Float64Array {
  return Float64Array.from(Array.from({ length: rounds }, (_, row) => [...toeplitzRow(coefficients, row, rounds)]).flat());
}

function lowerMatrix(rng: Rng, n: number, bands: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const back = Math.floor(at / n) - (at % n);
    return back >= 0 && back < bands ? rng.normal() + (back === 0 ? 3 : 0) : 0;
  });
}

describe("sensitivity", () => {
  it("of falling Toeplitz strategies is what trying every pattern finds", () => {
    fc.assert(
      fc.property(anyRounds, anySeed, anySchema, (rounds, seed, schema) => {
        const rng = createRng(seed);
        const c = Float64Array.from({ length: 1 + rng.below(rounds) }, () => rng.float())
          .sort()
          .reverse();
        const { value, isExact } = toeplitzSensitivity(c, rounds, schema);
        expect(isExact).toBe(true);
        expect(value).toBeCloseTo(bruteForce(toeplitzMatrix(c, rounds), rounds, schema).reached, 9);
      }),
    );
  });

  it("of any Toeplitz strategy is never below it, and equal to it where said to be exact", () => {
    fc.assert(
      fc.property(anyRounds, anySeed, anySchema, (rounds, seed, schema) => {
        const rng = createRng(seed);
        const c = Float64Array.from({ length: rounds }, () => rng.normal());
        const { value, isExact } = toeplitzSensitivity(c, rounds, schema);
        const { reached } = bruteForce(toeplitzMatrix(c, rounds), rounds, schema);
        expect(value).toBeGreaterThanOrEqual(reached * (1 - 1e-12));
        if (isExact) expect(value).toBeCloseTo(reached, 9);
      }),
    );
  });

  it("of general strategies bounds every pattern, sign and vector; of banded ones it is exact from the first free separation on", () => {
    fc.assert(
      fc.property(anyRounds, anySeed, anySchema, (rounds, seed, schema) => {
        const rng = createRng(seed);
        const bands = 1 + rng.below(rounds);
        const strategy = lowerMatrix(rng, rounds, bands);
        const { value, isExact } = gramSensitivity(gramOfLower(strategy, rounds), rounds, schema);
        const { reached, bound } = bruteForce(strategy, rounds, schema);
        expect(value).toBeGreaterThanOrEqual(bound * (1 - 1e-12));
        if (isExact) expect(value).toBeCloseTo(reached, 9);
        if ("separation" in schema && schema.separation >= bands) expect(isExact).toBe(true);
        expect(vectorNorm(strategy, rounds, schema, rng)).toBeLessThanOrEqual(value * (1 + 1e-12));
      }),
    );
  });

  it("of weights of one's own is what trying every pattern finds", () => {
    fc.assert(
      fc.property(anyRounds, anySeed, anySchema, (rounds, seed, schema) => {
        const rng = createRng(seed);
        const weights = Float64Array.from({ length: rounds }, () => rng.float());
        const totals = admissibleSets(schema, rounds).map((set) => set.reduce((sum, i) => sum + weights[i]!, 0));
        const { participations } = schema.kind === "single" ? { participations: 1 } : schema;
        const separation = "separation" in schema ? schema.separation : 1;
        const bounds = { participations: Math.min(participations, rounds), separation, isFixed: schema.kind === "fixed-epoch" };
        expect(heaviest(weights, bounds)).toBeCloseTo(Math.max(...totals), 12);
      }),
    );
  });
});

/** The norm of C x for random vectors of norm 1 in a random admissible set of rounds. */
function vectorNorm(strategy: Float64Array, rounds: number, schema: Participation, rng: Rng): number {
  const sets = admissibleSets(schema, rounds);
  const set = sets[rng.below(sets.length)]!;
  expect(isAdmissible(schema, set)).toBe(true);
  const sum = new Float64Array(rounds * 3);
  for (const round of set) {
    const x = [rng.normal(), rng.normal(), rng.normal()];
    const norm = Math.hypot(...x);
    for (let i = 0; i < rounds; i++) for (let c = 0; c < 3; c++) sum[i * 3 + c]! += (strategy[i * rounds + round]! * x[c]!) / norm;
  }
  return Math.hypot(...sum);
}

describe("linear algebra", () => {
  it("inverts and takes roots of Toeplitz matrices", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), anySeed, (rounds, seed) => {
        const rng = createRng(seed);
        const c = Float64Array.from({ length: rounds }, (_, i) => (i === 0 ? 1 : rng.float() / (2 * i)));
        const one = multiplyToeplitz(c, invertToeplitz(c, rounds), rounds);
        const root = rootToeplitz(c);
        const square = multiplyToeplitz(root, root, rounds);
        for (let i = 0; i < rounds; i++) {
          expect(one[i]).toBeCloseTo(i === 0 ? 1 : 0, 9);
          expect(square[i]).toBeCloseTo(c[i]!, 9);
        }
      }),
    );
  });

  it("finds the lower strategy of a Gram matrix, its inverse and its Cholesky factor", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), anySeed, (n, seed) => {
        const rng = createRng(seed);
        const strategy = lowerMatrix(rng, n, n).map((value, at) => (at % (n + 1) === 0 ? Math.abs(value) + 1 : value));
        const gram = gramOfLower(strategy, n);
        const found = lowerStrategy(gram, n);
        const identity = product(found, invertLower(found, n), n);
        const factor = cholesky(gram, n)!;
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            expect(found[i * n + j]).toBeCloseTo(strategy[i * n + j]!, 6);
            expect(identity[i * n + j]).toBeCloseTo(i === j ? 1 : 0, 6);
            let entry = 0;
            for (let m = 0; m < n; m++) entry += factor[i * n + m]! * factor[j * n + m]!;
            expect(entry).toBeCloseTo(gram[i * n + j]!, 8);
          }
        }
      }),
    );
  });

  it("takes the inverse root of banded matrices as an eigendecomposition does", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 4 }), anySeed, (n, bands, seed) => {
        const rng = createRng(seed);
        const half = lowerMatrix(rng, n, bands);
        const gram = gramOfLower(half, n);
        for (let i = 0; i < n; i++) gram[i * n + i] = gram[i * n + i]! + 1e-3;
        const diagonals = Array.from({ length: Math.min(bands, n) }, (_, b) =>
          Float64Array.from({ length: n - b }, (__, i) => gram[(i + b) * n + i]!),
        );
        const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(Matrix.from1DArray(n, n, gram), {
          assumeSymmetric: true,
        });
        const nodes = inverseRootNodes(Math.min(...realEigenvalues) * 0.99, Math.max(...realEigenvalues) * 1.01);
        const found = inverseRoot({ diagonals }, nodes);
        const onDiagonal = inverseRootDiagonal({ diagonals }, nodes);
        const scale = Math.min(...realEigenvalues) ** -0.5;
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            const expected = realEigenvalues.reduce(
              (sum, value, m) => sum + (eigenvectorMatrix.get(i, m) * eigenvectorMatrix.get(j, m)) / Math.sqrt(value),
              0,
            );
            expect(Math.abs(found[i * n + j]! - expected)).toBeLessThan(1e-9 * scale);
          }
          expect(Math.abs(onDiagonal[i]! - found[i * n + i]!)).toBeLessThan(1e-9 * scale);
        }
      }),
    );
  });
});

it("buffers: any parameters give a falling strategy, and both forms of the inverse invert it", () => {
  const anyFree = fc.array(fc.double({ min: -4, max: 1.2, noNaN: true }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(anyFree, anySeed, (half, seed) => {
      const rng = createRng(seed);
      const free = Float64Array.from([...half, ...half.map(() => 2 * rng.float() - 1)]);
      const { decays, weights, inverseDecays, inverseWeights } = buffersFrom(free);
      const strategy = bufferCoefficients(decays, weights, 64);
      const inverse = invertBuffers(decays, weights, 64);
      const closed = bufferCoefficients(inverseDecays, inverseWeights, 64);
      const one = multiplyToeplitz(strategy, inverse, 64);
      expect(weights.every((weight) => weight > 0)).toBe(true);
      expect(inverseWeights.every((weight) => weight < 0)).toBe(true);
      expect(toeplitzSensitivity(strategy, 64, { kind: "unrestricted", participations: 5 }).isExact).toBe(true);
      for (let i = 0; i < 64; i++) {
        expect(one[i]).toBeCloseTo(i === 0 ? 1 : 0, 9);
        expect(closed[i]).toBeCloseTo(inverse[i]!, 9);
      }
    }),
  );
});
