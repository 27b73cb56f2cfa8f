/** Rows of a vector that is made of several tensors with the same rows. Imports the seam, errors, norm. */
import { CofactorError } from "../../errors.ts";
import type { ClipShape } from "./clip.ts";
import { normOf } from "./norm.ts";

/** Where rows lie in a vector: tensors [rows x width], one behind the other. */
export interface RowLayout {
  readonly size: number;
  readonly rows: number;
  /** Of each tensor: its width, and where it begins. */
  readonly tensors: readonly { readonly width: number; readonly at: number }[];
  /** [rows], public. */
  readonly weights: Float64Array;
}

/** @throws CofactorError CONFIG_INVALID when the shape has no rows, widths that do not add up, or weights that do not fit */
export function rowLayout(shape: ClipShape, kind: string): RowLayout {
  const { size, rows = 0, rowWeights } = shape;
  const refuse = (expected: string): never => {
    throw new CofactorError("CONFIG_INVALID", `clip "${kind}" expected ${expected}`);
  };
  if (!Number.isInteger(rows) || rows < 1)
    return refuse(`vectors that are made of rows, got ${rows} rows (an evaluation that rides along is none); nearest: clip flat`);
  const widths = shape.widths ?? [size / rows];
  if (widths.reduce((sum, width) => sum + width * rows, 0) !== size || !widths.every(Number.isInteger)) {
    return refuse(`${size} values to be ${rows} rows of widths ${widths.join(" + ")}`);
  }
  const weights = rowWeights ?? new Float64Array(rows).fill(1);
  if (weights.length !== rows) return refuse(`${rows} row weights, got ${weights.length}`);
  if (!weights.every((weight) => weight >= 0 && Number.isFinite(weight))) return refuse("finite row weights of at least 0");
  let at = 0;
  const tensors = widths.map((width) => {
    const tensor = { width, at };
    at += rows * width;
    return tensor;
  });
  return { size, rows, tensors, weights };
}

/**
 * The L2 norm of each row; undefined when a value is not finite.
 *
 * @throws RangeError when the vector has another size than the layout
 */
export function rowNorms(values: Float64Array, { size, rows, tensors }: RowLayout): Float64Array | undefined {
  if (values.length !== size) throw new RangeError(`"values" expected ${size} values, got ${values.length}`);
  const norms = new Float64Array(rows);
  for (const { width, at } of tensors) {
    for (let row = 0; row < rows; row++) {
      const part = normOf(values, at + row * width, width);
      norms[row] = norms[row] === 0 ? part : Math.hypot(norms[row]!, part);
    }
  }
  return norms.every((norm) => Number.isFinite(norm)) ? norms : undefined;
}

/** A copy of the vector, each row times its factor. */
export function scaleRows(values: Float64Array, { rows, tensors }: RowLayout, factors: Float64Array): Float64Array {
  const scaled = new Float64Array(values.length);
  for (const { width, at } of tensors) {
    for (let row = 0; row < rows; row++) {
      const start = at + row * width;
      const factor = factors[row]!;
      // A dropped row is zeros, not minus zeros: a sign would tell of it.
      if (factor !== 0) for (let i = start; i < start + width; i++) scaled[i] = values[i]! * factor;
    }
  }
  return scaled;
}
