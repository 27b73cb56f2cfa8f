/**
 * Deterministic minimizers for smooth functions of a flat vector. Imports nothing.
 *
 * A function may return infinity outside its domain: the line search backs off.
 */

/** A function's value at `x`; writes the gradient into `gradient`. */
export type Differentiable = (x: Float64Array, gradient: Float64Array) => number;

/** When to stop. */
export interface MinimizeOptions {
  readonly maxIterations: number;
  /** Stop when no entry of the gradient is larger. */
  readonly gradientTolerance: number;
  /** Stop when three steps in a row gain less than this part of the value. */
  readonly valueTolerance: number;
}

/** Where a minimizer stopped. */
export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
}

interface Correction {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly curvature: number;
}

/**
 * L-BFGS with ten corrections and a backtracking line search.
 *
 * Guarantees: the value never rises; the same input gives the same output bit for bit on one platform.
 *
 * Source: Nocedal and Wright, Numerical Optimization, 2nd edition, algorithm 7.5
 */
export function minimize(f: Differentiable, start: Float64Array, options: MinimizeOptions): Minimum {
  let x = start.slice();
  let gradient = new Float64Array(x.length);
  let value = f(x, gradient);
  let small = 0;
  let iterations = 0;
  const corrections: Correction[] = [];
  while (iterations < options.maxIterations && largestOf(gradient) > options.gradientTolerance && small < 3) {
    iterations += 1;
    let direction = descent(gradient, corrections);
    let slope = inner(direction, gradient);
    if (!(slope < 0)) {
      corrections.length = 0;
      direction = gradient.map((entry) => -entry);
      slope = inner(direction, gradient);
    }
    let size = corrections.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    const next = new Float64Array(x.length);
    const nextGradient = new Float64Array(x.length);
    let nextValue = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 50; tries++, size /= 2) {
      for (let i = 0; i < x.length; i++) next[i] = x[i]! + size * direction[i]!;
      nextValue = f(next, nextGradient);
      if (nextValue <= value + 1e-4 * size * slope) break;
    }
    if (!(nextValue < value)) {
      if (corrections.length === 0) break;
      corrections.length = 0;
      continue;
    }
    const step = next.map((entry, i) => entry - x[i]!);
    const change = nextGradient.map((entry, i) => entry - gradient[i]!);
    const curvature = inner(step, change);
    if (curvature > 1e-14 * inner(change, change)) corrections.push({ step, change, curvature });
    if (corrections.length > 10) corrections.shift();
    small = value - nextValue <= options.valueTolerance * Math.abs(value) ? small + 1 : 0;
    x = next;
    gradient = nextGradient;
    value = nextValue;
  }
  return { x, value, iterations };
}

/** A function with its gradient by central differences of step 1e-5 (1 + |x|). */
export function withDifferences(f: (x: Float64Array) => number): Differentiable {
  return (x, gradient) => {
    const probe = x.slice();
    for (let i = 0; i < x.length; i++) {
      const size = 1e-5 * (1 + Math.abs(x[i]!));
      probe[i] = x[i]! + size;
      const above = f(probe);
      probe[i] = x[i]! - size;
      gradient[i] = (above - f(probe)) / (2 * size);
      probe[i] = x[i]!;
    }
    return f(x);
  };
}

/** The two-loop recursion: minus the gradient times the approximate inverse of the Hessian. */
function descent(gradient: Float64Array, corrections: readonly Correction[]): Float64Array {
  const out = gradient.map((entry) => -entry);
  const weights: number[] = [];
  for (const { step, change, curvature } of corrections.toReversed()) {
    const weight = inner(step, out) / curvature;
    weights.push(weight);
    addTo(out, -weight, change);
  }
  const last = corrections.at(-1);
  if (last !== undefined) {
    const scale = last.curvature / inner(last.change, last.change);
    for (let i = 0; i < out.length; i++) out[i] = out[i]! * scale;
  }
  for (const { step, change, curvature } of corrections) {
    addTo(out, weights.pop()! - inner(change, out) / curvature, step);
  }
  return out;
}

function inner(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

function addTo(target: Float64Array, factor: number, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + factor * source[i]!;
}

function largestOf(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
