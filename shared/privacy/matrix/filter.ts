/**
 * Streaming forms of lower-triangular noise rows: given one fresh vector a round, the correlated vector, with few vectors of memory.
 * Imports nothing.
 *
 * A filter is frozen data and pure arithmetic on the memory it is handed; noise.ts owns memory, rounds and secrets.
 */

/** One step's surroundings. Rows count from 0. */
export interface FilterStep {
  readonly row: number;
  /** Values per vector. */
  readonly dimension: number;
  /** [slots x dimension], zeros before row 0; changed in place. */
  readonly memory: Float64Array;
  /** The fresh vector of an earlier row, when the source can draw it again; then `memory` is empty for a filter of kind "inputs". */
  readonly redraw?: (row: number) => Float64Array;
}

/** Turns fresh vectors into correlated ones, row by row. */
export interface NoiseFilter {
  /** What the memory holds: earlier fresh vectors, earlier results, or running sums. */
  readonly remembers: "inputs" | "outputs" | "sums";
  /** Vectors of memory. */
  readonly slots: number;
  /** Replaces the fresh vector of this row by the row of correlated noise, in place, and moves the memory on. */
  step(fresh: Float64Array, surroundings: FilterStep): void;
}

/** Independent noise: no memory. */
export const independentFilter: NoiseFilter = Object.freeze({ remembers: "sums", slots: 0, step: () => {} });

/**
 * A weighted sum of the last `reach + 1` fresh vectors.
 *
 * @param weight the weight in row `row` of the fresh vector `back` rows earlier
 */
export function inputsFilter(reach: number, weight: (row: number, back: number) => number): NoiseFilter {
  return Object.freeze({
    remembers: "inputs",
    slots: reach,
    step(fresh: Float64Array, { row, dimension, memory, redraw }: FilterStep) {
      const out = scaled(fresh, weight(row, 0));
      for (let back = 1; back <= Math.min(reach, row); back++) {
        const factor = weight(row, back);
        if (factor === 0) continue;
        const past = redraw?.(row - back) ?? slot(memory, (row - back) % reach, dimension);
        accumulate(out, factor, past);
      }
      if (redraw === undefined && reach > 0) slot(memory, row % reach, dimension).set(fresh);
      fresh.set(out);
    },
  });
}

/**
 * Solves C w = z for a banded C, row by row, from the last `reach` results.
 *
 * @param entry the entry of C in row `row`, `back` columns left of the diagonal
 */
export function outputsFilter(reach: number, entry: (row: number, back: number) => number): NoiseFilter {
  return Object.freeze({
    remembers: "outputs",
    slots: reach,
    step(fresh: Float64Array, { row, dimension, memory }: FilterStep) {
      for (let back = 1; back <= Math.min(reach, row); back++) {
        const factor = entry(row, back);
        if (factor !== 0) accumulate(fresh, -factor, slot(memory, (row - back) % reach, dimension));
      }
      const pivot = entry(row, 0);
      for (let i = 0; i < dimension; i++) fresh[i] = fresh[i]! / pivot;
      if (reach > 0) slot(memory, row % reach, dimension).set(fresh);
    },
  });
}

/**
 * Solves C w = z for the buffered C whose coefficients are 1 and then sum_m weights_m decays_m^(i - 1).
 *
 * Source: Dvijotham et al. 2024, https://arxiv.org/abs/2404.16706, algorithm 1
 */
export function bufferedFilter(decays: Float64Array, weights: Float64Array): NoiseFilter {
  return Object.freeze({
    remembers: "sums",
    slots: decays.length,
    step(fresh: Float64Array, { dimension, memory }: FilterStep) {
      for (let m = 0; m < decays.length; m++) accumulate(fresh, -weights[m]!, slot(memory, m, dimension));
      for (let m = 0; m < decays.length; m++) {
        const decay = decays[m]!;
        for (let i = 0, at = m * dimension; i < dimension; i++, at++) memory[at] = decay * memory[at]! + fresh[i]!;
      }
    },
  });
}

/**
 * Differences of prefix sums whose noise is a sum of tree nodes, one per one in the binary form of the round: each round closes
 * one node, which stands for the smaller nodes before it.
 *
 * @param levels nodes that are open at a time
 */
export function treeFilter(levels: number): NoiseFilter {
  return Object.freeze({
    remembers: "sums",
    slots: levels,
    step(fresh: Float64Array, { row, dimension, memory }: FilterStep) {
      let level = 0;
      const node = fresh.slice();
      for (let rest = row + 1; rest % 2 === 0; rest /= 2, level++) accumulate(fresh, -1, slot(memory, level, dimension));
      slot(memory, level, dimension).set(node);
    },
  });
}

function slot(memory: Float64Array, index: number, dimension: number): Float64Array {
  return memory.subarray(index * dimension, (index + 1) * dimension);
}

function scaled(values: Float64Array, factor: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = factor * values[i]!;
  return out;
}

function accumulate(target: Float64Array, factor: number, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + factor * source[i]!;
}
