/**
 * One person's share of the slope of the implicit objective (fcf.ts) along the item factors. Imports math, implicit-solve.ts.
 *
 * The sum over a cohort is the exact gradient at everyone's best factors: a device adds its own share of the item penalty, so that no item
 * counts are needed.
 */
import { dot } from "../math/linear.ts";
import type { ImplicitProblem } from "./implicit-solve.ts";

/** Where the columns of a person's table lie in the rows of a contribution. */
export interface GradientColumns {
  /** Width of the contribution's rows. */
  readonly width: number;
  /** So many columns of the table lie at the beginning of a row; the others `shift` further on. */
  readonly common: number;
  readonly shift: number;
}

/** The problem, where unrated items may weigh differently: [items] a_i, by default a0 for all. */
export interface GradientProblem extends ImplicitProblem {
  readonly itemWeights?: Float64Array;
}

/**
 * Writes for every item 2 a0 s p + 2 l2 a0 q, and for a rated one 2 (s - 1) p + 2 l2 q more, with s = p.q.
 *
 * @param factors [items x rank] q
 * @param own [rank] p
 * @param rated the rated items
 * @param out [items x columns.width] the cells of the table's columns are overwritten, others are left as they are
 */
export function writeItemGradient(
  { items, rank, l2, unratedWeight, itemWeights }: GradientProblem,
  factors: Float64Array,
  own: Float64Array,
  rated: Int32Array,
  out: Float64Array,
  { width, common, shift }: GradientColumns = { width: rank, common: rank, shift: 0 },
): void {
  const weightOf = (item: number): number => 2 * (itemWeights === undefined ? unratedWeight : itemWeights[item]!);
  const even = items - (items % 4);
  // Four items at a time, each summed in its own order: the additions of one item's product wait for each other, those of four do not.
  for (let item = 0; item < even; item += 4) {
    const a = item * rank;
    const b = a + rank;
    const c = b + rank;
    const d = c + rank;
    let ofA = 0;
    let ofB = 0;
    let ofC = 0;
    let ofD = 0;
    for (let f = 0; f < rank; f++) {
      const factor = own[f]!;
      ofA += factor * factors[a + f]!;
      ofB += factor * factors[b + f]!;
      ofC += factor * factors[c + f]!;
      ofD += factor * factors[d + f]!;
    }
    const weightA = weightOf(item);
    ofA *= weightA;
    const weightB = weightOf(item + 1);
    ofB *= weightB;
    const weightC = weightOf(item + 2);
    ofC *= weightC;
    const weightD = weightOf(item + 3);
    ofD *= weightD;
    const penaltyA = l2 * weightA;
    const penaltyB = l2 * weightB;
    const penaltyC = l2 * weightC;
    const penaltyD = l2 * weightD;
    for (let f = 0; f < rank; f++) {
      const factor = own[f]!;
      const to = item * width + f + (f < common ? 0 : shift);
      out[to] = ofA * factor + penaltyA * factors[a + f]!;
      out[to + width] = ofB * factor + penaltyB * factors[b + f]!;
      out[to + 2 * width] = ofC * factor + penaltyC * factors[c + f]!;
      out[to + 3 * width] = ofD * factor + penaltyD * factors[d + f]!;
    }
  }
  for (let item = even, at = even * rank, to = even * width; item < items; item++, at += rank, to += width) {
    const weight = weightOf(item);
    const penalty = l2 * weight;
    const slope = weight * dot(own, 0, factors, at, rank);
    for (let f = 0; f < common; f++) out[to + f] = slope * own[f]! + penalty * factors[at + f]!;
    for (let f = common; f < rank; f++) out[to + shift + f] = slope * own[f]! + penalty * factors[at + f]!;
  }
  for (let index = 0; index < rated.length; index++) {
    const at = rated[index]! * rank;
    const to = rated[index]! * width;
    const slope = 2 * (dot(own, 0, factors, at, rank) - 1);
    for (let f = 0; f < common; f++) out[to + f] = out[to + f]! + slope * own[f]! + 2 * l2 * factors[at + f]!;
    for (let f = common; f < rank; f++) out[to + shift + f] = out[to + shift + f]! + slope * own[f]! + 2 * l2 * factors[at + f]!;
  }
}
