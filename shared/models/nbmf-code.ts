/**
 * A person of nonnegative / binary factorization: the code and the bias that fit their ratings to fixed items. May import math, random, registry.
 *
 * The bias is eliminated: for a given code h its best value is (S - a'h) / (n + biasL2), with S the sum of what the ratings are above mean and
 * item bias and a the sum of the rated rows. What is left is a quadratic problem over h alone, G = A'A - a a' / (n + biasL2), whose codes
 * are all looked at up to 16 bits. With noise variance s2 every code counts by exp(-energy / s2): the exact posterior of code and bias.
 */
import { CofactorError } from "../errors.ts";
import { addOuter, addScaled, dot, packedSize } from "../math/linear.ts";
import { type SweepBounds, sweepNonnegative } from "../math/nonnegative.ts";
import { createQuboSpace, enumerableBits, leastCode, searchCode, writeBits, writeEnergies } from "../math/qubo.ts";
import type { UserRatings } from "../math/ratings.ts";

/** What the code depends on. */
export interface CodeProblem {
  readonly rank: number;
  readonly biasL2: number;
  /** s2; 0 takes the best code alone. */
  readonly noiseVariance: number;
  /** "binary", or for comparison "real": every entry anywhere in [0, 1]. */
  readonly code: "binary" | "real";
  readonly globalMean: number;
}

/** What a person without ratings has in place of each bit, and what predictions measure codes from. */
export const unknownBit = 0.5;

/** What is known of a person: of z = (h - 1/2, 1) and the bias b. Secret. */
export interface CodePosterior {
  /** [rank] the mean code; the code itself where s2 is 0. */
  readonly code: Float64Array;
  readonly bias: number;
  /** [order] mean of z. */
  readonly mean: Float64Array;
  /** [packed] mean of z z'. */
  readonly second: Float64Array;
  /** [order] mean of b z. */
  readonly biased: Float64Array;
}

/** Solves for codes, with memory of its own. */
export interface CodeSolver {
  /** @param initial [rank] where a search among more than 16 bits begins; 1/2 counts as 0 */
  solve(itemSide: Float64Array, ratings: UserRatings, initial: Float64Array): CodePosterior;
}

const unit: SweepBounds = { greatest: 1 };

/** How many sweeps a real-valued code takes. */
const realSweeps = 30;

/** @throws CofactorError CONFIG_INVALID for a noise variance above zero with more bits than can be enumerated, or a real-valued code */
export function createCodeSolver(problem: CodeProblem): CodeSolver {
  const { rank, biasL2, noiseVariance, globalMean } = problem;
  const isReal = problem.code === "real";
  if (noiseVariance > 0 && (isReal || rank > enumerableBits)) {
    const message = `"noiseVariance" above 0 expected a binary code of at most ${enumerableBits} bits, got ${problem.code}, rank ${rank}`;
    throw new CofactorError("CONFIG_INVALID", message);
  }
  const order = rank + 1;
  const space = createQuboSpace(rank);
  const energies = new Float64Array(!isReal && rank <= enumerableBits ? 2 ** rank : 0);
  const g = new Float64Array(packedSize(rank));
  const t = new Float64Array(rank);
  const a = new Float64Array(rank);

  /** Writes G, t and a; returns S. */
  function writeProblem(itemSide: Float64Array, { items, values }: UserRatings): number {
    let sum = 0;
    for (const array of [g, t, a]) array.fill(0);
    for (let index = 0; index < items.length; index++) {
      const at = items[index]! * order;
      let rest = values[index]! - globalMean - itemSide[at + rank]!;
      for (let f = 0; f < rank; f++) rest += unknownBit * itemSide[at + f]!;
      sum += rest;
      addOuter(g, 0, 1, itemSide, at, rank);
      addScaled(t, 0, rest, itemSide, at, rank);
      addScaled(a, 0, 1, itemSide, at, rank);
    }
    const shrink = 1 / (items.length + biasL2);
    addOuter(g, 0, -shrink, a, 0, rank);
    addScaled(t, 0, -shrink * sum, a, 0, rank);
    return sum;
  }

  /** The one code that fits best, from `code` where not all are looked at. */
  function writeBest(code: Float64Array): void {
    if (isReal) sweepNonnegative(g, 0, t, 0, code, 0, rank, realSweeps, unit);
    else if (rank > enumerableBits) searchCode(g, t, code, 20 * rank, space);
    else {
      writeEnergies(g, t, energies, space);
      writeBits(leastCode(energies), code);
    }
  }

  /** The mean code, and the mean of h h' into `moment` [packed of rank]. */
  function writePosterior(code: Float64Array, moment: Float64Array): void {
    writeEnergies(g, t, energies, space);
    const least = energies[leastCode(energies)]!;
    let total = 0;
    for (let number = 0; number < energies.length; number++) {
      const weight = Math.exp((least - energies[number]!) / noiseVariance);
      // Too little to change a sum.
      if (!(weight > 1e-17)) continue;
      total += weight;
      for (let i = 0, row = 0; i < rank; row += i + 1, i++) {
        if (((number >>> i) & 1) === 0) continue;
        for (let j = 0; j <= i; j++) if (((number >>> j) & 1) === 1) moment[row + j] = moment[row + j]! + weight;
      }
    }
    for (let cell = 0; cell < moment.length; cell++) moment[cell] = moment[cell]! / total;
    for (let f = 0; f < rank; f++) code[f] = moment[packedSize(f) + f]!;
  }

  return {
    solve(itemSide, ratings, initial) {
      if (ratings.items.length === 0) return unknownPerson(rank);
      const sum = writeProblem(itemSide, ratings);
      const moment = new Float64Array(packedSize(rank));
      const code = initial.map((value) => (isReal ? value : value > unknownBit ? 1 : 0));
      if (noiseVariance > 0) writePosterior(code, moment);
      else {
        writeBest(code);
        addOuter(moment, 0, 1, code, 0, rank);
      }
      return readPosterior(code, moment, a, sum, 1 / (ratings.items.length + biasL2));
    },
  };
}

/** Someone without ratings: nothing to add to any sum. */
export function unknownPerson(rank: number): CodePosterior {
  const zeros = new Float64Array(rank + 1);
  return {
    code: new Float64Array(rank).fill(unknownBit),
    bias: 0,
    mean: zeros,
    second: new Float64Array(packedSize(rank + 1)),
    biased: zeros,
  };
}

/** The moments of z and of b = shrink (sum - a'h) from the mean of h and that of h h'. */
function readPosterior(code: Float64Array, moment: Float64Array, a: Float64Array, sum: number, shrink: number): CodePosterior {
  const rank = code.length;
  const bias = shrink * (sum - dot(a, 0, code, 0, rank));
  const mean = new Float64Array(rank + 1);
  const biased = new Float64Array(rank + 1);
  const second = new Float64Array(packedSize(rank + 1));
  for (let f = 0, cell = 0; f < rank; f++) {
    mean[f] = code[f]! - unknownBit;
    let product = sum * code[f]!;
    for (let i = 0; i < rank; i++) product -= a[i]! * moment[packedSize(Math.max(i, f)) + Math.min(i, f)]!;
    biased[f] = shrink * product - unknownBit * bias;
    for (let i = 0; i <= f; i++, cell++) second[cell] = moment[cell]! - unknownBit * (code[f]! + code[i]! - unknownBit);
  }
  mean[rank] = 1;
  biased[rank] = bias;
  second.set(mean, packedSize(rank));
  return { code, bias, mean, second, biased };
}
