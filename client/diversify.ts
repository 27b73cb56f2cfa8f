/** A list that is less alike: relevance traded for likeness to what stands above. Imports shared. */
import { inRange } from "../shared/check.ts";
import { dot } from "../shared/math/linear.ts";
import type { ItemVectors } from "../shared/models/model.ts";

/** So many candidates for every place of a list, the best by score. */
export const candidatesPerPlace = 10;

/**
 * Takes items one by one: the next has the greatest (1 - diversity) x relevance - diversity x likeness, relevance being the score scaled to
 * 0 .. 1 over the candidates, likeness the greatest cosine with an item taken before.
 *
 * Guarantees: the best candidate stays first; diversity 0 gives the first `count` candidates as they come; equal values keep their order.
 * O(count x candidates x length) time. Edge case: an item whose vector is zero is like nothing.
 * Source: Carbonell and Goldstein 1998 (maximal marginal relevance), https://doi.org/10.1145/290941.291025
 *
 * @param candidates item indices, best first
 * @param scores [items] finite for candidates
 * @throws RangeError when `diversity` is not from 0 to 1
 */
export function diversify(
  candidates: Int32Array,
  scores: Float64Array,
  { values, length, stride }: ItemVectors,
  count: number,
  diversity: number,
): Int32Array {
  inRange(diversity, 0, 1, "diversity");
  const taken = Math.min(count, candidates.length);
  if (diversity === 0 || taken === 0) return candidates.slice(0, taken);
  const lowest = scores[candidates.at(-1)!]!;
  const span = scores[candidates[0]!]! - lowest;
  const norms = Float64Array.from(candidates, (item) => Math.sqrt(dot(values, item * stride, values, item * stride, length)));
  // Whoever is taken is like everything from then on.
  const likeness = new Float64Array(candidates.length).fill(-1);
  const chosen = new Int32Array(taken);
  let last = 0;
  likeness[0] = Number.POSITIVE_INFINITY;
  chosen[0] = candidates[0]!;
  for (let place = 1; place < taken; place++) {
    let best = -1;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < candidates.length; at++) {
      if (likeness[at] === Number.POSITIVE_INFINITY) continue;
      const scale = norms[at]! * norms[last]!;
      const cosine = scale > 0 ? dot(values, candidates[at]! * stride, values, candidates[last]! * stride, length) / scale : 0;
      if (cosine > likeness[at]!) likeness[at] = cosine;
      const relevance = span > 0 ? (scores[candidates[at]!]! - lowest) / span : 0;
      const value = (1 - diversity) * relevance - diversity * likeness[at]!;
      if (value > bestValue) {
        bestValue = value;
        best = at;
      }
    }
    likeness[best] = Number.POSITIVE_INFINITY;
    chosen[place] = candidates[best]!;
    last = best;
  }
  return chosen;
}
