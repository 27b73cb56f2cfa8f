/** Brute force over participation patterns and dense products, for tests of the matrix mechanism. Imports the parts under test (types). */
import type { Factorization } from "../../shared/privacy/matrix/factorization.ts";
import { admissibleSets, type Participation } from "../../shared/privacy/matrix/participation.ts";

/** C or its noise as a dense row-major matrix. */
export function denseRows(factorization: Factorization, which: "strategyRow" | "noiseRow"): Float64Array {
  const { rounds } = factorization;
  const out = new Float64Array(rounds * rounds);
  for (let row = 0; row < rounds; row++) out.set(factorization[which](row), row * rounds);
  return out;
}

/** The product of two row-major matrices of order n. */
export function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let m = 0; m < n; m++) for (let j = 0; j < n; j++) out[i * n + j] = out[i * n + j]! + a[i * n + m]! * b[m * n + j]!;
  }
  return out;
}

/** What trying every admissible set finds: the largest that signs of scalar contributions reach, and the largest sum of |X|. */
export interface BruteForce {
  readonly reached: number;
  readonly bound: number;
}

/** Tries every admissible set of rounds, and in each every choice of signs. */
export function bruteForce(strategy: Float64Array, rounds: number, participation: Participation): BruteForce {
  let reached = 0;
  let bound = 0;
  const gram = new Float64Array(rounds * rounds);
  for (let i = 0; i < rounds; i++) {
    for (let j = 0; j < rounds; j++)
      for (let m = 0; m < rounds; m++) gram[i * rounds + j]! += strategy[m * rounds + i]! * strategy[m * rounds + j]!;
  }
  for (const set of admissibleSets(participation, rounds)) {
    const absolute = set.reduce((total, i) => total + set.reduce((sum, j) => sum + Math.abs(gram[i * rounds + j]!), 0), 0);
    bound = Math.max(bound, absolute);
    for (let signs = 0; signs < 2 ** (set.length - 1); signs++) {
      const sign = (at: number): number => ((signs >> at) & 1 ? -1 : 1);
      let total = 0;
      for (const [a, i] of set.entries()) for (const [b, j] of set.entries()) total += sign(a) * sign(b) * gram[i * rounds + j]!;
      reached = Math.max(reached, total);
    }
  }
  return { reached: Math.sqrt(reached), bound: Math.sqrt(bound) };
}
