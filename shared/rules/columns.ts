/** Rules that sort every entry's values over the groups: the loop that they share. Imports nothing. */

/** What is made of one entry: `sorted` holds its values over the groups, ascending, and `order` whose they are. */
export type ColumnRule = (sorted: Float64Array, order: Int32Array) => number;

/**
 * Applies a rule to every entry of equally long vectors.
 *
 * Sorts by insertion up to some dozens of vectors, where that is quickest and moves nothing that lies in order already; by merging runs of
 * such a length otherwise. Nothing is allocated by the entry.
 * @param rule one call for each entry; it may keep neither array
 */
export function mapColumns(vectors: readonly Float64Array[], rule: ColumnRule): Float64Array {
  const count = vectors.length;
  const size = vectors[0]!.length;
  const out = new Float64Array(size);
  const sorted = new Float64Array(count);
  const order = new Int32Array(count);
  const spareValues = new Float64Array(count);
  const spareOrder = new Int32Array(count);
  for (let at = 0; at < size; at++) {
    for (let i = 0; i < count; i++) {
      sorted[i] = vectors[i]![at]!;
      order[i] = i;
    }
    for (let from = 0; from < count; from += run) sortRun(sorted, order, from, Math.min(from + run, count));
    for (let width = run; width < count; width *= 2) {
      for (let from = 0; from + width < count; from += 2 * width) {
        merge(sorted, order, spareValues, spareOrder, from, from + width, Math.min(from + 2 * width, count));
      }
    }
    out[at] = rule(sorted, order);
  }
  return out;
}

/** Values sorted by insertion at a time. */
const run = 24;

function sortRun(values: Float64Array, order: Int32Array, from: number, to: number): void {
  for (let i = from + 1; i < to; i++) {
    const value = values[i]!;
    const owner = order[i]!;
    let j = i - 1;
    while (j >= from && values[j]! > value) {
      values[j + 1] = values[j]!;
      order[j + 1] = order[j]!;
      j -= 1;
    }
    values[j + 1] = value;
    order[j + 1] = owner;
  }
}

/** Merges two sorted neighbors, [from, middle) and [middle, to). */
function merge(
  values: Float64Array,
  order: Int32Array,
  spareValues: Float64Array,
  spareOrder: Int32Array,
  from: number,
  middle: number,
  to: number,
): void {
  if (values[middle - 1]! <= values[middle]!) return;
  for (let i = from; i < middle; i++) {
    spareValues[i] = values[i]!;
    spareOrder[i] = order[i]!;
  }
  let left = from;
  let right = middle;
  for (let at = from; left < middle; at++) {
    if (right < to && values[right]! < spareValues[left]!) {
      values[at] = values[right]!;
      order[at] = order[right]!;
      right += 1;
    } else {
      values[at] = spareValues[left]!;
      order[at] = spareOrder[left]!;
      left += 1;
    }
  }
}
