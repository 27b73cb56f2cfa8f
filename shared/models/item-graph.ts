/**
 * A public graph of alike items: every item beside the nearest by the cosine of their public features. Imports math, model.ts.
 *
 * Source: nearest-neighbor graphs for factorization, Cai et al. 2011, https://doi.org/10.1109/TPAMI.2010.231
 */
import { dot } from "../math/linear.ts";
import { topItems } from "../math/top.ts";
import type { ItemFeatures } from "./model.ts";

/** A symmetric graph with weights, by rows: the edges of item i are at `rowStart[i]` to before `rowStart[i + 1]`. */
export interface ItemGraph {
  /** [items + 1]. */
  readonly rowStart: Int32Array;
  /** [edges] the other end; a pair that chose each other has two edges. */
  readonly neighbor: Int32Array;
  /** [edges] above zero. */
  readonly weight: Float64Array;
  /** [items] the sum of an item's weights. */
  readonly degree: Float64Array;
}

/**
 * The `neighbors` nearest of every item and their cosines, as numbers that a state can hold: [items x neighbors x 2], item and cosine.
 *
 * Cost: items^2 times features, once in a run. Guarantees: the same everywhere; of equally near items the first. Edge cases: items
 * at no positive cosine are no neighbors, so that places may stay empty (cosine 0); items without features have none.
 */
export function nearestItems({ count, values }: ItemFeatures, items: number, neighbors: number): Float64Array {
  const unit = values.slice();
  for (let item = 0; item < items; item++) {
    const norm = Math.sqrt(dot(values, item * count, values, item * count, count));
    for (let at = item * count; at < (item + 1) * count; at++) unit[at] = norm > 0 ? unit[at]! / norm : 0;
  }
  const nearest = new Float64Array(items * neighbors * 2);
  const cosines = new Float64Array(items);
  for (let item = 0; item < items; item++) {
    for (let other = 0; other < items; other++) cosines[other] = dot(unit, item * count, unit, other * count, count);
    for (const [place, other] of topItems(cosines, neighbors, Int32Array.of(item)).entries()) {
      if (!(cosines[other]! > 0)) break;
      nearest.set([other, cosines[other]!], (item * neighbors + place) * 2);
    }
  }
  return nearest;
}

/**
 * The symmetric graph of what `nearestItems` gave: each item joins its nearest, an edge's weight is cosine / (2 neighbors), so that who is chosen
 * as often as it chooses has a degree near 1.
 */
export function openGraph(nearest: Float64Array, items: number, neighbors: number): ItemGraph {
  const rowStart = new Int32Array(items + 1);
  eachEdge(nearest, items, neighbors, (from) => {
    rowStart[from + 1] = rowStart[from + 1]! + 1;
  });
  for (let item = 0; item < items; item++) rowStart[item + 1] = rowStart[item + 1]! + rowStart[item]!;
  const neighbor = new Int32Array(rowStart[items]!);
  const weight = new Float64Array(rowStart[items]!);
  const degree = new Float64Array(items);
  const next = rowStart.slice();
  eachEdge(nearest, items, neighbors, (from, to, cosine) => {
    const at = next[from]!;
    next[from] = at + 1;
    neighbor[at] = to;
    weight[at] = cosine / (2 * neighbors);
    degree[from] = degree[from]! + weight[at]!;
  });
  return { rowStart, neighbor, weight, degree };
}

/** Both directions of every edge. */
function eachEdge(
  nearest: Float64Array,
  items: number,
  neighbors: number,
  visit: (from: number, to: number, cosine: number) => void,
): void {
  for (let place = 0; place < items * neighbors; place++) {
    const cosine = nearest[2 * place + 1]!;
    if (cosine === 0) continue;
    const from = Math.floor(place / neighbors);
    const to = nearest[2 * place]!;
    visit(from, to, cosine);
    visit(to, from, cosine);
  }
}
