/**
 * What a vector over items shows of each item, for any model whose contribution has rows of items. Imports math, types.
 *
 * A person's contribution to a factor model is a table of rank one, and rows that follow from the published factors: what is regular in the table (a linear
 * map of the published rows) is fitted to most rows and taken off, and what is left is projected on its main direction.
 *
 * Source: Chai et al. 2019, section 3.3, https://arxiv.org/abs/1906.05108 (a person's gradients give the ratings)
 */
import { addDiagonal, addOuter, addScaled, dot, packedSize, solveInPlace } from "../../shared/math/linear.ts";
import type { ParameterSpec } from "../../shared/models/model.ts";
import type { Evidence } from "./attack.ts";

/** Features of every item. */
export interface ItemFeatureTable {
  /** [items x width], row-major, finite. */
  readonly values: Float64Array;
  readonly width: number;
}

/** Beyond this a number was never a contribution's entry: bytes that were read as floats. */
const largest = 2 ** 40;

/** Share of the rows, those that deviate least, that the regular part is fitted to the second time. */
const regularShare = 0.7;

/** The features of every item; the same evidence gives the same. */
export function featuresOf({ values, spec, published }: Evidence, shared: ParameterSpec, items: number): ItemFeatureTable {
  const evidence = rowsOf(values, spec, items);
  const known = rowsOf(published, shared, items);
  const { width: w } = evidence;
  const residual = lessRegular(evidence, known, items);
  const along = projectionsOn(residual, items, w, mainDirection(residual, items, w));
  if (along.reduce((sum, value) => sum + value ** 3, 0) < 0) for (let i = 0; i < items; i++) along[i] = -along[i]!;
  const expected = fittedTo(known, along, items);
  const columns = [along, along.map(Math.abs), lengthsOf(residual, items, w), lengthsOf(evidence.rows, items, w), expected];
  columns.push(along.map((value, i) => value * expected[i]!));
  for (const at of evidence.ends) columns.push(Float64Array.from({ length: items }, (_, i) => evidence.rows[i * w + at]!));
  const width = columns.length + 1;
  const table = new Float64Array(items * width);
  for (const [f, column] of columns.entries()) {
    const scale = Math.sqrt(dot(column, 0, column, 0, items) / items);
    for (let i = 0; i < items; i++) table[i * width + f] = scale > 0 ? column[i]! / scale : 0;
  }
  // Nothing at all was said of this item.
  for (let i = 0; i < items; i++) table[i * width + width - 1] = columns[3]![i] === 0 ? 1 : 0;
  return { values: table, width };
}

/** A table of items' rows, gathered from all tensors that have them. */
interface Rows {
  /** [items x width]. */
  readonly rows: Float64Array;
  readonly width: number;
  /** Places of each tensor's first and last column: biases and counts stand at the ends. */
  readonly ends: readonly number[];
}

function rowsOf(values: Float64Array, spec: ParameterSpec, items: number): Rows {
  const parts: { readonly from: number; readonly width: number }[] = [];
  let from = 0;
  for (const { shape } of spec) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (shape[0] === items) parts.push({ from, width: size / items });
    from += size;
  }
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  const rows = new Float64Array(items * width);
  const ends = new Set<number>();
  let at = 0;
  for (const part of parts) {
    for (let i = 0; i < items; i++) {
      for (let f = 0; f < part.width; f++) rows[i * width + at + f] = bounded(values[part.from + i * part.width + f]!);
    }
    ends.add(at).add(at + part.width - 1);
    at += part.width;
  }
  return { rows, width, ends: [...ends] };
}

function bounded(value: number): number {
  return Number.isFinite(value) ? Math.max(-largest, Math.min(largest, value)) : 0;
}

/** [items x width] the evidence less the best linear map of the published rows, fitted to all rows, then to the most regular ones. */
function lessRegular({ rows, width }: Rows, known: Rows, items: number): Float64Array {
  let kept = Int32Array.from({ length: items }, (_, i) => i);
  let residual = rows;
  for (let pass = 0; pass < 2; pass++) {
    residual = lessFitted(rows, width, known, kept, items);
    const lengths = lengthsOf(residual, items, width);
    kept = Int32Array.from(lengths.keys())
      .sort((a, b) => lengths[a]! - lengths[b]!)
      .subarray(0, Math.max(known.width + 1, Math.floor(regularShare * items)));
  }
  return residual;
}

function lessFitted(rows: Float64Array, width: number, known: Rows, kept: Int32Array, items: number): Float64Array {
  const order = known.width;
  const residual = rows.slice();
  if (order === 0) return residual;
  const normal = new Float64Array(packedSize(order));
  for (const i of kept) addOuter(normal, 0, 1, known.rows, i * order, order);
  addDiagonal(normal, 0, order, 1e-9 + 1e-6 * dot(known.rows, 0, known.rows, 0, known.rows.length));
  for (let f = 0; f < width; f++) {
    const map = new Float64Array(order);
    for (const i of kept) addScaled(map, 0, rows[i * width + f]!, known.rows, i * order, order);
    if (!solveInPlace(normal.slice(), 0, map, 0, order)) continue;
    for (let i = 0; i < items; i++) residual[i * width + f] = residual[i * width + f]! - dot(map, 0, known.rows, i * order, order);
  }
  return residual;
}

/** [width] the direction in which rows are longest, by power iteration from the longest row. */
function mainDirection(rows: Float64Array, items: number, width: number): Float64Array {
  const lengths = lengthsOf(rows, items, width);
  const longest = lengths.reduce((best, length, i) => (length > lengths[best]! ? i : best), 0);
  let direction = normalized(rows.slice(longest * width, (longest + 1) * width));
  for (let step = 0; step < 20; step++) {
    const next = new Float64Array(width);
    for (let i = 0; i < items; i++) addScaled(next, 0, dot(rows, i * width, direction, 0, width), rows, i * width, width);
    direction = normalized(next);
  }
  return direction;
}

function normalized(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, 0, vector, 0, vector.length));
  return length > 0 ? vector.map((value) => value / length) : vector;
}

function projectionsOn(rows: Float64Array, items: number, width: number, direction: Float64Array): Float64Array {
  const along = new Float64Array(items);
  for (let i = 0; i < items; i++) along[i] = dot(rows, i * width, direction, 0, width);
  return along;
}

function lengthsOf(rows: Float64Array, items: number, width: number): Float64Array {
  const lengths = new Float64Array(items);
  for (let i = 0; i < items; i++) lengths[i] = Math.sqrt(dot(rows, i * width, rows, i * width, width));
  return lengths;
}

/** What the published rows alone would say of `along`: the person's taste, as far as it shows in what deviates. */
function fittedTo({ rows, width }: Rows, along: Float64Array, items: number): Float64Array {
  if (width === 0) return new Float64Array(items);
  const residual = lessFitted(along, 1, { rows, width, ends: [] }, Int32Array.from(along.keys()), items);
  return along.map((value, i) => value - residual[i]!);
}
