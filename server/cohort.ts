/** Who is asked in a round. Imports random, run. */
import type { SecureRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";

/** The cohort of a round, or why nobody is asked: the round is abandoned then, and never drawn again. */
export type CohortDraw =
  | { readonly cohort: readonly string[]; readonly problem?: never }
  | { readonly cohort: readonly []; readonly problem: string };

/** Draws a round's cohort of those who may take part: up to `cohort.size` of them, and nobody when they are fewer than `cohort.min`. */
export function chooseCohort({ terms: { cohort: limits } }: Run, candidates: readonly string[], secure: SecureRng): CohortDraw {
  if (candidates.length >= limits.min) return { cohort: drawCohort(candidates, limits.size, secure) };
  return { cohort: [], problem: `expected at least ${limits.min} devices that may take part, got ${candidates.length}` };
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

function drawBelow(bound: number, secure: SecureRng): number {
  const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
  for (;;) {
    const word = new DataView(secure.bytes(4).buffer).getUint32(0);
    if (word < limit) return word % bound;
  }
}
