/** A ring with some edges rewired to anywhere. Imports the seam, ring, math, valibot. */
import * as v from "valibot";
import { CofactorError } from "../../shared/errors.ts";
import { graphOf } from "../../shared/math/graph.ts";
import { uniqueEdges } from "./ring.ts";
import { isConnected, staticTopology, type TopologyDefinition } from "./topology.ts";

/** Options of a small world. */
export interface SmallWorldOptions {
  readonly kind: "small-world";
  /** Neighbors of an agent before rewiring, half of them on either side; even. */
  readonly degree: number;
  /** The chance of an edge to be rewired. */
  readonly rewiring: number;
}

/** Draws until one graph is connected: at sound options the first nearly always is. */
const attempts = 100;

/** Watts and Strogatz's small world. */
export const smallWorld: TopologyDefinition<SmallWorldOptions> = {
  kind: "small-world",
  summary: "A ring of near neighbors, a share of whose edges leads anywhere: short ways with few edges.",
  source: "Watts and Strogatz 1998, https://doi.org/10.1038/30918",
  options: v.strictObject({
    kind: v.literal("small-world"),
    degree: v.optional(v.pipe(v.number(), v.integer(), v.multipleOf(2), v.minValue(2), v.maxValue(128)), 4),
    rewiring: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.2),
  }),
  create({ degree, rewiring }, agents, rng) {
    if (degree >= agents) throw new CofactorError("CONFIG_INVALID", `"topology.degree" expected less than ${agents} agents, got ${degree}`);
    const near = uniqueEdges(
      agents,
      Array.from({ length: degree / 2 }, (_, at) => at + 1),
    );
    for (let attempt = 0; attempt < attempts; attempt++) {
      const draw = rng.fork("small-world", attempt);
      const edges = near.map(([from, to]) => [from, to] as [number, number]);
      const taken = new Set(edges.map(([from, to]) => key(from, to)));
      for (const edge of edges) {
        if (draw.float() >= rewiring) continue;
        const to = draw.below(agents);
        if (to === edge[0] || taken.has(key(edge[0], to))) continue;
        taken.delete(key(edge[0], edge[1]));
        taken.add(key(edge[0], to));
        edge[1] = to;
      }
      const graph = graphOf(agents, edges);
      if (isConnected(graph)) return staticTopology(graph, "small-world");
    }
    throw new CofactorError(
      "CONFIG_INVALID",
      `"topology.kind" small-world found no connected graph of ${agents} agents in ${attempts} draws`,
    );
  },
};

function key(a: number, b: number): string {
  return `${Math.min(a, b)} ${Math.max(a, b)}`;
}
