/** A grid of agents, as near to a square as their number allows. Imports the seam, math, valibot. */
import * as v from "valibot";
import { graphOf } from "../../shared/math/graph.ts";
import { staticTopology, type TopologyDefinition } from "./topology.ts";

/** Options of a grid: none. */
export interface GridOptions {
  readonly kind: "grid";
}

/** A grid: neighbors left, right, above and below. The last row may be short. */
export const grid: TopologyDefinition<GridOptions> = {
  kind: "grid",
  summary: "Agents in rows and columns; neighbors left, right, above and below.",
  source: "lattice graphs: Harary 1969, Graph Theory, chapter 2",
  options: v.strictObject({ kind: v.literal("grid") }),
  create(_, agents) {
    const columns = Math.ceil(Math.sqrt(agents));
    const edges: [number, number][] = [];
    for (let node = 0; node < agents; node++) {
      if ((node + 1) % columns !== 0 && node + 1 < agents) edges.push([node, node + 1]);
      if (node + columns < agents) edges.push([node, node + columns]);
    }
    return staticTopology(graphOf(agents, edges), "grid");
  },
};
