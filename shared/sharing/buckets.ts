/** Items' rows added up by buckets, and buckets' rows shared out among their items. Imports random, rows (a type). */
import { type Rng, shuffled } from "../random.ts";
import type { RowTensor } from "./rows.ts";

/** [items] the bucket of each: items in a drawn order, dealt out, so that every bucket gets as many, give or take one. */
export function drawBuckets(items: number, buckets: number, rng: Rng): Int32Array {
  const bucketOf = new Int32Array(items);
  for (const [place, item] of shuffled(items, rng).entries()) bucketOf[item] = place % buckets;
  return bucketOf;
}

/**
 * The rows of each bucket's items, added up: tensor by tensor, [buckets x width].
 * @param bucketOf [items]
 */
export function addUp(values: Float64Array, tensors: readonly RowTensor[], bucketOf: Int32Array, buckets: number): Float64Array {
  const out = new Float64Array(buckets * totalWidth(tensors));
  let to = 0;
  for (const { at, width } of tensors) {
    for (let item = 0; item < bucketOf.length; item++) {
      const cell = to + bucketOf[item]! * width;
      for (let i = 0; i < width; i++) out[cell + i] = out[cell + i]! + values[at + item * width + i]!;
    }
    to += buckets * width;
  }
  return out;
}

/** Every item's even share of its bucket's row: of a sum made by `addUp` it is the mean over the bucket. */
export function shareOut(sum: Float64Array, tensors: readonly RowTensor[], bucketOf: Int32Array, buckets: number): Float64Array {
  const sizes = bucketSizes(bucketOf, buckets);
  const out = new Float64Array(bucketOf.length * totalWidth(tensors));
  let from = 0;
  for (const { at, width } of tensors) {
    for (let item = 0; item < bucketOf.length; item++) {
      const bucket = bucketOf[item]!;
      const cell = from + bucket * width;
      for (let i = 0; i < width; i++) out[at + item * width + i] = sum[cell + i]! / sizes[bucket]!;
    }
    from += buckets * width;
  }
  return out;
}

/** [buckets] items of each. */
export function bucketSizes(bucketOf: Int32Array, buckets: number): Float64Array {
  const sizes = new Float64Array(buckets);
  for (const bucket of bucketOf) sizes[bucket]! += 1;
  return sizes;
}

function totalWidth(tensors: readonly RowTensor[]): number {
  return tensors.reduce((sum, { width }) => sum + width, 0);
}
