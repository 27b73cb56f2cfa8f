/**
 * Small symmetric matrices that noise may have spoiled: the nearest one without eigenvalues below a floor, and inverses. Packed as in
 * linear.ts, which it imports. Source: Golub and Van Loan, Matrix Computations, 4th edition, section 8.5 (Jacobi's method);
 * Higham 1988, https://doi.org/10.1016/0024-3795(88)90223-6 (nearest semidefinite matrix)
 */
import { packedSize, solveInPlace } from "./linear.ts";

/**
 * The matrix nearest to `packed` in Frobenius norm whose eigenvalues are at least `floor`: eigenvalues below are lifted to it.
 *
 * Shape: packed [order (order + 1) / 2], not modified. Edge cases: a matrix that is fine already comes back as a copy up to rounding.
 * Cost: some sweeps of order^3; meant for orders up to a hundred.
 *
 * @throws RangeError when an entry is not finite
 */
export function nearestDefinite(packed: Float64Array, order: number, floor: number): Float64Array {
  if (!packed.every(Number.isFinite)) throw new RangeError('"packed" expected finite entries');
  const { values, vectors } = eigenOf(packed, order);
  const out = new Float64Array(packedSize(order));
  for (let k = 0; k < order; k++) {
    const value = Math.max(floor, values[k]!);
    for (let i = 0, cell = 0; i < order; i++) {
      const scaled = value * vectors[i * order + k]!;
      for (let j = 0; j <= i; j++, cell++) out[cell] = out[cell]! + scaled * vectors[j * order + k]!;
    }
  }
  return out;
}

/** Eigenvalues, in no order, and eigenvectors as the columns of `vectors` [order x order], by cyclic Jacobi rotations. */
export function eigenOf(packed: Float64Array, order: number): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const a = new Float64Array(order * order);
  const vectors = new Float64Array(order * order);
  for (let i = 0, cell = 0; i < order; i++) {
    vectors[i * order + i] = 1;
    for (let j = 0; j <= i; j++, cell++) a[i * order + j] = a[j * order + i] = packed[cell]!;
  }
  const total = Math.sqrt(a.reduce((sum, entry) => sum + entry * entry, 0));
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let i = 0; i < order; i++) for (let j = 0; j < i; j++) off += a[i * order + j]! ** 2;
    if (Math.sqrt(off) <= 1e-14 * total) break;
    for (let p = 0; p < order; p++) for (let q = p + 1; q < order; q++) rotate(a, vectors, order, p, q);
  }
  return { values: Float64Array.from({ length: order }, (_, i) => a[i * order + i]!), vectors };
}

/** Makes entry (p, q) of `a` zero by a rotation of the plane of p and q, and turns `vectors` with it. */
function rotate(a: Float64Array, vectors: Float64Array, order: number, p: number, q: number): void {
  const apart = a[p * order + q]!;
  if (apart === 0) return;
  const ratio = (a[q * order + q]! - a[p * order + p]!) / (2 * apart);
  const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.sqrt(1 + ratio * ratio));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = tangent * cosine;
  const turn = (matrix: Float64Array, first: number, second: number): void => {
    const x = matrix[first]!;
    const y = matrix[second]!;
    matrix[first] = cosine * x - sine * y;
    matrix[second] = sine * x + cosine * y;
  };
  for (let i = 0; i < order; i++) turn(a, i * order + p, i * order + q);
  for (let i = 0; i < order; i++) turn(a, p * order + i, q * order + i);
  for (let i = 0; i < order; i++) turn(vectors, i * order + p, i * order + q);
}

/** The packed inverse of a packed positive definite matrix, which is not modified; undefined when it is none to working precision. */
export function invertPacked(packed: Float64Array, order: number): Float64Array | undefined {
  const out = new Float64Array(packedSize(order));
  const factor = new Float64Array(packed.length);
  const column = new Float64Array(order);
  for (let i = 0, cell = 0; i < order; i++) {
    factor.set(packed);
    column.fill(0);
    column[i] = 1;
    if (!solveInPlace(factor, 0, column, 0, order)) return undefined;
    for (let j = 0; j <= i; j++, cell++) out[cell] = column[j]!;
  }
  return out;
}
