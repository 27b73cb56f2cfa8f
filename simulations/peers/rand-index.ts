/** How well two groupings agree. Imports nothing. */

/**
 * The adjusted Rand index: 1 for equal groupings whatever their names, 0 on average for independent ones.
 * Source: Hubert and Arabie 1985, https://doi.org/10.1007/BF01908075
 */
export function adjustedRandIndex(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const both = new Map<string, number>();
  const lefts = new Map<number, number>();
  const rights = new Map<number, number>();
  for (let at = 0; at < left.length; at++) {
    const name = `${left[at]} ${right[at]}`;
    both.set(name, (both.get(name) ?? 0) + 1);
    lefts.set(left[at]!, (lefts.get(left[at]!) ?? 0) + 1);
    rights.set(right[at]!, (rights.get(right[at]!) ?? 0) + 1);
  }
  const pairs = (counts: Iterable<number>): number => [...counts].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
  const [together, inLeft, inRight] = [pairs(both.values()), pairs(lefts.values()), pairs(rights.values())];
  const expected = (inLeft * inRight) / pairs([left.length]);
  const most = (inLeft + inRight) / 2;
  return most === expected ? 1 : (together - expected) / (most - expected);
}
