/**
 * A few conjugate-gradient steps from where one stands: cheap, inexact solutions of symmetric positive definite systems.
 * Imports linear.ts. Source: Hestenes and Stiefel 1952, https://doi.org/10.6028/jres.049.044; inexact solves within alternating
 * minimization: Gu et al. 2023, https://arxiv.org/abs/2302.11068
 */
import { addScaled, dot } from "./linear.ts";

/** Writes A v into `out` [order]; neither keeps nor changes `v`. */
export type Multiply = (v: Float64Array, out: Float64Array) => void;

/** Memory for solves of one order: made once, used again and again. */
export interface CgSpace {
  /** [order] each. */
  readonly residual: Float64Array;
  readonly direction: Float64Array;
  readonly image: Float64Array;
}

/** Memory for solves of this order. */
export function createCgSpace(order: number): CgSpace {
  return { residual: new Float64Array(order), direction: new Float64Array(order), image: new Float64Array(order) };
}

/**
 * Moves x towards the solution of A x = b by at most `steps` steps; `order` steps would solve it but for rounding.
 *
 * Shape: `b` and `x` [order]; b is not modified, x is moved in place. Nothing is allocated.
 * Guarantees: no step is farther from the solution than x was, in the norm that A defines; a solution stays as it is.
 * Edge cases: an A that is not positive definite along a direction, or not finite: false, and x is as after the last good step.
 */
export function conjugateGradient(multiply: Multiply, b: Float64Array, x: Float64Array, steps: number, space: CgSpace): boolean {
  const order = x.length;
  const { residual, direction, image } = space;
  multiply(x, image);
  for (let i = 0; i < order; i++) {
    residual[i] = b[i]! - image[i]!;
    direction[i] = residual[i]!;
  }
  let squared = dot(residual, 0, residual, 0, order);
  const least = dot(b, 0, b, 0, order) * Number.EPSILON ** 2;
  for (let step = 0; step < steps && squared > least; step++) {
    multiply(direction, image);
    const curvature = dot(direction, 0, image, 0, order);
    const length = squared / curvature;
    if (!(curvature > 0) || !Number.isFinite(length)) return false;
    addScaled(x, 0, length, direction, 0, order);
    addScaled(residual, 0, -length, image, 0, order);
    const next = dot(residual, 0, residual, 0, order);
    for (let i = 0; i < order; i++) direction[i] = residual[i]! + (next / squared) * direction[i]!;
    squared = next;
  }
  return Number.isFinite(squared);
}
