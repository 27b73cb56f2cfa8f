/** The simplex search of Nelder and Mead, for a handful of parameters without a gradient. Imports minimize (types). */
import type { Minimum } from "./minimize.ts";

/**
 * A local minimum of `f` near `start`. Deterministic.
 *
 * @param spread how far the first simplex reaches along each axis
 * @param tolerance stop when the simplex's values differ by less than this part of the best
 *
 * Source: Nelder and Mead 1965, https://doi.org/10.1093/comjnl/7.4.308, with the coefficients of Gao and Han 2012
 */
export function searchSimplex(
  f: (x: Float64Array) => number,
  start: Float64Array,
  spread: number,
  tolerance: number,
  maxSteps: number,
): Minimum {
  const n = start.length;
  const expand = 1 + 2 / n;
  const contract = 0.75 - 1 / (2 * n);
  const shrink = 1 - 1 / n;
  const points: { x: Float64Array; value: number }[] = Array.from({ length: n + 1 }, (_, at) => {
    const x = start.slice();
    if (at > 0) x[at - 1] = x[at - 1]! + spread;
    return { x, value: f(x) };
  });
  let iterations = 0;
  for (; iterations < maxSteps; iterations++) {
    points.sort((a, b) => a.value - b.value);
    const best = points[0]!;
    const worst = points[n]!;
    if (worst.value - best.value <= tolerance * Math.abs(best.value)) break;
    const center = new Float64Array(n);
    for (const { x } of points.slice(0, n)) for (let i = 0; i < n; i++) center[i] = center[i]! + x[i]! / n;
    const along = (factor: number): { x: Float64Array; value: number } => {
      const x = center.map((entry, i) => entry + factor * (worst.x[i]! - entry));
      return { x, value: f(x) };
    };
    const reflected = along(-1);
    let next = reflected;
    if (reflected.value < best.value) {
      const further = along(-expand);
      if (further.value < reflected.value) next = further;
    } else if (reflected.value >= points[n - 1]!.value) {
      next = along(reflected.value < worst.value ? -contract : contract);
      if (!(next.value < Math.min(reflected.value, worst.value))) {
        for (const point of points.slice(1)) {
          point.x = point.x.map((entry, i) => best.x[i]! + shrink * (entry - best.x[i]!));
          point.value = f(point.x);
        }
        continue;
      }
    }
    points[n] = next;
  }
  points.sort((a, b) => a.value - b.value);
  return { x: points[0]!.x, value: points[0]!.value, iterations };
}
