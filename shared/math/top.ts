/** The best items by score, with a bounded heap. Imports check.ts. */
import { integer } from "../check.ts";

/**
 * The indices of the `count` greatest scores, best first.
 *
 * Guarantees: equal scores keep the lower index first, so the answer is the same on every platform; `scores` is not
 * modified; O(n log count) time, O(count) memory.
 * Edge cases: fewer candidates than `count` -> all of them; NaN is never chosen; infinities are ordinary scores.
 *
 * @param excluded indices to leave out, ascending; by default none
 * @example topItems(Float64Array.of(0.1, 0.7, 0.7), 2) // Int32Array [1, 2]
 */
export function topItems(scores: Float64Array, count: number, excluded?: Int32Array): Int32Array {
  integer(count, 0, 0x7fff_ffff, "count");
  const heap = new Int32Array(Math.min(count, scores.length));
  let size = 0;
  let next = 0;
  for (let item = 0; item < scores.length; item++) {
    if (excluded !== undefined) {
      while (next < excluded.length && excluded[next]! < item) next++;
      if (excluded[next] === item) continue;
    }
    const score = scores[item]!;
    if (Number.isNaN(score)) continue;
    if (size < heap.length) {
      heap[size] = item;
      siftUp(scores, heap, size++);
    } else if (size > 0 && score > scores[heap[0]!]!) {
      // Items come in ascending order: an equal score is worse than the root, by its index.
      heap[0] = item;
      siftDown(scores, heap, size);
    }
  }
  // Taking the worst out again and again fills the answer from its end.
  for (let end = size - 1; end > 0; end--) {
    const worst = heap[0]!;
    heap[0] = heap[end]!;
    heap[end] = worst;
    siftDown(scores, heap, end);
  }
  return heap.subarray(0, size);
}

/** True when item `a` comes after item `b`. */
function isWorse(scores: Float64Array, a: number, b: number): boolean {
  const difference = scores[a]! - scores[b]!;
  return difference < 0 || (!(difference > 0) && scores[a] === scores[b] && a > b);
}

/** Moves the entry at `at` towards the root, the worst entry's place. */
function siftUp(scores: Float64Array, heap: Int32Array, at: number): void {
  const item = heap[at]!;
  let child = at;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!isWorse(scores, item, heap[parent]!)) break;
    heap[child] = heap[parent]!;
    child = parent;
  }
  heap[child] = item;
}

/** Moves the root away from its place, as far as needed. */
function siftDown(scores: Float64Array, heap: Int32Array, size: number): void {
  const item = heap[0]!;
  let parent = 0;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= size) break;
    if (child + 1 < size && isWorse(scores, heap[child + 1]!, heap[child]!)) child++;
    if (!isWorse(scores, heap[child]!, item)) break;
    heap[parent] = heap[child]!;
    parent = child;
  }
  heap[parent] = item;
}
