/** Workloads say what the server computes, and the two optimizers of dense strategies agree. */
import { describe, expect, it } from "vitest";
import { minimize, withDifferences } from "../../../shared/privacy/matrix/minimize.ts";
import { searchSimplex } from "../../../shared/privacy/matrix/nelder-mead.ts";
import { fixedEpochShape, optimizeGram } from "../../../shared/privacy/matrix/optimal-repeated.ts";
import { optimizeSingle } from "../../../shared/privacy/matrix/optimal-single.ts";
import { boundsOf } from "../../../shared/privacy/matrix/participation.ts";
import {
  generalWorkload,
  learningRateSum,
  linearCooldown,
  momentumSum,
  prefixSum,
  type Workload,
  workloadMatrix,
} from "../../../shared/privacy/matrix/workload.ts";

describe("workloads", () => {
  it("are the models of descent with momentum and step sizes", () => {
    const rates = Float64Array.of(1, 0.5, 0.25, 2);
    const sums = Float64Array.of(3, -1, 4, 1);
    // v = 3, x = 3; v = 1.7, x = 3.85; v = 5.53, x = 5.2325; v = 5.977, x = 17.1865
    const found = learningRateSum(rates, 0.9).apply(sums);
    for (const [t, expected] of [3, 3.85, 5.2325, 17.1865].entries()) expect(found[t]).toBeCloseTo(expected, 12);
    expect(prefixSum(4).apply(sums)).toEqual(Float64Array.of(3, 2, 6, 7));
  });

  it("apply the matrix that they state", () => {
    const x = Float64Array.of(0.3, -2, 5, 1, -1);
    const cooled = learningRateSum(linearCooldown(5, 0.6, 0));
    const known: readonly Workload[] = [prefixSum(5), momentumSum(5, 0.8), cooled, generalWorkload(workloadMatrix(cooled), 5)];
    for (const workload of known) {
      const matrix = workloadMatrix(workload);
      const found = workload.apply(x);
      for (let i = 0; i < 5; i++) {
        const expected = x.reduce((sum, value, j) => sum + matrix[i * 5 + j]! * value, 0);
        expect(found[i]).toBeCloseTo(expected, 12);
      }
    }
    expect(workloadMatrix(momentumSum(3, 0.5))).toEqual(Float64Array.of(1, 0, 0, 1.5, 1, 0, 1.75, 1.5, 1));
  });

  it("cool down linearly at the end", () => {
    expect([...linearCooldown(8, 0.5, 0)]).toEqual([1, 1, 1, 1, 0.75, 0.5, 0.25, 0]);
    expect([...linearCooldown(4, 0, 0.5)]).toEqual([1, 1, 1, 1]);
  });

  it("refuse what is no workload", () => {
    expect(() => prefixSum(0)).toThrow(RangeError);
    expect(() => momentumSum(3, 1)).toThrow(RangeError);
    expect(() => learningRateSum([1, Number.NaN])).toThrow(RangeError);
    expect(() => learningRateSum([1, -1])).toThrow(RangeError);
    expect(() => generalWorkload(Float64Array.of(1, 1, 0, 1), 2)).toThrow(RangeError);
    expect(() => generalWorkload(Float64Array.of(1, 0, 0), 2)).toThrow(RangeError);
    expect(() => prefixSum(3).apply(new Float64Array(2))).toThrow(RangeError);
  });
});

describe("optimizers", () => {
  it("of one participation agree: the fixed point and the descent", () => {
    for (const workload of [prefixSum(12), learningRateSum(linearCooldown(12, 0.5, 0.1)), momentumSum(12, 0.9)]) {
      const { gram, gap } = optimizeSingle(workload.stepSizes!, workload.momentum);
      const options = { maxIterations: 5000, gradientTolerance: 1e-9 };
      const other = optimizeGram(workload, fixedEpochShape(boundsOf({ kind: "single" }, 12)), options);
      expect(gap).toBeLessThan(1e-11);
      for (let at = 0; at < gram.length; at++) expect(other[at]).toBeCloseTo(gram[at]!, 3);
    }
  });

  it("find the minimum of a bent valley", () => {
    const valley = (x: Float64Array): number => (1 - x[0]!) ** 2 + 100 * (x[1]! - x[0]! ** 2) ** 2;
    const start = Float64Array.of(-1.2, 1);
    const bySlope = minimize(withDifferences(valley), start, { maxIterations: 500, gradientTolerance: 1e-8, valueTolerance: 0 });
    const bySimplex = searchSimplex(valley, start, 0.5, 1e-14, 2000);
    for (const { x } of [bySlope, bySimplex]) for (const value of x) expect(value).toBeCloseTo(1, 4);
  });

  it("back off from infinity", () => {
    const barrier = (x: Float64Array): number => (x[0]! > 0 ? x[0]! - Math.log(x[0]!) : Number.POSITIVE_INFINITY);
    const found = minimize(withDifferences(barrier), Float64Array.of(30), {
      maxIterations: 100,
      gradientTolerance: 1e-9,
      valueTolerance: 0,
    });
    expect(found.x[0]).toBeCloseTo(1, 5);
  });
});
