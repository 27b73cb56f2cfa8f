/** Symmetric matrices that noise may have spoiled, against ml-matrix. */
import { EigenvalueDecomposition, inverse, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { eigenOf, invertPacked, nearestDefinite } from "../../shared/math/definite.ts";
import { packedSize } from "../../shared/math/linear.ts";
import { createRng } from "../../shared/random.ts";

const order = 7;
const rng = createRng(3);
const packed = Float64Array.from({ length: packedSize(order) }, () => rng.normal());
const square = (values: Float64Array): Matrix =>
  new Matrix(
    Array.from({ length: order }, (_, i) => Array.from({ length: order }, (_, j) => values[packedSize(Math.max(i, j)) + Math.min(i, j)]!)),
  );
const pack = (matrix: Matrix): number[] =>
  Array.from({ length: order }, (_, i) => Array.from({ length: i + 1 }, (_, j) => matrix.get(i, j))).flat();
const expectClose = (actual: Iterable<number>, expected: Iterable<number>): void => {
  const [a, b] = [[...actual], [...expected]];
  expect(a.length).toBe(b.length);
  for (const [at, value] of a.entries()) expect(value).toBeCloseTo(b[at]!, 10);
};

describe("eigenOf", () => {
  it("finds the eigenvalues, with vectors that make the matrix again", () => {
    const { values, vectors } = eigenOf(packed, order);
    expectClose(
      values.toSorted(),
      new EigenvalueDecomposition(square(packed), { assumeSymmetric: true }).realEigenvalues.sort((a, b) => a - b),
    );
    const columns = Matrix.from1DArray(order, order, [...vectors]);
    expectClose(pack(columns.mmul(Matrix.diag([...values])).mmul(columns.transpose())), packed);
  });
});

describe("nearestDefinite", () => {
  it("lifts eigenvalues to the floor and leaves the others and all directions", () => {
    const next = nearestDefinite(packed, order, 0.2);
    const before = new EigenvalueDecomposition(square(packed), { assumeSymmetric: true });
    expect(before.realEigenvalues.some((value) => value < 0)).toBe(true);
    const lifted = Matrix.diag(before.realEigenvalues.map((value) => Math.max(0.2, value)));
    expectClose(next, pack(before.eigenvectorMatrix.mmul(lifted).mmul(before.eigenvectorMatrix.transpose())));
  });

  it("gives back what is fine already, writes to no argument, and knows nothing of numbers that are not finite", () => {
    const fine = nearestDefinite(packed, order, 0.2);
    const copy = fine.slice();
    expectClose(nearestDefinite(fine, order, 0.2), copy);
    expect(fine).toEqual(copy);
    expect(() => nearestDefinite(Float64Array.of(1, Number.NaN, 1), 2, 0)).toThrow(RangeError);
  });
});

describe("invertPacked", () => {
  it("inverts a definite matrix and refuses others", () => {
    const fine = nearestDefinite(packed, order, 0.2);
    expectClose(invertPacked(fine, order)!, pack(inverse(square(fine))));
    expect(invertPacked(packed, order)).toBeUndefined();
  });
});
