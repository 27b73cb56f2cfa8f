/**
 * One row for a bucket of items that are alike in public: as hashed rows, but items that learn together have something in common. Imports the
 * seam, buckets, rows, crypto's encoding, errors, random, valibot.
 *
 * Items are in clusters, and buckets are drawn within each, for the run or anew in every round. With as many clusters as buckets a cluster is one
 * bucket, as GraphHash has it; with fewer, items learn with other ones of their kind in every round, and stay apart in the end.
 *
 * The clusters are communities of a graph over public features of items (item-clusters.ts), made once by whoever makes the terms, and written into
 * the terms: they are signed with them, the same on every device, and no device makes them. Nobody's ratings come in: clusters of who rated what
 * would be a release about people.
 *
 * Source: GraphHash, Wu et al. 2025, https://arxiv.org/abs/2412.17245, which clusters the graph of users and items instead
 */
import * as v from "valibot";
import { fromBase64url, toBase64url } from "../crypto/encoding.ts";
import { CofactorError } from "../errors.ts";
import { createRng } from "../random.ts";
import { addUp, bucketSizes, drawBuckets, shareOut } from "./buckets.ts";
import { rowTensors, specOf } from "./rows.ts";
import type { SharingDefinition } from "./sharing.ts";

/** Options of clustered rows. */
export interface ClusteredRowsOptions {
  readonly kind: "clustered-rows";
  /** Buckets over items, in each cluster; at least one for each. */
  readonly share: number;
  /** Whether buckets are drawn once, or anew in every round. */
  readonly redraw: "never" | "each-round";
  /** Clusters, at most: what is asked of whoever makes them. */
  readonly count: number;
  /** Neighbors of an item in the graph of features. */
  readonly neighbors: number;
  /** The cluster of each item: 16 bits each, little-endian, base64url. By default made of the items' public features. */
  readonly clusters?: string | undefined;
}

/** Terms are at most 60,000 characters long. */
const mostItems = 20_000;

/** A row for a cluster. */
export const clusteredRows: SharingDefinition<ClusteredRowsOptions> = {
  kind: "clustered-rows",
  summary: "One row for a bucket of items that are alike by public features: they learn together.",
  source: "Wu et al. 2025, https://arxiv.org/abs/2412.17245",
  options: v.strictObject({
    kind: v.literal("clustered-rows"),
    share: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1)), 0.25),
    redraw: v.optional(v.picklist(["never", "each-round"]), "each-round"),
    count: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(65_536)), 20),
    neighbors: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1000)), 10),
    clusters: v.optional(v.pipe(v.string(), v.maxLength(Math.ceil((mostItems * 8) / 3)))),
  }),
  async plan(options, items, itemFeatures) {
    if (options.clusters !== undefined) return options;
    if (items > mostItems) throw refusal(`at most ${mostItems} items, got ${items}`, "sharing hashed-rows");
    if (itemFeatures === undefined) throw refusal('"clusters", or public features of the items to make them of', "sharing hashed-rows");
    const { clusterItems } = await import("./item-clusters.ts");
    return { ...options, clusters: encodeClusters(clusterItems(itemFeatures, options)) };
  },
  create({ share, redraw, clusters }, { items, contribution, label }) {
    if (clusters === undefined) throw refusal('"clusters" in the terms', "make the run by planRun, with public features of the items");
    const tensors = rowTensors("clustered-rows", contribution, items);
    const total = tensors.reduce((sum, { width }) => sum + width, 0);
    const members = membersOf(decodeClusters(clusters, items));
    const bucketsOf = members.map(({ length }) => Math.max(1, Math.round(share * length)));
    const count = bucketsOf.reduce((sum, buckets) => sum + buckets, 0);
    let known: { readonly round: number; readonly bucketOf: Int32Array } | undefined;
    const bucketsIn = (round: number): Int32Array => {
      const key = redraw === "never" ? 0 : round;
      if (known?.round !== key) {
        const bucketOf = new Int32Array(items);
        const rng = createRng(0, "clustered-rows", label, key);
        let first = 0;
        for (const [cluster, list] of members.entries()) {
          for (const [place, at] of drawBuckets(list.length, bucketsOf[cluster]!, rng).entries()) bucketOf[list[place]!] = first + at;
          first += bucketsOf[cluster]!;
        }
        known = { round: key, bucketOf };
      }
      return known.bucketOf;
    };
    // Who is in which bucket changes, sizes do not.
    const sizes = bucketSizes(bucketsIn(1), count);
    return {
      kind: "clustered-rows",
      size: count * total,
      spec: specOf(tensors, ({ width }) => [count, width]),
      encode: (values, round) => addUp(values, tensors, bucketsIn(round), count),
      decode: (sum, round) => shareOut(sum, tensors, bucketsIn(round), count),
      // An item in a bucket of s has 1 / s^2 of the variance of the bucket's entry.
      noiseGain: Math.sqrt(sizes.reduce((sum, size) => sum + 1 / size, 0) / items),
      entryGain: sizes.reduce((most, size) => Math.max(most, size), 0),
    };
  },
};

/** The items of each cluster. @throws CofactorError CONFIG_INVALID for a number that no item has */
function membersOf(clusterOf: Int32Array): readonly (readonly number[])[] {
  const members = Array.from({ length: clusterOf.reduce((most, cluster) => Math.max(most, cluster + 1), 0) }, (): number[] => []);
  for (const [item, cluster] of clusterOf.entries()) members[cluster]!.push(item);
  if (members.every(({ length }) => length > 0)) return members;
  throw refusal("clusters to be numbered from 0 without a gap", "the clusters that planRun makes");
}

/** The option `clusters` for the cluster of each item. */
export function encodeClusters(clusterOf: Int32Array): string {
  const bytes = new Uint8Array(2 * clusterOf.length);
  const view = new DataView(bytes.buffer);
  for (const [item, cluster] of clusterOf.entries()) view.setUint16(2 * item, cluster, true);
  return toBase64url(bytes);
}

function decodeClusters(text: string, items: number): Int32Array {
  const bytes = bytesOf(text);
  if (bytes?.length !== 2 * items) throw refusal(`"clusters" of 16 bits for each of ${items} items`, "the clusters that planRun makes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Int32Array.from({ length: items }, (_, item) => view.getUint16(2 * item, true));
}

function bytesOf(text: string): Uint8Array | undefined {
  try {
    return fromBase64url(text);
  } catch {
    return undefined;
  }
}

function refusal(expected: string, nearest: string): CofactorError {
  return new CofactorError("CONFIG_INVALID", `sharing "clustered-rows" expected ${expected}; nearest: ${nearest}`);
}
