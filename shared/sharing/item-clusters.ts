/**
 * Clusters of items by public features: communities of the graph in which every item is joined to those that are most like it. Only makers of terms
 * load it. Imports math, random, the models' graph of items.
 */
import { type Edge, graphOf } from "../math/graph.ts";
import { louvain } from "../math/louvain.ts";
import { nearestItems } from "../models/item-graph.ts";
import type { ItemFeatures } from "../models/model.ts";
import { createRng, type Rng, shuffled } from "../random.ts";

/** How clusters are made. */
export interface ClusterOptions {
  /** Clusters, at most. */
  readonly count: number;
  /** Neighbors of an item in the graph. */
  readonly neighbors: number;
}

/** Halvings of the range of resolutions: more find no better one. */
const steps = 16;

/**
 * The cluster of each item, numbered from 0: [items].
 *
 * Guarantees: at most `count` clusters; the same features give the same clusters. Louvain's resolution is the largest tried that gives no more than
 * `count`; where even the smallest gives more (items that nothing joins), the smallest clusters are dealt out over the others.
 */
export function clusterItems(features: ItemFeatures, { count, neighbors }: ClusterOptions): Int32Array {
  const rng = createRng(0, "item-clusters");
  const graph = graphOf(features.values.length / features.count, edgesOf(features, neighbors, rng.fork("ties")));
  const at = (resolution: number): Int32Array => louvain(graph, resolution, rng.fork("order"));
  let [low, high] = [-8, 10];
  let best = at(2 ** low);
  for (let step = 0; step < steps; step++) {
    const middle = (low + high) / 2;
    const tried = at(2 ** middle);
    if (countOf(tried) > count) high = middle;
    else {
      low = middle;
      if (countOf(tried) >= countOf(best) || countOf(best) > count) best = tried;
    }
  }
  return mergeSmallest(best, count);
}

/** Each item and its nearest by the cosine of their features, with that as the weight; of equally near ones, drawn ones. */
function edgesOf({ values, count }: ItemFeatures, neighbors: number, rng: Rng): Edge[] {
  const items = values.length / count;
  // Of equally near ones the first are taken: in a drawn order, else the first of many equal items would be everyone's neighbor.
  const order = shuffled(items, rng);
  const reordered = new Float64Array(values.length);
  for (const [place, item] of order.entries()) reordered.set(values.subarray(item * count, (item + 1) * count), place * count);
  const nearest = nearestItems({ count, values: reordered }, items, neighbors);
  const edges: Edge[] = [];
  for (let place = 0; place < items * neighbors; place++) {
    const [other, cosine] = [nearest[2 * place]!, nearest[2 * place + 1]!];
    if (cosine > 0) edges.push([order[Math.floor(place / neighbors)]!, order[other]!, cosine]);
  }
  return edges;
}

function countOf(clusterOf: Int32Array): number {
  return clusterOf.reduce((most, cluster) => Math.max(most, cluster + 1), 0);
}

/** Deals the smallest clusters out over the others, the smaller ones first, where there are more than `count`; numbers them anew. */
function mergeSmallest(clusterOf: Int32Array, count: number): Int32Array {
  const members = Array.from({ length: countOf(clusterOf) }, (): number[] => []);
  for (const [item, cluster] of clusterOf.entries()) members[cluster]!.push(item);
  members.sort((a, b) => b.length - a.length || a[0]! - b[0]!);
  const out = new Int32Array(clusterOf.length);
  for (const [place, list] of members.entries()) {
    const cluster = place < count ? place : count - 1 - ((place - count) % count);
    for (const item of list) out[item] = cluster;
  }
  return out;
}
