/** A ring, or several woven together. Imports the seam, math, valibot. */
import * as v from "valibot";
import { CofactorError } from "../../shared/errors.ts";
import { graphOf } from "../../shared/math/graph.ts";
import { staticTopology, type TopologyDefinition } from "./topology.ts";

/** Options of a ring. */
export interface RingOptions {
  readonly kind: "ring";
  /** Agent i is a neighbor of i + each of these, around the ring. */
  readonly steps: readonly number[];
}

/** A ring of agents. */
export const ring: TopologyDefinition<RingOptions> = {
  kind: "ring",
  summary: "Agents in a circle; every one knows those some steps away on either side.",
  source: "circulant graphs: Davis 1979, Circulant Matrices",
  options: v.strictObject({
    kind: v.literal("ring"),
    steps: v.optional(v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(1))), v.minLength(1), v.maxLength(64)), [1]),
  }),
  create({ steps }, agents) {
    const far = steps.find((step) => 2 * step > agents);
    if (far !== undefined)
      throw new CofactorError("CONFIG_INVALID", `"topology.steps" expected at most half of ${agents} agents, got ${far}`);
    return staticTopology(graphOf(agents, uniqueEdges(agents, steps)), "ring");
  },
};

/** Every edge of a woven ring once. */
export function uniqueEdges(agents: number, steps: readonly number[]): readonly (readonly [number, number])[] {
  const edges = new Map<string, readonly [number, number]>();
  for (let from = 0; from < agents; from++) {
    for (const step of steps) {
      const to = (from + step) % agents;
      if (to !== from) edges.set(`${Math.min(from, to)} ${Math.max(from, to)}`, [from, to]);
    }
  }
  return [...edges.values()];
}
