/** The scores that Krum chooses by. Imports the means and valibot. */
import * as v from "valibot";
import { distanceOf } from "./means.ts";

/** The schema of the share of groups that may be bad: Krum's proof asks for less than half. */
export const badShare: v.GenericSchema<number | undefined, number> = v.optional(
  v.pipe(v.number(), v.minValue(0.01), v.maxValue(0.49)),
  0.2,
);

/** How many groups may be bad: the share, rounded down, and no more than leaves n >= 2 f + 3. */
export function badGroups(groups: number, share: number): number {
  return Math.max(0, Math.min(Math.floor(share * groups + 1e-9), Math.floor((groups - 3) / 2)));
}

/**
 * The groups by their score, the least first: the sum of squared distances to the n - f - 2 nearest others. Of equal ones the first comes first.
 * @param few how many may be bad, f
 */
export function krumOrder(means: readonly Float64Array[], few: number): number[] {
  const count = means.length;
  const squares = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      const square = distanceOf(means[i]!, means[j]!) ** 2;
      squares[i * count + j] = square;
      squares[j * count + i] = square;
    }
  }
  const nearest = Math.max(0, count - few - 2);
  const scores = Array.from(means, (_, group) => {
    // The first of the sorted row is the group itself.
    const row = squares.slice(group * count, (group + 1) * count).sort();
    let score = 0;
    for (let i = 1; i <= nearest; i++) score += row[i]!;
    return score;
  });
  return Array.from(means.keys()).sort((a, b) => (scores[a] === scores[b] ? a - b : scores[a]! < scores[b]! ? -1 : 1));
}
