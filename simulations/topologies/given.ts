/** A graph that is written down. Imports the seam, math, valibot. */
import * as v from "valibot";
import { CofactorError } from "../../shared/errors.ts";
import { graphOf } from "../../shared/math/graph.ts";
import { staticTopology, type TopologyDefinition } from "./topology.ts";

/** Options of a given graph. */
export interface GivenOptions {
  readonly kind: "given";
  /** Pairs of agents, counted from 0. Empty: everybody knows everybody. */
  readonly edges: readonly (readonly [number, number])[];
}

const agent = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The edges of a list. */
export const given: TopologyDefinition<GivenOptions> = {
  kind: "given",
  summary: "The edges that are listed; without a list everybody knows everybody.",
  source: "a scenario's own list",
  options: v.strictObject({
    kind: v.literal("given"),
    edges: v.optional(v.pipe(v.array(v.tuple([agent, agent])), v.maxLength(1_000_000)), []),
  }),
  create({ edges }, agents) {
    const all = edges.length > 0 ? edges : complete(agents);
    const named = new Map<string, readonly [number, number]>();
    for (const [from, to] of all) {
      if (from === to || from >= agents || to >= agents) {
        throw new CofactorError("CONFIG_INVALID", `"topology.edges" expected two of ${agents} agents in each pair, got [${from}, ${to}]`);
      }
      named.set(`${Math.min(from, to)} ${Math.max(from, to)}`, [from, to]);
    }
    return staticTopology(graphOf(agents, named.values()), "given");
  },
};

function complete(agents: number): readonly (readonly [number, number])[] {
  const edges: [number, number][] = [];
  for (let from = 0; from < agents; from++) for (let to = from + 1; to < agents; to++) edges.push([from, to]);
  return edges;
}
