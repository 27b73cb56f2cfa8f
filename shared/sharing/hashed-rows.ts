/**
 * One row for a bucket of items: the rows of a bucket's items are added up, and the bucket's sum, shared out among them, moves them all. Imports
 * the seam, buckets, rows, random, valibot.
 *
 * Buckets are drawn in public, for the run or anew in every round. Items of a bucket then learn together, more precisely: they get their mean.
 * Fewer rows, so less to encrypt, and less noise on each item: a bucket's noise is shared out too.
 *
 * Source: hashed embeddings, Weinberger et al. 2009, https://arxiv.org/abs/0902.2206; for recommenders: Wu et al. 2025, GraphHash,
 * https://arxiv.org/abs/2412.17245
 */
import * as v from "valibot";
import { createRng } from "../random.ts";
import { addUp, drawBuckets, shareOut } from "./buckets.ts";
import { rowTensors, specOf } from "./rows.ts";
import type { SharingDefinition } from "./sharing.ts";

/** Options of hashed rows. */
export interface HashedRowsOptions {
  readonly kind: "hashed-rows";
  /** Buckets over items. */
  readonly share: number;
  /** Whether buckets are drawn once, or anew in every round, so that no two items stay together. */
  readonly redraw: "never" | "each-round";
}

/** A row for a bucket. */
export const hashedRows: SharingDefinition<HashedRowsOptions> = {
  kind: "hashed-rows",
  summary: "One row for a bucket of items, drawn in public: they learn together.",
  source: "Weinberger et al. 2009, https://arxiv.org/abs/0902.2206",
  options: v.strictObject({
    kind: v.literal("hashed-rows"),
    share: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1)), 0.25),
    redraw: v.optional(v.picklist(["never", "each-round"]), "each-round"),
  }),
  create({ share, redraw }, { items, contribution, label }) {
    const tensors = rowTensors("hashed-rows", contribution, items);
    const buckets = Math.max(1, Math.round(share * items));
    const total = tensors.reduce((sum, { width }) => sum + width, 0);
    let known: { readonly round: number; readonly bucketOf: Int32Array } | undefined;
    const bucketsIn = (round: number): Int32Array => {
      const key = redraw === "never" ? 0 : round;
      if (known?.round !== key) known = { round: key, bucketOf: drawBuckets(items, buckets, createRng(0, "hashed-rows", label, key)) };
      return known.bucketOf;
    };
    // Buckets differ in size by one at most: the larger ones are what bounds the entries.
    const members = Math.ceil(items / buckets);
    return {
      kind: "hashed-rows",
      size: buckets * total,
      spec: specOf(tensors, ({ width }) => [buckets, width]),
      encode: (values, round) => addUp(values, tensors, bucketsIn(round), buckets),
      decode: (sum, round) => shareOut(sum, tensors, bucketsIn(round), buckets),
      noiseGain: buckets / items,
      entryGain: members,
    };
  },
};
