/**
 * Products of two tables over the same people, from a few rows of each: silos that share people's names but not their rows each keep the rows that
 * a hash of the name and the row's length choose, the same hash for both, so that what one keeps the other is likely to keep too. Imports check.ts,
 * ratings.
 *
 * Row i of A has the rank h(i) / |A_i|^2, h(i) uniform on (0, 1). Kept are the t rows of least rank; tau_A is the next rank. The estimate of A'B is
 * the sum over rows kept by both of A_i' B_i / min(1, |A_i|^2 tau_A, |B_i|^2 tau_B).
 *
 * Guarantees: the mean over hashes is A'B; the mean of |estimate - A'B|^2 (Frobenius) is at most 2 / (t - 1) |A|^2 |B|^2, t the smaller of both
 * sketches; a sketch of everything gives A'B itself. Its size is that of t rows, however many columns there are.
 * Privacy: a sketch is people's rows as they are, of those with long rows above all. It is not differentially private by itself, and not anonymous:
 * whoever gets it gets those rows. It saves traffic between silos that may show them to each other, or inside what protects them.
 * Source: matrix product sketching by coordinated sampling, Daliri, Freire, Li and Musco 2025, https://arxiv.org/abs/2501.17836; priority sampling
 * of vectors: Daliri et al. 2023, https://arxiv.org/abs/2309.16157
 */
import { integer } from "../check.ts";
import { type RatingMatrix, ratingsOf } from "./ratings.ts";

/** Rows that were kept of a table. */
export interface RowSketch {
  /** Columns of the table. */
  readonly columns: number;
  /** The kept rows, by number in the table; a row that was not kept is empty. */
  readonly rows: RatingMatrix;
  /** [kept] numbers of the kept rows, ascending. */
  readonly kept: Int32Array;
  /** The rank of the first row that was not kept; infinite when all were. */
  readonly tau: number;
}

/**
 * Keeps `count` rows of a table.
 * @param table row u holds what the silo knows of person u; empty rows are never kept
 * @param hash uniform in [0, 1) for each person, the same in all silos; who can choose names by it can choose what is kept
 */
export function sketchRows(table: RatingMatrix, count: number, hash: (person: number) => number): RowSketch {
  integer(count, 2, Number.MAX_SAFE_INTEGER, "count");
  const ranks = new Float64Array(table.users);
  for (let person = 0; person < table.users; person++) {
    const length = squaredLength(ratingsOf(table, person).values);
    // Zero is a hash too: ranks of zero would all be equal.
    ranks[person] = length === 0 ? Number.POSITIVE_INFINITY : Math.max(hash(person), Number.MIN_VALUE) / length;
  }
  const order = Int32Array.from(ranks.keys()).sort((a, b) => (ranks[a]! < ranks[b]! ? -1 : ranks[a]! > ranks[b]! ? 1 : a - b));
  const tau = count < order.length ? ranks[order[count]!]! : Number.POSITIVE_INFINITY;
  const kept = order
    .slice(0, count)
    .filter((person) => Number.isFinite(ranks[person]!))
    .sort();
  return { columns: table.items, rows: keepRows(table, kept), kept, tau };
}

/** The estimate of A'B: [columns of A x columns of B], row-major. */
export function multiplySketches(a: RowSketch, b: RowSketch): Float64Array {
  const out = new Float64Array(a.columns * b.columns);
  for (const person of a.kept) {
    const left = ratingsOf(a.rows, person);
    const right = ratingsOf(b.rows, person);
    if (right.items.length === 0) continue;
    const chance = Math.min(1, squaredLength(left.values) * a.tau, squaredLength(right.values) * b.tau);
    for (let i = 0; i < left.items.length; i++) {
      const row = left.items[i]! * b.columns;
      const factor = left.values[i]! / chance;
      for (let j = 0; j < right.items.length; j++) out[row + right.items[j]!] = out[row + right.items[j]!]! + factor * right.values[j]!;
    }
  }
  return out;
}

/** A table of which only some rows are left. @param kept ascending */
function keepRows(table: RatingMatrix, kept: Int32Array): RatingMatrix {
  const parts = Array.from(kept, (person) => ratingsOf(table, person));
  const total = parts.reduce((sum, { items }) => sum + items.length, 0);
  const rowStart = new Int32Array(table.users + 1);
  const itemIndex = new Int32Array(total);
  const values = new Float64Array(total);
  for (const [at, person] of kept.entries()) rowStart[person + 1] = parts[at]!.items.length;
  for (let person = 0; person < table.users; person++) rowStart[person + 1]! += rowStart[person]!;
  for (const [at, person] of kept.entries()) {
    itemIndex.set(parts[at]!.items, rowStart[person]!);
    values.set(parts[at]!.values, rowStart[person]!);
  }
  return { users: table.users, items: table.items, rowStart, itemIndex, values };
}

function squaredLength(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}
