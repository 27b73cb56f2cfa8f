/**
 * FED-PUB's mix of models: how alike each group's recommendations are to a person's own choices, and the table that follows. Imports math,
 * implicit-leave-out.ts, implicit-solve.ts.
 *
 * alpha = softmax(tau cos(h, h_g)), theta = sum_g alpha_g T_g. The paper's server compares clients by the outputs of their models on a public
 * probe. Here the probe is the catalogue, which all know from the terms: h are the person's own choices over it, h_g the scores that group g
 * gives this person, each chosen item scored as if it had been left out. Both are made on the device, and so is the comparison.
 */
import { dot, gram, multiplyPacked, packedSize } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import { createLeaveOutSolve, scoreLeftOut, solveAll } from "./implicit-leave-out.ts";
import type { ImplicitProblem, ImplicitShared } from "./implicit-solve.ts";

/** The groups' tables, opened. */
export interface Groups {
  /** [items x (groups x rank)]: an item's row in the first group's table, in the second's, ... */
  readonly rows: Float64Array;
  /** The rows' Gram matrix, packed: what every mix's Gram matrix is made of. */
  readonly gram: Float64Array;
  /** Each group's table by itself; none where there is one group only. */
  readonly tables: readonly ImplicitShared[];
  /** How many rows hold an item. */
  readonly held: number;
}

/** Opens published rows. Cost: items x (groups x rank)^2 / 2. */
export function openGroups(
  { items, rank, unratedWeight }: ImplicitProblem,
  groups: number,
  rows: Float64Array,
  held: number = items,
): Groups {
  const width = groups * rank;
  const tables = Array.from({ length: groups === 1 ? 0 : groups }, (_, group) => {
    const itemFactors = new Float64Array(items * rank);
    for (let item = 0, at = group * rank; item < items; item++, at += width) itemFactors.set(rows.subarray(at, at + rank), item * rank);
    return { itemFactors, weightedGram: gram(itemFactors, items, rank, unratedWeight), held };
  });
  return { rows, gram: gram(rows, items, width, 1), tables, held };
}

/** Mixes tables for one person after another. */
export interface Mixer {
  /** Writes how much each group weighs into `weights` [groups]; all alike where nothing is known. */
  weigh(groups: Groups, ratings: UserRatings, weights: Float64Array): void;
  /** The mix; views of memory that the next call overwrites. */
  mix(groups: Groups, weights: Float64Array): ImplicitShared;
}

/** A mixer for so many groups. It keeps scratch memory and no state. @param sharpness tau */
export function createMixer(problem: ImplicitProblem, groups: number, sharpness: number): Mixer {
  const { items, rank, unratedWeight } = problem;
  const solve = createLeaveOutSolve(rank);
  const image = new Float64Array(rank);
  const itemFactors = new Float64Array(items * rank);
  const weightedGram = new Float64Array(packedSize(rank));

  /** cos(h, h_g) for one group. */
  const likeness = ({ itemFactors: table, weightedGram: own }: ImplicitShared, rated: Int32Array): number => {
    let inner = 0;
    let change = 0;
    for (let index = 0; index < rated.length; index++) {
      const at = rated[index]! * rank;
      const score = dot(solve.own, 0, table, at, rank);
      const leftOut = scoreLeftOut(solve, table, at);
      inner += leftOut;
      change += leftOut * leftOut - score * score;
    }
    multiplyPacked(own, 0, solve.own, image, rank);
    // Without a weight of unrated items their scores are not known from the Gram matrix: the chosen ones stand for all.
    const all = unratedWeight > 0 ? dot(solve.own, 0, image, 0, rank) / unratedWeight : 0;
    const squared = (all + change) * rated.length;
    return squared > 0 ? inner / Math.sqrt(squared) : 0;
  };

  return {
    weigh({ tables }, ratings, weights) {
      let greatest = Number.NEGATIVE_INFINITY;
      for (let group = 0; group < groups; group++) {
        const isKnown = groups > 1 && solveAll(solve, problem, tables[group]!, ratings);
        weights[group] = isKnown ? sharpness * likeness(tables[group]!, ratings.items) : 0;
        greatest = Math.max(greatest, weights[group]!);
      }
      let total = 0;
      for (let group = 0; group < groups; group++) {
        weights[group] = Math.exp(weights[group]! - greatest);
        total += weights[group]!;
      }
      for (let group = 0; group < groups; group++) weights[group] = weights[group]! / total;
    },
    mix({ rows, gram: whole, held }, weights) {
      for (let item = 0, at = 0, from = 0; item < items; item++, at += rank) {
        for (let f = 0; f < rank; f++) itemFactors[at + f] = weights[0]! * rows[from + f]!;
        from += rank;
        for (let group = 1; group < groups; group++, from += rank) {
          for (let f = 0; f < rank; f++) itemFactors[at + f] = itemFactors[at + f]! + weights[group]! * rows[from + f]!;
        }
      }
      weightedGram.fill(0);
      for (let left = 0; left < groups; left++) {
        for (let right = 0; right < groups; right++) {
          const weight = unratedWeight * weights[left]! * weights[right]!;
          for (let i = 0, to = 0; i < rank; i++) {
            const row = left * rank + i;
            for (let j = 0; j <= i; j++, to++) {
              const column = right * rank + j;
              const cell = row >= column ? packedSize(row) + column : packedSize(column) + row;
              weightedGram[to] = weightedGram[to]! + weight * whole[cell]!;
            }
          }
        }
      }
      return { itemFactors, weightedGram, held };
    },
  };
}
