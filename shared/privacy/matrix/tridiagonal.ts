/**
 * Inverse square roots of symmetric positive definite tridiagonal matrices, in time linear in what is asked for. Imports nothing.
 *
 * Method: T^(-1/2) as a sum of shifted inverses, sum_q weight_q (T + shift_q)^-1, by the trapezoidal rule in elliptic coordinates; every
 * shifted inverse of a tridiagonal matrix follows from two recursions of pivots.
 *
 * Source: Hale, Higham and Trefethen 2008, https://doi.org/10.1137/070700607, section 4 (method 3)
 */

/** A symmetric tridiagonal matrix: the diagonal [n] and what stands beside it [n - 1]. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly beside: Float64Array;
}

/** Nodes of the sum that stands for the inverse square root. */
export interface Quadrature {
  readonly shifts: Float64Array;
  readonly weights: Float64Array;
}

/**
 * Nodes that give T^(-1/2) to about 14 digits for every T whose eigenvalues lie in [low, high].
 *
 * Letters: kk, the modulus squared low / high; sn, cn, dn, Jacobi's functions of the complementary modulus.
 */
export function inverseRootNodes(low: number, high: number): Quadrature {
  const kk = low / high;
  const count = Math.ceil(((Math.log(1 / kk) + 6) * 36) / (2 * Math.PI ** 2));
  // The arithmetic-geometric mean gives the quarter period and, backwards, the amplitude (Abramowitz and Stegun 16.4).
  const a = [1];
  const c = [Math.sqrt(1 - kk)];
  let b = Math.sqrt(kk);
  while (Math.abs(c.at(-1)!) > 1e-16 && a.length < 40) {
    const last = a.at(-1)!;
    a.push((last + b) / 2);
    c.push((last - b) / 2);
    b = Math.sqrt(last * b);
  }
  const period = Math.PI / (2 * a.at(-1)!);
  const shifts = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let q = 0; q < count; q++) {
    const at = ((q + 0.5) * period) / count;
    let amplitude = 2 ** (a.length - 1) * a.at(-1)! * at;
    for (let i = a.length - 1; i > 0; i--) amplitude = (amplitude + Math.asin((c[i]! / a[i]!) * Math.sin(amplitude))) / 2;
    const sn = Math.sin(amplitude);
    const cn = Math.cos(amplitude);
    const dn = Math.sqrt(cn * cn + kk * sn * sn);
    shifts[q] = low * (sn / cn) ** 2;
    weights[q] = ((2 * period * Math.sqrt(low)) / (Math.PI * count)) * (dn / (cn * cn));
  }
  return { shifts, weights };
}

/** The diagonal of T^(-1/2): O(n) per node. */
export function inverseRootDiagonal(matrix: Tridiagonal, { shifts, weights }: Quadrature): Float64Array {
  const n = matrix.diagonal.length;
  const out = new Float64Array(n);
  for (const [q, shift] of shifts.entries()) {
    const { forward, backward } = pivots(matrix, shift);
    for (let i = 0; i < n; i++) out[i] = out[i]! + weights[q]! / (forward[i]! + backward[i]! - matrix.diagonal[i]! - shift);
  }
  return out;
}

/** All of T^(-1/2), row-major [n x n]: O(n^2) per node. */
export function inverseRoot(matrix: Tridiagonal, { shifts, weights }: Quadrature): Float64Array {
  const { diagonal, beside } = matrix;
  const n = diagonal.length;
  const out = new Float64Array(n * n);
  const ratios = new Float64Array(n);
  for (const [q, shift] of shifts.entries()) {
    const { forward, backward } = pivots(matrix, shift);
    for (let i = 1; i < n; i++) ratios[i] = -beside[i - 1]! / backward[i]!;
    for (let i = 0; i < n; i++) {
      let entry = weights[q]! / (forward[i]! + backward[i]! - diagonal[i]! - shift);
      for (let j = i, at = i * n + i; ; at++) {
        out[at] = out[at]! + entry;
        j += 1;
        if (j === n) break;
        entry *= ratios[j]!;
      }
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) out[i * n + j] = out[j * n + i]!;
  return out;
}

/** The pivots of the eliminations of T + shift from the top and from the bottom. */
function pivots({ diagonal, beside }: Tridiagonal, shift: number): { readonly forward: Float64Array; readonly backward: Float64Array } {
  const n = diagonal.length;
  const forward = new Float64Array(n);
  const backward = new Float64Array(n);
  for (let i = 0; i < n; i++) forward[i] = diagonal[i]! + shift - (i === 0 ? 0 : beside[i - 1]! ** 2 / forward[i - 1]!);
  for (let i = n - 1; i >= 0; i--) backward[i] = diagonal[i]! + shift - (i === n - 1 ? 0 : beside[i]! ** 2 / backward[i + 1]!);
  return { forward, backward };
}
