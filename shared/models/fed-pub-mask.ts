/**
 * FED-PUB's private sparse mask, for factors: one entry m_f for each factor of the item table, so that it says something of items that the
 * person never met, which a mask with an entry for each item could not. Imports math, implicit-solve.ts.
 *
 * A person of n choices minimizes over own factors p and mask m, s = sum_f p_f m_f q_f:
 *   sum over rated (1 - s)^2 + a0 sum over all s^2 + l2 (n + a0 M) |p|^2 + n l1 |m|_1 + n proximal |m - 1|^2.
 * The last term is the paper's |theta - theta_bar|^2 for theta = theta_bar m, columns weighing alike. From m = 1 the two are solved in turn: p
 * exactly, then each entry of m exactly, by soft thresholding. In the paper's public code both regularizers are made of detached tensors and
 * have no gradient; here they are minimized. Entries below the published threshold of 1e-3 are zero. Nothing is kept between rounds.
 *
 * Source: Baek et al. 2023, https://arxiv.org/abs/2206.10206; coordinate descent: Friedman et al. 2007, https://doi.org/10.1214/07-AOAS131
 */
import { addDiagonal, addOuter, addScaled, packedSize, solveInPlace } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import type { ImplicitProblem, ImplicitShared } from "./implicit-solve.ts";

/** Weights of the mask's regularizers: see above. */
export interface MaskOptions {
  readonly l1: number;
  readonly proximal: number;
}

/** A person's factors and mask; views of memory that the next solve overwrites. */
export interface MaskedFactors {
  /** [rank] p. */
  readonly own: Float64Array;
  /** [rank] m. */
  readonly mask: Float64Array;
}

/** Solves for one person; zeros and a mask of ones where nothing is known. Cost: that of `solveUser`, and turns x (rank^3 + rank^2). */
export type MaskedSolve = (shared: ImplicitShared, ratings: UserRatings) => MaskedFactors;

/** How often p and m are solved in turn, and how often each entry of m is in one turn. */
const turns = 4;
const sweeps = 3;
/** As published: what is smaller counts as zero. */
const threshold = 1e-3;

/** The solve for problems of this kind. It keeps scratch memory and no state. */
export function createMaskedSolve(problem: ImplicitProblem, { l1, proximal }: MaskOptions): MaskedSolve {
  const { rank, l2, unratedWeight } = problem;
  const system = new Float64Array(packedSize(rank));
  const target = new Float64Array(rank);
  const masked = new Float64Array(packedSize(rank));
  const own = new Float64Array(rank);
  const mask = new Float64Array(rank);

  const solveOwn = (penalty: number): void => {
    for (let i = 0, cell = 0; i < rank; i++) for (let j = 0; j <= i; j++, cell++) masked[cell] = mask[i]! * mask[j]! * system[cell]!;
    addDiagonal(masked, 0, rank, penalty);
    for (let f = 0; f < rank; f++) own[f] = mask[f]! * target[f]!;
    if (!solveInPlace(masked, 0, own, 0, rank)) own.fill(0);
  };
  const improveMask = (choices: number): void => {
    const pull = choices * proximal;
    const shrink = (choices * l1) / 2;
    for (let f = 0; f < rank; f++) {
      let rest = target[f]!;
      for (let h = 0; h < f; h++) rest -= system[packedSize(f) + h]! * own[h]! * mask[h]!;
      for (let h = f + 1; h < rank; h++) rest -= system[packedSize(h) + f]! * own[h]! * mask[h]!;
      const slope = own[f]! * rest + pull;
      const bend = own[f]! * own[f]! * system[packedSize(f) + f]! + pull;
      const size = bend > 0 ? Math.max(0, Math.abs(slope) - shrink) / bend : 0;
      mask[f] = size < threshold ? 0 : Math.sign(slope) * size;
    }
  };

  return ({ itemFactors, weightedGram, held }, { items: rated }) => {
    mask.fill(1);
    own.fill(0);
    if (rated.length === 0) return { own, mask };
    system.set(weightedGram);
    target.fill(0);
    for (let index = 0; index < rated.length; index++) {
      const at = rated[index]! * rank;
      addOuter(system, 0, 1, itemFactors, at, rank);
      addScaled(target, 0, 1, itemFactors, at, rank);
    }
    const penalty = l2 * (rated.length + unratedWeight * held);
    solveOwn(penalty);
    for (let turn = 0; turn < turns; turn++) {
      for (let sweep = 0; sweep < sweeps; sweep++) improveMask(rated.length);
      solveOwn(penalty);
    }
    return { own, mask };
  };
}
