/**
 * The seam for topologies: which agents are neighbors, once or from time to time. One file per topology; index.ts lists them. Imports
 * math, registry.
 */
import { CofactorError } from "../../shared/errors.ts";
import type { Graph } from "../../shared/math/graph.ts";
import type { Rng } from "../../shared/random.ts";
import type { Definition } from "../../shared/registry.ts";

/** Who is whose neighbor. */
export interface Topology {
  readonly agents: number;
  /** How long a graph lasts in ms of simulated time; 0 when there is one for ever. */
  readonly epochMs: number;
  /** The graph of an epoch, from 0: connected, without loops, every weight 1. */
  graphAt(epoch: number): Graph;
}

/** A topology's entry in the index. */
export interface TopologyDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  /** @throws CofactorError CONFIG_INVALID for a number of agents that the options do not fit, or when no connected graph is found */
  create(options: Options, agents: number, rng: Rng): Topology;
}

/** One graph for ever. @throws CofactorError CONFIG_INVALID unless it is connected */
export function staticTopology(graph: Graph, kind: string): Topology {
  if (!isConnected(graph)) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"topology.kind" ${kind} expected a connected graph of ${graph.nodes} agents with these options`,
    );
  }
  return { agents: graph.nodes, epochMs: 0, graphAt: () => graph };
}

/** True when every node can be reached from the first. */
export function isConnected({ nodes, rowStart, neighbor }: Graph): boolean {
  const seen = new Uint8Array(nodes);
  const open = [0];
  seen[0] = 1;
  let count = 1;
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (let at = rowStart[node]!; at < rowStart[node + 1]!; at++) {
      const next = neighbor[at]!;
      if (seen[next] === 1) continue;
      seen[next] = 1;
      count += 1;
      open.push(next);
    }
  }
  return count === nodes;
}

/** The neighbors of a node, ascending. */
export function neighborsOf({ rowStart, neighbor }: Graph, node: number): readonly number[] {
  return [...neighbor.subarray(rowStart[node]!, rowStart[node + 1]!)];
}

/** Every edge once, the smaller node first. */
export function edgesOf(graph: Graph): readonly (readonly [number, number])[] {
  const edges: (readonly [number, number])[] = [];
  for (let node = 0; node < graph.nodes; node++) for (const other of neighborsOf(graph, node)) if (node < other) edges.push([node, other]);
  return edges;
}
