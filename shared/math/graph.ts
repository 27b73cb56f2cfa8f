/** Undirected weighted graphs in compressed form. Imports check.ts. */
import { integer } from "../check.ts";

/** A graph; every edge between two nodes is there from both sides, a loop once. */
export interface Graph {
  readonly nodes: number;
  /** [nodes + 1]; the neighbors of node i are rowStart[i] .. rowStart[i + 1] - 1 of the other two. */
  readonly rowStart: Int32Array;
  readonly neighbor: Int32Array;
  /** Above zero. */
  readonly weight: Float64Array;
}

/** An edge, named once. */
export type Edge = readonly [from: number, to: number, weight?: number];

/**
 * The graph of some edges; weights of edges that are named several times, in either direction, add up.
 * @throws RangeError for nodes that are not there and weights that are not above zero
 */
export function graphOf(nodes: number, edges: Iterable<Edge>): Graph {
  const rows = Array.from({ length: nodes }, () => new Map<number, number>());
  const add = (from: number, to: number, weight: number): void => void rows[from]!.set(to, (rows[from]!.get(to) ?? 0) + weight);
  for (const [from, to, weight = 1] of edges) {
    integer(from, 0, nodes - 1, "edge");
    integer(to, 0, nodes - 1, "edge");
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) throw new RangeError('"weight" expected a finite number above zero');
    add(from, to, weight);
    if (from !== to) add(to, from, weight);
  }
  const rowStart = new Int32Array(nodes + 1);
  for (const [node, row] of rows.entries()) rowStart[node + 1] = rowStart[node]! + row.size;
  const neighbor = new Int32Array(rowStart[nodes]!);
  const weight = new Float64Array(rowStart[nodes]!);
  for (const [node, row] of rows.entries()) {
    const sorted = [...row].sort(([a], [b]) => a - b);
    for (const [at, [to, value]] of sorted.entries()) {
      neighbor[rowStart[node]! + at] = to;
      weight[rowStart[node]! + at] = value;
    }
  }
  return { nodes, rowStart, neighbor, weight };
}

/** [nodes] the weights around each node; a loop counts twice. */
export function degreesOf({ nodes, rowStart, neighbor, weight }: Graph): Float64Array {
  const degrees = new Float64Array(nodes);
  for (let node = 0; node < nodes; node++) {
    for (let at = rowStart[node]!; at < rowStart[node + 1]!; at++) degrees[node]! += neighbor[at] === node ? 2 * weight[at]! : weight[at]!;
  }
  return degrees;
}
