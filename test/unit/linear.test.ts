/** Flat linear algebra on small cases worked by hand. */
import { describe, expect, it } from "vitest";
import {
  addDiagonal,
  addInto,
  addOuter,
  addScaled,
  dot,
  gram,
  multiplyRows,
  packedSize,
  solveInPlace,
  solveLower,
  solveUpper,
} from "../../shared/math/linear.ts";
import { createRng } from "../../shared/random.ts";

describe("flat linear algebra", () => {
  it("packs a symmetric matrix into half of a square and its diagonal", () => {
    expect([0, 1, 2, 3, 16].map(packedSize)).toEqual([0, 1, 3, 6, 136]);
  });

  it("reads and writes at offsets and nowhere else", () => {
    const a = Float64Array.of(9, 1, 2, 9);
    expect(dot(a, 1, Float64Array.of(7, 7, 3, 4), 2, 2)).toBe(11);
    addScaled(a, 1, 2, Float64Array.of(0, 5, 6), 1, 2);
    expect([...a]).toEqual([9, 11, 14, 9]);
    const packed = new Float64Array(5).fill(1);
    addOuter(packed, 1, 2, Float64Array.of(0, 3, 4), 1, 2);
    expect([...packed]).toEqual([1, 19, 25, 33, 1]);
    addDiagonal(packed, 1, 2, 10);
    expect([...packed]).toEqual([1, 29, 25, 43, 1]);
    addInto(a, Float64Array.of(1, 1, 1, 1));
    expect([...a]).toEqual([10, 12, 15, 10]);
  });

  // Four rows at a time and the rest: both ways and neither.
  it.each([0, 1, 3, 4, 5, 11])("multiplies %i rows at once as each alone, bit for bit", (rows) => {
    const order = 7;
    const rng = createRng(rows);
    const draw = (length: number): Float64Array => Float64Array.from({ length }, () => rng.normal());
    const [x, vector] = [draw(rows * order), draw(order)];
    const products = new Float64Array(rows).fill(9);
    multiplyRows(x, rows, order, vector, products);
    expect([...products]).toEqual(Array.from({ length: rows }, (_, row) => dot(vector, 0, x, row * order, order)));
  });

  it("makes the scaled Gram matrix of rows", () => {
    expect([...gram(Float64Array.of(1, 2, 3, 4), 2, 2, 0.5)]).toEqual([5, 7, 10]);
  });

  it("solves with a triangle and with its transpose, at offsets and nowhere else", () => {
    // L = [[2, 0], [1, 2]]: L x = [8, 12] has x = [4, 4], L' x = [4, 4] has x = [1, 2].
    const a = Float64Array.of(7, 2, 1, 2);
    const b = Float64Array.of(9, 8, 12, 9);
    solveLower(a, 1, b, 1, 2);
    expect([...b]).toEqual([9, 4, 4, 9]);
    solveUpper(a, 1, b, 1, 2);
    expect([...b]).toEqual([9, 1, 2, 9]);
  });

  it("solves a system worked by hand and leaves the factor behind", () => {
    // [[4, 2], [2, 5]] x = [8, 12] has x = [1, 2] and L = [[2, 0], [1, 2]].
    const a = Float64Array.of(4, 2, 5);
    const b = Float64Array.of(8, 12);
    expect(solveInPlace(a, 0, b, 0, 2)).toBe(true);
    expect([...b]).toEqual([1, 2]);
    expect([...a]).toEqual([2, 1, 2]);
  });

  it("refuses what is not positive definite, and leaves the right-hand side alone", () => {
    const bad: readonly (readonly number[])[] = [
      [0, 0, 0],
      [1, 2, 1],
      [1, 1, 1],
      [-1, 0, 1],
      [Number.NaN, 0, 1],
      [1, Number.NaN, 1],
      [Number.POSITIVE_INFINITY, 0, 1],
    ];
    for (const matrix of bad) {
      const b = Float64Array.of(3, 4);
      expect(solveInPlace(Float64Array.from(matrix), 0, b, 0, 2)).toBe(false);
      expect([...b]).toEqual([3, 4]);
    }
  });

  it("takes the empty system for solved", () => {
    expect(solveInPlace(new Float64Array(0), 0, new Float64Array(0), 0, 0)).toBe(true);
  });
});
