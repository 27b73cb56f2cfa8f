/** Every topology of the index passes the one suite: connected, symmetric, repeatable, without loops. */
import { describe, expect, it } from "vitest";
import { degreesOf } from "../../shared/math/graph.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { topologies } from "../../simulations/topologies/index.ts";
import { edgesOf, isConnected, neighborsOf, type Topology } from "../../simulations/topologies/topology.ts";

const create = (section: { kind: string; [option: string]: unknown }, agents: number, seed: number): Topology => {
  const { definition, options } = resolveSection(topologies, section, "topology");
  return definition.create(options, agents, createRng(seed, "topology"));
};

describe.each(topologies.map(({ kind }) => kind))("topology %s", (kind) => {
  it.each([5, 10, 37])("gives connected graphs of %i agents without loops, every edge from both sides and once", (agents) => {
    for (let seed = 1; seed <= 5; seed++) {
      const topology = create({ kind }, agents, seed);
      for (const epoch of [0, 1, 7]) {
        const graph = topology.graphAt(epoch);
        expect(graph.nodes).toBe(agents);
        expect(isConnected(graph)).toBe(true);
        expect(graph.weight.every((weight) => weight === 1)).toBe(true);
        for (let node = 0; node < agents; node++) {
          expect(neighborsOf(graph, node)).not.toContain(node);
          for (const other of neighborsOf(graph, node)) expect(neighborsOf(graph, other)).toContain(node);
        }
      }
    }
  });

  it("gives the same graphs for the same seed", () => {
    expect(create({ kind }, 12, 3).graphAt(4)).toEqual(create({ kind }, 12, 3).graphAt(4));
  });

  it("names its source and says what it is", () => {
    const definition = topologies.find((topology) => topology.kind === kind)!;
    expect(definition.source.length).toBeGreaterThan(10);
    expect(definition.summary.endsWith(".")).toBe(true);
  });
});

describe("the topologies", () => {
  it("have the degrees of their kind", () => {
    expect([...degreesOf(create({ kind: "ring" }, 9, 1).graphAt(0))]).toEqual(new Array(9).fill(2));
    expect([...degreesOf(create({ kind: "ring", steps: [1, 3] }, 10, 1).graphAt(0))]).toEqual(new Array(10).fill(4));
    expect([...degreesOf(create({ kind: "grid" }, 9, 1).graphAt(0))]).toEqual([2, 3, 2, 3, 4, 3, 2, 3, 2]);
    expect([...degreesOf(create({ kind: "given" }, 4, 1).graphAt(0))]).toEqual([3, 3, 3, 3]);
    expect(edgesOf(create({ kind: "small-world", degree: 6 }, 30, 1).graphAt(0))).toHaveLength(90);
    expect(
      edgesOf(
        create(
          {
            kind: "given",
            edges: [
              [0, 1],
              [2, 1],
              [1, 0],
            ],
          },
          3,
          1,
        ).graphAt(0),
      ),
    ).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it("draw other graphs for another seed, and rewire more at a higher chance", () => {
    expect(create({ kind: "small-world" }, 30, 1).graphAt(0)).not.toEqual(create({ kind: "small-world" }, 30, 2).graphAt(0));
    const kept = (rewiring: number): number => {
      const near = edgesOf(create({ kind: "small-world", rewiring: 0 }, 60, 1).graphAt(0)).map(String);
      return edgesOf(create({ kind: "small-world", rewiring }, 60, 1).graphAt(0)).filter((edge) => near.includes(String(edge))).length;
    };
    expect(kept(0)).toBe(120);
    expect(kept(0.2)).toBeLessThan(115);
    expect(kept(0.9)).toBeLessThan(40);
  });

  it("change from epoch to epoch within their base, down to a tree", () => {
    const tree = create({ kind: "changing", of: { kind: "ring", steps: [1, 2] }, keep: 0 }, 12, 1);
    expect(edgesOf(tree.graphAt(0))).toHaveLength(11);
    expect(tree.graphAt(0)).not.toEqual(tree.graphAt(1));
    const base = edgesOf(create({ kind: "ring", steps: [1, 2] }, 12, 1).graphAt(0)).map(String);
    for (let epoch = 0; epoch < 20; epoch++) {
      for (const edge of edgesOf(tree.graphAt(epoch))) expect(base).toContain(String(edge));
    }
    expect(edgesOf(create({ kind: "changing", of: { kind: "ring", steps: [1, 2] }, keep: 1 }, 12, 1).graphAt(0))).toHaveLength(24);
  });

  it("refuse what cannot be", () => {
    const refuses = (section: { kind: string; [option: string]: unknown }, text: string): void =>
      expect(() => create(section, 6, 1)).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(text) }),
      );
    refuses({ kind: "ring", steps: [4] }, "topology.steps");
    refuses({ kind: "ring", steps: [2] }, "connected");
    refuses({ kind: "given", edges: [[0, 1]] }, "connected");
    refuses({ kind: "given", edges: [[0, 6]] }, "topology.edges");
    refuses({ kind: "small-world", degree: 6 }, "topology.degree");
    refuses({ kind: "random-geometric", radius: 1e-9 }, "topology.radius");
    refuses({ kind: "changing", of: { kind: "rign" } }, "ring");
  });
});
