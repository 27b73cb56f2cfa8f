/**
 * L2 sensitivity of a Toeplitz strategy in linear time. Imports participation, sensitivity.
 *
 * For coefficients that are at least 0 and do not rise, the worst unit takes part first in round 1 and then as early as it may.
 * Others are replaced by the least such sequence above their absolute values: an upper bound. (The greatest such sequence below
 * them would claim too little.)
 *
 * Source: Dvijotham et al. 2024, https://arxiv.org/abs/2404.16706, theorem 3; Kalinin and Lampert 2024, https://arxiv.org/abs/2405.13763
 */
import { boundsOf, type Participation } from "./participation.ts";
import type { Sensitivity } from "./sensitivity.ts";

/**
 * Sensitivity for contributions of norm at most 1.
 *
 * @param coefficients first column of C; missing ones count as zero
 */
export function toeplitzSensitivity(coefficients: Float64Array, rounds: number, participation: Participation): Sensitivity {
  const { participations, separation } = boundsOf(participation, rounds);
  const used = coefficients.subarray(0, Math.min(bandsOf(coefficients), rounds));
  // One participation, or columns that never overlap: norms alone decide, and the earliest columns have the largest.
  if (participations === 1 || used.length <= separation) {
    let squared = 0;
    for (let m = 0; m < participations; m++) squared += squaredNorm(used, rounds - m * separation);
    return Object.freeze({ value: Math.sqrt(squared), isExact: true });
  }
  const bound = majorant(used);
  const isExact = used.every((value, i) => bound[i]! - value <= 1e-12 * bound[0]!);
  return Object.freeze({ value: Math.sqrt(squaredNorm(earliest(bound, rounds, separation, participations), rounds)), isExact });
}

/** The least sequence that is at least |c| everywhere and does not rise. */
export function majorant(coefficients: Float64Array): Float64Array {
  const out = coefficients.map(Math.abs);
  for (let i = out.length - 2; i >= 0; i--) out[i] = Math.max(out[i]!, out[i + 1]!);
  return out;
}

/** The number of coefficients up to the last that is not zero, at least 1. */
export function bandsOf(coefficients: Float64Array): number {
  let bands = coefficients.length;
  while (bands > 1 && coefficients[bands - 1] === 0) bands -= 1;
  return bands;
}

/** The sum of the columns 0, separation, 2 separation ...: at row i a sum with stride `separation`, kept as a running sum. */
function earliest(coefficients: Float64Array, rounds: number, separation: number, participations: number): Float64Array {
  const at = (i: number): number => (i < coefficients.length ? coefficients[i]! : 0);
  const out = new Float64Array(rounds);
  for (let i = 0; i < rounds; i++) {
    out[i] = at(i) + (i >= separation ? out[i - separation]! : 0);
  }
  // Everything from participation number `participations` on is too much.
  const tooFar = separation * participations;
  for (let i = rounds - 1; i >= tooFar; i--) out[i] = out[i]! - out[i - tooFar]!;
  return out;
}

function squaredNorm(values: Float64Array, length: number): number {
  let total = 0;
  for (let i = 0; i < Math.min(values.length, length); i++) total += values[i]! ** 2;
  return total;
}
