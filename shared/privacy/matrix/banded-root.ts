/**
 * Inverse square roots of symmetric positive definite matrices of few bands, in time linear in what is asked for. Imports nothing.
 *
 * Method: T^(-1/2) as a sum of shifted inverses, sum_q weight_q (T + shift_q)^-1, by the trapezoidal rule in elliptic coordinates; every
 * shifted inverse of a banded matrix follows from its factors L D L' by one recursion from the last row upwards.
 *
 * Source: Hale, Higham and Trefethen 2008, https://doi.org/10.1137/070700607, section 4 (method 3); Takahashi, Fagan and Chen 1973 for
 * the recursion
 */

/** A symmetric banded matrix of order n: `diagonals[b][i]` is the entry (i + b, i), so that diagonal b has n - b entries. */
export interface SymmetricBanded {
  readonly diagonals: readonly Float64Array[];
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

/** The diagonal of T^(-1/2): O(n bands^2) per node. */
export function inverseRootDiagonal(matrix: SymmetricBanded, { shifts, weights }: Quadrature): Float64Array {
  const out = new Float64Array(matrix.diagonals[0]!.length);
  for (const [q, shift] of shifts.entries()) {
    const found = inverseDiagonal(matrix, shift);
    for (let i = 0; i < out.length; i++) out[i] = out[i]! + weights[q]! * found[i]!;
  }
  return out;
}

/** The diagonal of (T + shift)^-1. */
export function inverseDiagonal(matrix: SymmetricBanded, shift: number): Float64Array {
  const { pivots, lower } = factor(matrix, shift);
  const n = pivots.length;
  const w = lower.length - 1;
  // near[b][i] is the entry (i + b, i) of the inverse.
  const near = lower.map(() => new Float64Array(n));
  for (let i = n - 1; i >= 0; i--) {
    const reach = Math.min(w, n - 1 - i);
    let own = 1 / pivots[i]!;
    for (let a = 1; a <= reach; a++) {
      let entry = 0;
      for (let b = 1; b <= reach; b++) entry -= lower[b]![i]! * near[Math.abs(a - b)]![i + Math.min(a, b)]!;
      near[a]![i] = entry;
      own -= lower[a]![i]! * entry;
    }
    near[0]![i] = own;
  }
  return near[0]!;
}

/** All of T^(-1/2), row-major [n x n]: O(n^2 bands) per node. */
export function inverseRoot(matrix: SymmetricBanded, { shifts, weights }: Quadrature): Float64Array {
  const n = matrix.diagonals[0]!.length;
  const out = new Float64Array(n * n);
  const inverse = new Float64Array(n * n);
  for (const [q, shift] of shifts.entries()) {
    const { pivots, lower } = factor(matrix, shift);
    for (let i = n - 1; i >= 0; i--) {
      const reach = Math.min(lower.length - 1, n - 1 - i);
      const row = i * n;
      for (let j = i + 1; j < n; j++) {
        let entry = 0;
        for (let b = 1; b <= reach; b++) entry -= lower[b]![i]! * inverse[row + b * n + j]!;
        inverse[row + j] = entry;
      }
      let own = 1 / pivots[i]!;
      for (let a = 1; a <= reach; a++) {
        own -= lower[a]![i]! * inverse[row + i + a]!;
        // What rows above look up left of the diagonal.
        inverse[row + a * n + i] = inverse[row + i + a]!;
      }
      inverse[row + i] = own;
      for (let j = i; j < n; j++) out[row + j] = out[row + j]! + weights[q]! * inverse[row + j]!;
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) out[i * n + j] = out[j * n + i]!;
  return out;
}

interface Factors {
  readonly pivots: Float64Array;
  /** lower[b][i] is the entry (i + b, i) of the unit factor; lower[0] is not used. */
  readonly lower: readonly Float64Array[];
}

/** T + shift = L D L'. */
function factor({ diagonals }: SymmetricBanded, shift: number): Factors {
  const n = diagonals[0]!.length;
  const w = diagonals.length - 1;
  const pivots = new Float64Array(n);
  const lower = diagonals.map(() => new Float64Array(n));
  for (let j = 0; j < n; j++) {
    let pivot = diagonals[0]![j]! + shift;
    for (let b = 1; b <= Math.min(w, j); b++) pivot -= lower[b]![j - b]! ** 2 * pivots[j - b]!;
    pivots[j] = pivot;
    for (let a = 1; a <= w && j + a < n; a++) {
      let entry = diagonals[a]![j]!;
      for (let b = 1; b <= Math.min(w - a, j); b++) entry -= lower[a + b]![j - b]! * lower[b]![j - b]! * pivots[j - b]!;
      lower[a]![j] = entry / pivot;
    }
  }
  return { pivots, lower };
}
