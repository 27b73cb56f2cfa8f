/**
 * Small dense linear algebra on flat row-major arrays: the inner loops of every model. Imports nothing.
 *
 * Symmetric matrices of order k are packed by rows of the lower triangle: entry (i, j), j <= i, is at i (i + 1) / 2 + j.
 * Nothing here allocates, but for what returns a new array.
 */

/** Entries of a packed symmetric matrix of order `order`. */
export function packedSize(order: number): number {
  return (order * (order + 1)) / 2;
}

/** Inner product of `length` entries of two arrays from the given offsets. */
export function dot(a: Float64Array, aAt: number, b: Float64Array, bAt: number, length: number): number {
  let total = 0;
  for (let i = 0; i < length; i++) total += a[aAt + i]! * b[bAt + i]!;
  return total;
}

/**
 * out = X w for the [rows x order] matrix `x`: the inner product of every row with the vector [order].
 *
 * Four rows at a time, each summed in its own order: one row's additions wait for each other, four rows' do not. The values are those
 * of `dot`, bit for bit.
 */
export function multiplyRows(x: Float64Array, rows: number, order: number, vector: Float64Array, out: Float64Array): void {
  const even = rows - (rows % 4);
  let a = 0;
  for (let row = 0; row < even; row += 4, a += 4 * order) {
    const b = a + order;
    const c = b + order;
    const d = c + order;
    let ofA = 0;
    let ofB = 0;
    let ofC = 0;
    let ofD = 0;
    for (let f = 0; f < order; f++) {
      const factor = vector[f]!;
      ofA += factor * x[a + f]!;
      ofB += factor * x[b + f]!;
      ofC += factor * x[c + f]!;
      ofD += factor * x[d + f]!;
    }
    out[row] = ofA;
    out[row + 1] = ofB;
    out[row + 2] = ofC;
    out[row + 3] = ofD;
  }
  for (let row = even; row < rows; row++, a += order) out[row] = dot(vector, 0, x, a, order);
}

/** target += scale * source, over `length` entries from the given offsets. */
export function addScaled(
  target: Float64Array,
  targetAt: number,
  scale: number,
  source: Float64Array,
  sourceAt: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) target[targetAt + i] = target[targetAt + i]! + scale * source[sourceAt + i]!;
}

/**
 * target += source, entry by entry; `source` is at least as long as `target`. The inner loop of a sum over a cohort.
 *
 * Four entries a turn, each on its own. Alone, on one kind of array, a plain loop is as fast; inside rounds, which sum arrays of several
 * kinds of memory, this one takes a third of its time (`cofactor bench rounds`).
 */
export function addInto(target: Float64Array, source: Float64Array): void {
  const { length } = target;
  const even = length - (length % 4);
  for (let i = 0; i < even; i += 4) {
    target[i] = target[i]! + source[i]!;
    target[i + 1] = target[i + 1]! + source[i + 1]!;
    target[i + 2] = target[i + 2]! + source[i + 2]!;
    target[i + 3] = target[i + 3]! + source[i + 3]!;
  }
  for (let i = even; i < length; i++) target[i] = target[i]! + source[i]!;
}

/** target += scale * x x', packed, for the vector x of `order` entries at `at`. */
export function addOuter(target: Float64Array, targetAt: number, scale: number, x: Float64Array, at: number, order: number): void {
  let cell = targetAt;
  for (let i = 0; i < order; i++) {
    const factor = scale * x[at + i]!;
    for (let j = 0; j <= i; j++) {
      target[cell] = target[cell]! + factor * x[at + j]!;
      cell += 1;
    }
  }
}

/** scale * X'X, packed, for the [rows x order] matrix `x`. */
export function gram(x: Float64Array, rows: number, order: number, scale: number): Float64Array {
  const out = new Float64Array(packedSize(order));
  for (let row = 0; row < rows; row++) addOuter(out, 0, scale, x, row * order, order);
  return out;
}

/** out = A x for the packed symmetric matrix at `at`: [order]. */
export function multiplyPacked(a: Float64Array, at: number, x: Float64Array, out: Float64Array, order: number): void {
  out.fill(0, 0, order);
  for (let i = 0, cell = at; i < order; i++) {
    const own = x[i]!;
    let total = 0;
    for (let j = 0; j < i; j++, cell++) {
      total += a[cell]! * x[j]!;
      out[j] = out[j]! + a[cell]! * own;
    }
    out[i] = out[i]! + total + a[cell]! * own;
    cell++;
  }
}

/** Adds `value` to the diagonal of a packed matrix. */
export function addDiagonal(matrix: Float64Array, at: number, order: number, value: number): void {
  for (let i = 0, cell = at; i < order; i++, cell += i + 1) matrix[cell] = matrix[cell]! + value;
}

/**
 * Solves A x = b for a packed symmetric positive definite A by Cholesky's decomposition, in place: afterwards `a` holds the
 * lower factor and `b` the solution.
 *
 * Guarantees: false when A is not positive definite to working precision, or not finite; then `b` is as it was and `a` is spoiled.
 * A sum of noisy statistics can be such an A: the caller decides what stands in for the solution.
 *
 * Source: Golub and Van Loan, Matrix Computations, 4th edition, section 4.2
 */
export function solveInPlace(a: Float64Array, aAt: number, b: Float64Array, bAt: number, order: number): boolean {
  for (let i = 0, row = aAt; i < order; row += i + 1, i++) {
    // A pivot that is all rounding error would make the solution all rounding error.
    const least = a[row + i]! * order * Number.EPSILON;
    for (let j = 0, column = aAt; j <= i; column += j + 1, j++) {
      let rest = a[row + j]!;
      for (let m = 0; m < j; m++) rest -= a[row + m]! * a[column + m]!;
      if (i !== j) a[row + j] = rest / a[column + j]!;
      else if (rest > least && rest < Number.POSITIVE_INFINITY) a[row + i] = Math.sqrt(rest);
      else return false;
    }
  }
  solveLower(a, aAt, b, bAt, order);
  solveUpper(a, aAt, b, bAt, order);
  return true;
}

/** b = L^-1 b for the packed lower triangle L at `aAt`, such as `solveInPlace` leaves. */
export function solveLower(a: Float64Array, aAt: number, b: Float64Array, bAt: number, order: number): void {
  for (let i = 0, row = aAt; i < order; row += i + 1, i++) {
    let rest = b[bAt + i]!;
    for (let m = 0; m < i; m++) rest -= a[row + m]! * b[bAt + m]!;
    b[bAt + i] = rest / a[row + i]!;
  }
}

/** b = L'^-1 b, as `solveLower`. */
export function solveUpper(a: Float64Array, aAt: number, b: Float64Array, bAt: number, order: number): void {
  for (let i = order - 1; i >= 0; i--) {
    let rest = b[bAt + i]!;
    for (let m = i + 1; m < order; m++) rest -= a[aAt + packedSize(m) + i]! * b[bAt + m]!;
    b[bAt + i] = rest / a[aAt + packedSize(i) + i]!;
  }
}
