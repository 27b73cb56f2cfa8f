/**
 * The heaviest admissible set of rounds when every round has a weight of its own. Imports check, participation.
 *
 * Source: Choquette-Choo et al. 2023, https://arxiv.org/abs/2306.08153, algorithm 4
 */
import { integer } from "../../check.ts";
import type { Bounds } from "./participation.ts";

/**
 * The largest total weight of at most `participations` rounds at least `separation` apart; 0 when no weight is positive.
 *
 * Method: F[m][i] = max(weight_i + F[m - 1][i + separation], F[m][i + 1]), one sweep from the back per participation.
 * O(rounds x participations).
 *
 * @throws RangeError when separation or participations is not an integer from 1
 */
export function heaviestPlacement(weights: Float64Array, separation: number, participations: number): number {
  integer(separation, 1, Number.MAX_SAFE_INTEGER, "separation");
  integer(participations, 1, Number.MAX_SAFE_INTEGER, "participations");
  const n = weights.length;
  let fewer = new Float64Array(n + 1);
  let current = new Float64Array(n + 1);
  const most = Math.min(participations, Math.ceil(n / separation));
  for (let m = 0; m < most; m++) {
    for (let i = n - 1; i >= 0; i--) {
      const taken = weights[i]! + (i + separation < n ? fewer[i + separation]! : 0);
      current[i] = Math.max(0, taken, current[i + 1]!);
    }
    [fewer, current] = [current, fewer];
  }
  return fewer[0]!;
}

/** The largest total weight of a run of at most `participations` rounds exactly `separation` apart; weights of at least 0. */
export function heaviestRun(weights: Float64Array, separation: number, participations: number): number {
  let heaviest = 0;
  for (let start = 0; start < weights.length; start++) {
    let total = 0;
    for (let m = 0, i = start; m < participations && i < weights.length; m++, i += separation) total += weights[i]!;
    heaviest = Math.max(heaviest, total);
  }
  return heaviest;
}

/** The heaviest set of a schema; weights of at least 0. */
export function heaviest(weights: Float64Array, { participations, separation, isFixed }: Bounds): number {
  return isFixed ? heaviestRun(weights, separation, participations) : heaviestPlacement(weights, separation, participations);
}
