/** Agents somewhere in a square, neighbors of those within reach. Imports the seam, math, valibot. */
import * as v from "valibot";
import { CofactorError } from "../../shared/errors.ts";
import { graphOf } from "../../shared/math/graph.ts";
import { isConnected, staticTopology, type TopologyDefinition } from "./topology.ts";

/** Options of a random geometric graph. */
export interface RandomGeometricOptions {
  readonly kind: "random-geometric";
  /** How far an agent reaches, in sides of the square; 0 takes the least reach that nearly always connects. */
  readonly radius: number;
}

const attempts = 100;

/** A random geometric graph: radios on a field. */
export const randomGeometric: TopologyDefinition<RandomGeometricOptions> = {
  kind: "random-geometric",
  summary: "Agents anywhere in a unit square; neighbors are those within reach, as of radios on a field.",
  source: "Gilbert 1961, https://doi.org/10.1137/0109045; connectivity: Penrose 1997, https://doi.org/10.1214/aoap/1034625335",
  options: v.strictObject({
    kind: v.literal("random-geometric"),
    radius: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2)), 0),
  }),
  create({ radius }, agents, rng) {
    const reach = radius > 0 ? radius : Math.sqrt((2 * Math.log(agents + 1)) / (Math.PI * agents));
    for (let attempt = 0; attempt < attempts; attempt++) {
      const draw = rng.fork("random-geometric", attempt);
      const places = Float64Array.from({ length: 2 * agents }, () => draw.float());
      const edges: [number, number][] = [];
      for (let a = 0; a < agents; a++) {
        for (let b = a + 1; b < agents; b++) {
          if (Math.hypot(places[2 * a]! - places[2 * b]!, places[2 * a + 1]! - places[2 * b + 1]!) <= reach) edges.push([a, b]);
        }
      }
      const graph = graphOf(agents, edges);
      if (isConnected(graph)) return staticTopology(graph, "random-geometric");
    }
    throw new CofactorError(
      "CONFIG_INVALID",
      `"topology.radius" ${reach} found no connected graph of ${agents} agents in ${attempts} draws: reach further`,
    );
  },
};
