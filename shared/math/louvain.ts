/**
 * Communities of a graph: a partition of high modularity, by moving nodes and then folding communities into nodes, again and again. Imports
 * graph, random.
 *
 * Source: Blondel et al. 2008, https://arxiv.org/abs/0803.0476; resolution: Reichardt and Bornholdt 2006, https://arxiv.org/abs/cond-mat/0603718
 */
import { type Rng, shuffled } from "../random.ts";
import { degreesOf, type Edge, type Graph, graphOf } from "./graph.ts";

/**
 * Modularity of a partition: the share of weight inside communities, less `resolution` times what degrees alone would put there.
 * Edge cases: a graph without edges has 0.
 * @param community [nodes]
 */
export function modularity(graph: Graph, community: Int32Array, resolution = 1): number {
  const degrees = degreesOf(graph);
  const total = degrees.reduce((sum, degree) => sum + degree, 0);
  if (total === 0) return 0;
  const degreeOf = new Float64Array(graph.nodes);
  let inside = 0;
  for (let node = 0; node < graph.nodes; node++) {
    degreeOf[community[node]!]! += degrees[node]!;
    for (let at = graph.rowStart[node]!; at < graph.rowStart[node + 1]!; at++) {
      const other = graph.neighbor[at]!;
      if (community[other] === community[node]) inside += other === node ? 2 * graph.weight[at]! : graph.weight[at]!;
    }
  }
  return inside / total - resolution * degreeOf.reduce((sum, degree) => sum + (degree / total) ** 2, 0);
}

/**
 * Communities by number, from 0 in the order of their first nodes: [nodes].
 *
 * Guarantees: the same graph, resolution and generator give the same communities on every platform; modularity never below that of every node by
 * itself; a node without edges is a community of its own.
 * @param resolution the larger, the smaller the communities; 1 is modularity itself
 * @param rng the order in which nodes are tried
 */
export function louvain(graph: Graph, resolution: number, rng: Rng): Int32Array {
  let community: Int32Array = Int32Array.from({ length: graph.nodes }, (_, node) => node);
  let folded = graph;
  for (;;) {
    const moved = numbered(moveNodes(folded, resolution, rng));
    const count = moved.reduce((most, number) => Math.max(most, number), -1) + 1;
    if (count === folded.nodes) return community;
    community = numbered(community.map((node) => moved[node]!));
    folded = foldNodes(folded, moved, count);
  }
}

/** Moves nodes one by one to where modularity gains most, until none gains. */
function moveNodes(graph: Graph, resolution: number, rng: Rng): Int32Array {
  const { nodes, rowStart, neighbor, weight } = graph;
  const degrees = degreesOf(graph);
  const total = degrees.reduce((sum, degree) => sum + degree, 0);
  const community = Int32Array.from({ length: nodes }, (_, node) => node);
  const degreeOf = degrees.slice();
  const order = shuffled(nodes, rng);
  /** Weight between the node at hand and each community; zero for all but those in `near`. */
  const toward = new Float64Array(nodes);
  const near = new Int32Array(nodes);
  // A gain must be more than rounding, else two nodes could change places for ever.
  const least = 1e-12 * Math.max(1, total);
  for (let hasMoved = total > 0; hasMoved; ) {
    hasMoved = false;
    for (const node of order) {
      const own = community[node]!;
      let count = 0;
      for (let at = rowStart[node]!; at < rowStart[node + 1]!; at++) {
        const other = neighbor[at]!;
        if (other === node) continue;
        const there = community[other]!;
        if (toward[there] === 0) near[count++] = there;
        toward[there]! += weight[at]!;
      }
      degreeOf[own]! -= degrees[node]!;
      const pull = (resolution * degrees[node]!) / total;
      let best = own;
      let bestGain = toward[own]! - pull * degreeOf[own]!;
      for (let i = 0; i < count; i++) {
        const gain = toward[near[i]!]! - pull * degreeOf[near[i]!]!;
        if (gain > bestGain + least) {
          best = near[i]!;
          bestGain = gain;
        }
      }
      for (let i = 0; i < count; i++) toward[near[i]!] = 0;
      degreeOf[best]! += degrees[node]!;
      community[node] = best;
      hasMoved ||= best !== own;
    }
  }
  return community;
}

/** Communities as nodes: what is inside becomes a loop. */
function foldNodes({ nodes, rowStart, neighbor, weight }: Graph, community: Int32Array, count: number): Graph {
  const edges: Edge[] = [];
  for (let node = 0; node < nodes; node++) {
    for (let at = rowStart[node]!; at < rowStart[node + 1]!; at++) {
      const other = neighbor[at]!;
      if (node <= other) edges.push([community[node]!, community[other]!, weight[at]!]);
    }
  }
  return graphOf(count, edges);
}

/** The same partition with numbers from 0, in the order in which they first occur. */
function numbered(community: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  return community.map((old) => {
    const known = numbers.get(old);
    if (known !== undefined) return known;
    numbers.set(old, numbers.size);
    return numbers.size - 1;
  });
}
