/** Communities: modularity by hand, what Louvain finds in graphs whose answer is known, and real graphs with true classes. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { degreesOf, type Edge, graphOf } from "../../shared/math/graph.ts";
import { louvain, modularity } from "../../shared/math/louvain.ts";
import { createRng } from "../../shared/random.ts";
import { adjustedRand, mutualInformation, readGml } from "../support/graphs.ts";
import { describeWithData } from "../support/shared-data.ts";

/** Rings of cliques: `count` of them of `size` nodes, each joined to the next by one edge. */
function ringOfCliques(count: number, size: number): Edge[] {
  const edges: Edge[] = [];
  for (let clique = 0; clique < count; clique++) {
    for (let i = 0; i < size; i++) for (let j = i + 1; j < size; j++) edges.push([clique * size + i, clique * size + j]);
    edges.push([clique * size, ((clique + 1) % count) * size + 1]);
  }
  return edges;
}

describe("a graph", () => {
  it("adds up edges that are named twice, and has loops once", () => {
    const graph = graphOf(3, [
      [0, 1],
      [1, 0, 2],
      [2, 2, 5],
    ]);
    expect([...graph.rowStart]).toEqual([0, 1, 2, 3]);
    expect([...graph.neighbor]).toEqual([1, 0, 2]);
    expect([...graph.weight]).toEqual([3, 3, 5]);
    expect([...degreesOf(graph)]).toEqual([3, 3, 10]);
  });

  it("refuses nodes and weights that are none", () => {
    expect(() => graphOf(2, [[0, 2]])).toThrow(RangeError);
    for (const weight of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => graphOf(2, [[0, 1, weight]])).toThrow(RangeError);
  });
});

describe("modularity", () => {
  it("is the share inside less what degrees would put there", () => {
    // Two triangles joined by an edge: 6 of 7 edges inside; each half has degree 7 of 14.
    const graph = graphOf(6, [
      [0, 1],
      [1, 2],
      [0, 2],
      [3, 4],
      [4, 5],
      [3, 5],
      [2, 3],
    ]);
    const halves = Int32Array.of(0, 0, 0, 1, 1, 1);
    expect(modularity(graph, halves)).toBeCloseTo(6 / 7 - 0.5, 12);
    expect(modularity(graph, halves, 2)).toBeCloseTo(6 / 7 - 1, 12);
    expect(modularity(graph, new Int32Array(6))).toBeCloseTo(0, 12);
    expect(modularity(graphOf(3, []), Int32Array.of(0, 1, 2))).toBe(0);
  });
});

describe("louvain", () => {
  it("finds cliques in a ring, whatever the order, and the same ones for the same seed", () => {
    const graph = graphOf(40, ringOfCliques(8, 5));
    const truth = Array.from({ length: 40 }, (_, node) => Math.floor(node / 5));
    for (let seed = 0; seed < 10; seed++) expect([...louvain(graph, 1, createRng(seed))]).toEqual(truth);
    expect(louvain(graph, 1, createRng(3))).toEqual(louvain(graph, 1, createRng(3)));
  });

  it("makes smaller communities by a larger resolution, and keeps lone nodes alone", () => {
    const graph = graphOf(42, ringOfCliques(8, 5));
    const count = (resolution: number): number => new Set(louvain(graph, resolution, createRng(1))).size;
    expect(count(0.2)).toBeLessThan(10);
    expect(count(1)).toBe(10);
    expect(count(50)).toBe(42);
    expect([...louvain(graphOf(3, []), 1, createRng(1))]).toEqual([0, 1, 2]);
  });

  it("finds by weights what edges alone do not show", () => {
    const edges: Edge[] = [];
    for (let i = 0; i < 8; i++) for (let j = i + 1; j < 8; j++) edges.push([i, j, i % 2 === j % 2 ? 3 : 1]);
    expect([...louvain(graphOf(8, edges), 1, createRng(1))]).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
  });
});

describeWithData("graphs", (path) => {
  // Published: best known modularity .4198 of the karate club (Brandes et al. 2008, https://doi.org/10.1109/TKDE.2007.190689) and .6046 of
  // football; others beside a second implementation (graphology-communities-louvain 2.0.2, ten orders each: .524, .527, .417, .817).
  it.each([
    { name: "karate", least: 0.41, most: 0.41979, classes: 0.55, rand: 0.4 },
    { name: "dolphins", least: 0.51, most: 0.5286, classes: 0.4, rand: 0.3 },
    { name: "polbooks", least: 0.52, most: 0.5273, classes: 0.5, rand: 0.5 },
    { name: "football", least: 0.6, most: 0.6047, classes: 0.85, rand: 0.75 },
    { name: "eu-core", least: 0.39, most: 0.44, classes: 0.5, rand: 0.2 },
    { name: "cora", least: 0.8, most: 0.83, classes: 0.4, rand: 0.18 },
  ])("communities of $name are as good as published ones, and near the true classes", ({ name, least, most, classes, rand }) => {
    const { graph, classes: truth } = readGml(join(path, `${name}.gml.gz`));
    for (const seed of [1, 2, 3]) {
      const found = louvain(graph, 1, createRng(seed));
      const value = modularity(graph, found);
      expect(value).toBeGreaterThan(least);
      expect(value).toBeLessThanOrEqual(most);
      expect(mutualInformation([...found], truth)).toBeGreaterThan(classes);
      expect(adjustedRand([...found], truth)).toBeGreaterThan(rand);
    }
  });
});
