/** Solves agree with ml-matrix on random systems. */
import fc from "fast-check";
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { expect, it } from "vitest";
import { addDiagonal, gram, solveInPlace } from "../../shared/math/linear.ts";
import { createRng } from "../../shared/random.ts";

it("solves as ml-matrix does, and finds its Cholesky factor", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.double({ min: 1e-3, max: 10, noNaN: true }),
      (order, seed, l2) => {
        const rng = createRng(seed);
        const rows = 1 + rng.below(2 * order);
        const x = Float64Array.from({ length: rows * order }, () => rng.normal());
        const b = Float64Array.from({ length: order }, () => rng.normal());
        const offset = rng.below(4);
        const packed = gram(x, rows, order, 1);
        addDiagonal(packed, 0, order, l2);
        const room = new Float64Array(packed.length + offset).fill(7);
        room.set(packed, offset);
        const solution = b.slice();
        expect(solveInPlace(room, offset, solution, 0, order)).toBe(true);

        const dense = Matrix.from1DArray(rows, order, x);
        const reference = new CholeskyDecomposition(
          dense
            .transpose()
            .mmul(dense)
            .add(Matrix.eye(order, order, l2)),
        );
        const expected = reference.solve(Matrix.columnVector([...b])).to1DArray();
        const size = Math.hypot(...expected);
        for (let i = 0; i < order; i++) {
          expect(Math.abs(solution[i]! - expected[i]!)).toBeLessThanOrEqual(1e-8 * (1 + size));
          for (let j = 0; j <= i; j++)
            expect(room[offset + (i * (i + 1)) / 2 + j]).toBeCloseTo(reference.lowerTriangularMatrix.get(i, j), 8);
        }
        for (let i = 0; i < offset; i++) expect(room[i]).toBe(7);
      },
    ),
  );
});
