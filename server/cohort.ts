/** Who is asked in a round. Imports random. */
import type { SecureRng } from "../shared/random.ts";

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
