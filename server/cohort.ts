/** Who is asked in a round. Imports random, run. */
import type { SecureRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";

/** How many candidates a round needs. */
export interface CohortNeeds {
  /** It begins at once with so many. */
  readonly full: number;
  /** With fewer it would most likely come to nothing. */
  readonly least: number;
}

/** The cohort of a round, or why nobody is asked: the round is abandoned then, and never drawn again. */
export type CohortDraw =
  | { readonly cohort: readonly string[]; readonly problem?: never }
  | { readonly cohort: readonly []; readonly problem: string };

/** What a round needs: a cohort's size; or, by coins, as many devices as make one likely. */
export function needsOf({ terms: { cohort, privacy } }: Run): CohortNeeds {
  const coins = privacy?.sampling;
  if (coins === undefined) return { full: cohort.size, least: cohort.min };
  return { full: coins.population, least: Math.min(coins.population, Math.ceil(cohort.min / coins.rate)) };
}

/**
 * Draws a round's cohort of those who may take part: `cohort.size` of them; or each by a coin of its own, where terms say so.
 *
 * Guarantees: coins are tossed once. When more come up than `cohort.size`, or fewer than `cohort.min`, nobody is asked: a second toss, or a
 * cohort cut to size, would not be the sample that the epsilon was calculated for.
 */
export function chooseCohort({ terms: { cohort: limits, privacy } }: Run, candidates: readonly string[], secure: SecureRng): CohortDraw {
  const rate = privacy?.sampling?.rate;
  if (rate === undefined && candidates.length >= limits.min) return { cohort: drawCohort(candidates, limits.size, secure) };
  if (rate === undefined) {
    return { cohort: [], problem: `expected at least ${limits.min} devices that may take part, got ${candidates.length}` };
  }
  const cohort = tossCoins(candidates, rate, secure);
  if (cohort.length >= limits.min && cohort.length <= limits.size) return { cohort };
  return { cohort: [], problem: `expected coins for ${limits.min} to ${limits.size} devices, got ${cohort.length}` };
}

/**
 * Up to `size` of the candidates, every subset equally likely and unpredictable, so that nobody can place a device in a cohort.
 * Source: Fisher and Yates' shuffle, stopped after `size` draws; draws without modulo bias.
 */
export function drawCohort(candidates: readonly string[], size: number, secure: SecureRng): string[] {
  const pool = [...candidates];
  const count = Math.min(size, pool.length);
  for (let i = 0; i < count; i++) {
    const j = i + drawBelow(pool.length - i, secure);
    const picked = pool[j]!;
    pool[j] = pool[i]!;
    pool[i] = picked;
  }
  return pool.slice(0, count);
}

/** Each candidate by a coin of its own, of chance `rate` to 2^-53: what amplification by sampling rests on. */
export function tossCoins(candidates: readonly string[], rate: number, secure: SecureRng): string[] {
  return candidates.filter(() => drawUnit(secure) < rate);
}

/** A multiple of 2^-53 in [0, 1). */
function drawUnit(secure: SecureRng): number {
  const words = new DataView(secure.bytes(8).buffer);
  return ((words.getUint32(0) >>> 5) * 2 ** 26 + (words.getUint32(4) >>> 6)) / 2 ** 53;
}

function drawBelow(bound: number, secure: SecureRng): number {
  const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
  for (;;) {
    const word = new DataView(secure.bytes(4).buffer).getUint32(0);
    if (word < limit) return word % bound;
  }
}
