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
 * A bracket [low, high] of the turning point on the positive numbers, by steps of `factor` up or down from `guess`.
 *
 * @returns undefined when the claim does not hold within `limit` steps up
 */
export function bracket(holds: (x: number) => boolean, guess: number, limit = 60, factor = 2): readonly [number, number] | undefined {
  let high = guess;
  let steps = 0;
  for (; !holds(high); steps++) {
    if (steps === limit) return undefined;
    high *= factor;
  }
  let low = high / factor;
  for (; steps === 0 && high > Number.MIN_VALUE && holds(low); low /= factor) high = low;
  return [low, high];
}

/**
 * The place in (low, high] at which a falling function is first at most 0, to a relative tolerance, in few calls.
 *
 * Regula falsi with the Illinois rule on the logarithm of x, and bisection wherever a value is not finite or a step would be lost.
 * Guarantees: `fall(result) <= 0`, given `fall(high) <= 0 < fall(low)` and 0 < low < high; deterministic.
 *
 * Source: Dowell and Jarratt 1971, https://doi.org/10.1007/BF01934364
 */
export function fallsToZero(fall: (x: number) => number, low: number, high: number, tolerance: number): number {
  let [left, right] = [Math.log(low), Math.log(high)];
  let [above, below] = [fall(low), fall(high)];
  let lastSide = 0;
  let result = high;
  for (let i = 0; i < 200 && right - left > tolerance; i++) {
    const secant = right - (below * (right - left)) / (below - above);
    // Half a tolerance beyond the secant's zero, so that the bracket closes from its far side too.
    const nudged = secant + (lastSide > 0 ? -0.5 : 0.5) * tolerance;
    const middle = left + (right - left) / 2;
    const x = Number.isFinite(secant) && nudged > left && nudged < right && i % 8 !== 7 ? nudged : middle;
    const value = fall(Math.exp(x));
    if (value <= 0) {
      [right, below, result] = [x, value, Math.exp(x)];
      if (lastSide > 0) above /= 2;
      lastSide = 1;
    } else {
      [left, above] = [x, value];
      if (lastSide < 0) below /= 2;
      lastSide = -1;
    }
  }
  return result;
}
