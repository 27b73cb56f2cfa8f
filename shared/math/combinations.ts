/** How many sets there are, as logarithms. Imports check.ts. */
import { integer } from "../check.ts";

/**
 * log2 of the number of sets of `chosen` out of `all`.
 *
 * Guarantees: relative rounding 1e-12; symmetric; 0 for none and for all.
 * @throws RangeError unless 0 <= chosen <= all
 * @example log2Choose(4, 2) // log2(6), 2.585
 */
export function log2Choose(all: number, chosen: number): number {
  integer(all, 0, Number.MAX_SAFE_INTEGER, "all");
  integer(chosen, 0, all, "chosen");
  const few = Math.min(chosen, all - chosen);
  let bits = 0;
  for (let i = 0; i < few; i++) bits += Math.log2((all - i) / (few - i));
  return bits;
}
