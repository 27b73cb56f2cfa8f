/**
 * SMMF: adaptive moments kept as rank-1 factors of a nearly square matrix, and the signs of the mean as bits: what Adam keeps in two
 * values a parameter takes about 1/32 of a value here. Imports the seam and valibot.
 */
import * as v from "valibot";
import type { OptimizerDefinition } from "./optimizer.ts";

/** Options of SMMF. */
export interface SmmfOptions {
  readonly kind: "smmf";
  readonly learningRate: number;
  /** Decay of the running mean in the first step, in [0, 1). */
  readonly beta1: number;
  /** What beta1 is multiplied by from step to step, in (0, 1]. */
  readonly beta1Growth: number;
  /** The mean square of step t decays by 1 - t^-squareDecay, in [0, 1]. */
  readonly squareDecay: number;
  /** Added to the root of the mean square. */
  readonly stability: number;
}

/** Signs in one value of the state: a whole number below 2^32 is exact. */
const signsPerValue = 32;

/**
 * SMMF. The parameters are read as a matrix of the least number of columns whose square holds them all; the last row may be short.
 *
 * State: row and column factors of the mean's absolute values, of the mean square, then the mean's signs.
 * Each step: unfold both moments, mix in the gradient, move the parameters, fold (row sums, column sums over the total).
 */
export const smmf: OptimizerDefinition<SmmfOptions> = {
  kind: "smmf",
  summary: "Adam's moments folded into rank-1 factors of a square matrix: a fraction of the memory.",
  source: "Park and Lee 2025, algorithms 1 to 4, https://arxiv.org/abs/2412.08894",
  options: v.strictObject({
    kind: v.literal("smmf"),
    learningRate: v.optional(v.pipe(v.number(), v.minValue(0), v.finite()), 0.1),
    beta1: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.999999)), 0.9),
    beta1Growth: v.optional(v.pipe(v.number(), v.minValue(1e-6), v.maxValue(1)), 0.999),
    squareDecay: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.5),
    stability: v.optional(v.pipe(v.number(), v.minValue(1e-16), v.finite()), 1e-8),
  }),
  create: ({ learningRate, beta1, beta1Growth, squareDecay, stability }) => ({
    kind: "smmf",
    stateSize(size) {
      const { rows, columns } = extents(size);
      return 2 * (rows + columns) + Math.ceil(size / signsPerValue);
    },
    step(parameters, gradient, state, step) {
      const size = parameters.length;
      const { rows, columns } = extents(size);
      const length = rows + columns;
      const mean = state.subarray(0, length);
      const square = state.subarray(length, 2 * length);
      const signs = state.subarray(2 * length);
      const nextMean = new Float64Array(length);
      const nextSquare = new Float64Array(length);
      const meanDecay = beta1 * beta1Growth ** (step - 1);
      const decay = 1 - step ** -squareDecay;
      let bits = 0;
      let nextBits = 0;
      for (let i = 0, row = 0, column = 0; i < size; i++) {
        const bit = i % signsPerValue;
        if (bit === 0) bits = signs[i / signsPerValue]!;
        const slope = gradient[i]!;
        const kept = mean[row]! * mean[rows + column]!;
        const moved = meanDecay * (((bits >>> bit) & 1) === 1 ? -kept : kept) + (1 - meanDecay) * slope;
        const squared = decay * square[row]! * square[rows + column]! + (1 - decay) * slope * slope;
        parameters[i] = parameters[i]! - (learningRate * moved) / (Math.sqrt(squared) + stability);
        if (moved < 0) nextBits |= 1 << bit;
        if (bit === signsPerValue - 1 || i === size - 1) {
          signs[(i - bit) / signsPerValue] = nextBits >>> 0;
          nextBits = 0;
        }
        const magnitude = Math.abs(moved);
        nextMean[row] = nextMean[row]! + magnitude;
        nextMean[rows + column] = nextMean[rows + column]! + magnitude;
        nextSquare[row] = nextSquare[row]! + squared;
        nextSquare[rows + column] = nextSquare[rows + column]! + squared;
        if (++column === columns) {
          column = 0;
          row++;
        }
      }
      fold(nextMean, rows, mean);
      fold(nextSquare, rows, square);
    },
  }),
};

/** The nearly square matrix that holds `size` entries. */
function extents(size: number): { readonly rows: number; readonly columns: number } {
  const columns = Math.max(1, Math.ceil(Math.sqrt(size)));
  return { rows: Math.ceil(size / columns), columns };
}

/** Writes row sums as they are and column sums over the total: their outer product has the sums of the matrix. */
function fold(sums: Float64Array, rows: number, out: Float64Array): void {
  let total = 0;
  for (let row = 0; row < rows; row++) total += sums[row]!;
  for (let at = 0; at < sums.length; at++) out[at] = at < rows || total === 0 ? sums[at]! : sums[at]! / total;
}
