/** The place where a monotone claim turns true, by bisection: deterministic, and always on the safe side. Imports nothing. */

/**
 * The smallest x in [low, high], to the tolerance, from which on `holds` is true.
 *
 * Guarantees: `holds(result)` is true; the result exceeds the turning point by at most `tolerance` times itself, or by one unit in
 * the last place. `holds` must be monotone; the caller has made sure that `holds(high)`.
 */
export function smallestWhere(holds: (x: number) => boolean, low: number, high: number, tolerance = 0): number {
  let below = low;
  let above = high;
  while (above - below > tolerance * Math.abs(above)) {
    const middle = below + (above - below) / 2;
    if (middle <= below || middle >= above) break;
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}

/**
 * A bracket [low, high] of the turning point on the positive numbers, by doubling or halving from `guess`.
 *
 * @returns undefined when the claim does not hold below 2^limit times the guess
 */
export function bracket(holds: (x: number) => boolean, guess: number, limit = 60): readonly [number, number] | undefined {
  let high = guess;
  for (let i = 0; !holds(high); i++) {
    if (i === limit) return undefined;
    high *= 2;
  }
  let low = high / 2;
  for (let i = 0; i < limit && holds(low); i++) {
    high = low;
    low /= 2;
  }
  return [low, high];
}
