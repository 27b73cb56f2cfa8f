/** A topology whose edges come and go. Imports the seam, the static topologies, math, valibot. */
import * as v from "valibot";
import { CofactorError } from "../../shared/errors.ts";
import { graphOf } from "../../shared/math/graph.ts";
import { shuffled } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { given } from "./given.ts";
import { grid } from "./grid.ts";
import { randomGeometric } from "./random-geometric.ts";
import { ring } from "./ring.ts";
import { smallWorld } from "./small-world.ts";
import { edgesOf, type TopologyDefinition } from "./topology.ts";

/** Options of a changing topology. */
export interface ChangingOptions {
  readonly kind: "changing";
  /** The topology that edges are taken from: `{kind, ...}` of any static one. */
  readonly of: { readonly kind: string; readonly [option: string]: unknown };
  /** How long a graph lasts, in ms. */
  readonly epochMs: number;
  /** The chance of an edge beyond a spanning tree to be there in an epoch. */
  readonly keep: number;
}

const bases: readonly TopologyDefinition[] = [ring, grid, smallWorld, randomGeometric, given];

/** In each epoch a random spanning tree of another topology, and some of its other edges. */
export const changing: TopologyDefinition<ChangingOptions> = {
  kind: "changing",
  summary: "Another topology whose edges come and go: a new spanning tree and a share of the rest in each epoch.",
  source: "switching topologies: Olfati-Saber and Murray 2004, https://doi.org/10.1109/TAC.2004.834113",
  options: v.strictObject({
    kind: v.literal("changing"),
    of: v.optional(v.looseObject({ kind: v.string() }), { kind: "small-world" }),
    epochMs: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(86_400_000)), 10_000),
    keep: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.5),
  }),
  create({ of, epochMs, keep }, agents, rng) {
    const { definition, options } = resolveSection(bases, of, "topology.of");
    const base = definition.create(options, agents, rng).graphAt(0);
    const edges = edgesOf(base);
    if (agents < 2) throw new CofactorError("CONFIG_INVALID", `"topology.kind" changing expected at least 2 agents, got ${agents}`);
    return {
      agents,
      epochMs,
      graphAt(epoch) {
        const draw = rng.fork("changing", epoch);
        const root = Int32Array.from({ length: agents }, (_, node) => node);
        const find = (node: number): number => {
          let at = node;
          while (root[at] !== at) at = root[at]!;
          return at;
        };
        // Kruskal's tree in a drawn order of the edges.
        const kept = [...shuffled(edges.length, draw)].filter((at) => {
          const [from, to] = edges[at]!;
          const apart = find(from) !== find(to);
          if (apart) root[find(from)] = find(to);
          return draw.float() < keep || apart;
        });
        return graphOf(
          agents,
          kept.map((at) => edges[at]!),
        );
      },
    };
  },
};
