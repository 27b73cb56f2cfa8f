/**
 * Orthonormal bases of a few columns, and eigenpairs within their span. Imports math. Source: Golub and Van Loan, Matrix Computations, 4th
 * edition, sections 5.2.8 and 8.1.4
 */

import { eigenOf } from "../../math/definite.ts";
import { packedSize } from "../../math/linear.ts";

/**
 * Makes the columns of [order x count], row-major, orthonormal in place: modified Gram and Schmidt, twice over.
 *
 * Guarantees: the first of the columns keeps its direction, each entry of R's diagonal is positive, so that equal spans with equal leading
 * columns give equal bases. Edge case: a column in the span of those before it becomes zero.
 */
export function orthonormalize(v: Float64Array, order: number, count: number): void {
  for (let column = 0; column < count; column++) {
    const before = normOf(v, order, count, column);
    for (let time = 0; time < 2; time++) {
      for (let other = 0; other < column; other++) {
        let inner = 0;
        for (let row = 0; row < order; row++) inner += v[row * count + column]! * v[row * count + other]!;
        for (let row = 0; row < order; row++) v[row * count + column] = v[row * count + column]! - inner * v[row * count + other]!;
      }
    }
    const norm = normOf(v, order, count, column);
    const scale = norm > 1e-14 * before ? 1 / norm : 0;
    for (let row = 0; row < order; row++) v[row * count + column] = v[row * count + column]! * scale;
  }
}

function normOf(v: Float64Array, order: number, count: number, column: number): number {
  let total = 0;
  for (let row = 0; row < order; row++) total += v[row * count + column]! ** 2;
  return Math.sqrt(total);
}

/**
 * The eigenpairs of a symmetric matrix within the span of orthonormal columns V, given its product with V: largest first, the entry of largest
 * size of each vector positive. Shape: both [order x count], not modified.
 */
export function ritzPairs(
  v: Float64Array,
  product: Float64Array,
  order: number,
  count: number,
): { readonly basis: Float64Array; readonly meanEigenvalues: Float64Array } {
  const inner = new Float64Array(packedSize(count));
  for (let row = 0; row < order; row++) {
    for (let i = 0, cell = 0; i < count; i++) {
      for (let j = 0; j <= i; j++, cell++) {
        const both = v[row * count + i]! * product[row * count + j]! + v[row * count + j]! * product[row * count + i]!;
        inner[cell] = inner[cell]! + both / 2;
      }
    }
  }
  const { values, vectors } = eigenOf(inner, count);
  const ranked = [...values.keys()].sort((a, b) => values[b]! - values[a]!);
  const basis = new Float64Array(order * count);
  for (const [to, from] of ranked.entries()) {
    let most = 0;
    for (let row = 0; row < order; row++) {
      let total = 0;
      for (let f = 0; f < count; f++) total += v[row * count + f]! * vectors[f * count + from]!;
      basis[row * count + to] = total;
      if (Math.abs(total) > Math.abs(most)) most = total;
    }
    if (most < 0) for (let row = 0; row < order; row++) basis[row * count + to] = -basis[row * count + to]!;
  }
  return { basis, meanEigenvalues: Float64Array.from(ranked, (at) => values[at]!) };
}

/**
 * Item factors to start from: the best ones of rank `rank` for the squared error of all cells, V diag(eigenvalue^1/4), since eigenvalues of
 * R'R are squared singular values, each of which user and item factors share evenly.
 *
 * Shape: basis [items x count] -> [items x rank]. Source: Eckart and Young 1936, https://doi.org/10.1007/BF02288367
 */
export function spectralItemFactors(basis: Float64Array, eigenvalues: Float64Array, items: number, rank: number): Float64Array {
  const count = basis.length / items;
  const out = new Float64Array(items * rank);
  for (let item = 0; item < items; item++) {
    for (let f = 0; f < rank; f++) out[item * rank + f] = basis[item * count + f]! * Math.max(0, eigenvalues[f]!) ** 0.25;
  }
  return out;
}
