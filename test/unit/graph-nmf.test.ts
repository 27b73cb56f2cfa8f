/** Graph-regularized factorization against a solver that holds all ratings and the whole graph; its objective, its graph, its sparsity. */
import { describe, expect, it } from "vitest";
import { ratingsOf } from "../../shared/math/ratings.ts";
import { graphNmf } from "../../shared/models/graph-nmf.ts";
import { nearestItems, openGraph } from "../../shared/models/item-graph.ts";
import type { ItemFeatures, Model } from "../../shared/models/model.ts";
import { nmf } from "../../shared/models/nmf.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const [users, items, rank, l2, l1, graphWeight, neighbors] = [50, 14, 3, 0.05, 0.1, 3, 4];
const ratings = drawRatings({ users, items, perUser: 6, feedback: "explicit", seed: 2 });
const rng = createRng(9);
const features: ItemFeatures = { count: 3, values: Float64Array.from({ length: items * 3 }, () => rng.normal()) };

function build(changes: Readonly<Record<string, unknown>> = {}, itemFeatures: ItemFeatures | null = features): Model<Float64Array> {
  const { options } = resolveSection([graphNmf], { kind: "graph-nmf", rank, l2, l1, graphWeight, neighbors, ...changes }, "model");
  const shape = { items, cohort: users, ratingRange: [1, 5], globalMean: 3.4 } as const;
  return graphNmf.create(options, itemFeatures === null ? shape : { ...shape, itemFeatures }) as Model<Float64Array>;
}

/** The dense graph from the definition: a_ij = cosine / (2 neighbors) for each direction in which one is among the other's nearest. */
function denseGraph(): number[][] {
  const row = (item: number) => [...features.values.subarray(item * 3, item * 3 + 3)];
  const product = (a: number[], b: number[]) => a.reduce((sum, value, f) => sum + value * b[f]!, 0);
  const cosine = (i: number, j: number) => product(row(i), row(j)) / Math.sqrt(product(row(i), row(i)) * product(row(j), row(j)));
  const all = Array.from({ length: items }, (_, i) => Array.from({ length: items }, (_, j) => (i === j ? -2 : cosine(i, j))));
  const chosen = all.map((line) => {
    const best = [...line].sort((a, b) => b - a)[neighbors - 1]!;
    return line.map((value) => (value >= best && value > 0 ? value / (2 * neighbors) : 0));
  });
  return chosen.map((line, i) => line.map((value, j) => value + chosen[j]![i]!));
}

const graph = denseGraph();

interface Pull {
  readonly weight: number;
  readonly towards: readonly number[];
}

/** Five sweeps of x towards the least of sum (y - x.v)^2 + ridge |x|^2 + linear sum(x) + sum weight |x - towards|^2 over x >= 0. */
function improve(
  x: number[],
  data: readonly (readonly [number, readonly number[]])[],
  ridge: number,
  linear: number,
  pulls: readonly Pull[],
): void {
  for (let turn = 0; turn < 5 * rank; turn++) {
    const f = turn % rank;
    let [top, bottom] = [-linear / 2, ridge];
    for (const [y, row] of data) {
      top += row[f]! * (y - row.reduce((sum, value, g) => (g === f ? sum : sum + value * x[g]!), 0));
      bottom += row[f]! ** 2;
    }
    for (const { weight, towards } of pulls) {
      top += weight * towards[f]!;
      bottom += weight;
    }
    if (bottom > 0) x[f] = Math.max(0, top / bottom);
  }
}

const rowsOf = (flat: Float64Array): number[][] =>
  Array.from({ length: items }, (_, item) => [...flat.subarray(item * rank, item * rank + rank)]);

function centralRound(q: number[][], p: number[][]): void {
  for (const [user, own] of p.entries()) {
    const person = ratingsOf(ratings, user);
    const data = Array.from(person.items, (item, at) => [person.values[at]! - 1, q[item]!] as const);
    improve(own, data, l2 * data.length, l1 * data.length, []);
  }
  for (let item = 0; item < items; item++) {
    const data = p.flatMap((own, user) => {
      const person = ratingsOf(ratings, user);
      const at = person.items.indexOf(item);
      return at < 0 ? [] : [[person.values[at]! - 1, own] as const];
    });
    const pulls = graph[item]!.map((weight, other) => ({ weight: graphWeight * weight, towards: q[other]! }));
    improve(q[item]!, data, l2 * data.length, 0, pulls);
  }
}

function objective(q: number[][], p: readonly (readonly number[])[]): number {
  let total = 0;
  for (const [user, own] of p.entries()) {
    const person = ratingsOf(ratings, user);
    for (const [at, item] of person.items.entries()) {
      total += (person.values[at]! - 1 - own.reduce((sum, value, f) => sum + value * q[item]![f]!, 0)) ** 2;
      for (let f = 0; f < rank; f++) total += l2 * (own[f]! ** 2 + q[item]![f]! ** 2) + l1 * own[f]!;
    }
  }
  graph.forEach((line, i) => {
    line.forEach((weight, j) => {
      for (let f = 0; f < rank; f++) total += (graphWeight / 2) * weight * (q[i]![f]! - q[j]![f]!) ** 2;
    });
  });
  return total;
}

describe("the graph of alike items", () => {
  it("joins the nearest by cosine, worked by hand", () => {
    // Cosines: 0-1 .6, 0-2 0, 1-2 .8, 3 has no features.
    const values = Float64Array.of(1, 0, 3, 4, 0, 2, 0, 0);
    const nearest = nearestItems({ count: 2, values }, 4, 1);
    expect(Array.from(nearest, (value) => Number(value.toFixed(12)))).toEqual([1, 0.6, 2, 0.8, 1, 0.8, 0, 0]);
    const { rowStart, neighbor, weight, degree } = openGraph(nearest, 4, 1);
    expect([...rowStart]).toEqual([0, 1, 4, 6, 6]);
    expect([...neighbor.subarray(1, 4)].sort()).toEqual([0, 2, 2]);
    expect(weight[0]).toBeCloseTo(0.3, 12);
    expect([...degree].map((value) => Number(value.toFixed(12)))).toEqual([0.3, 1.1, 0.8, 0]);
  });

  it("is symmetric, and the one of the definition", () => {
    const open = openGraph(nearestItems(features, items, neighbors), items, neighbors);
    for (let i = 0; i < items; i++) {
      const line = new Float64Array(items);
      for (let at = open.rowStart[i]!; at < open.rowStart[i + 1]!; at++)
        line[open.neighbor[at]!] = line[open.neighbor[at]!]! + open.weight[at]!;
      for (let j = 0; j < items; j++) expect(line[j]).toBeCloseTo(graph[i]![j]!, 12);
    }
  });
});

describe("graph-regularized nonnegative factorization", () => {
  it("gives the item factors of a central solver after every round", () => {
    const model = build();
    const seen: Float64Array[] = [];
    federate(model, ratings, 4, createRng(1), (_round, { shared }) => seen.push(shared));
    const q = rowsOf(model.initialize(createRng(1).fork("initialize")).shared);
    const nobody = { items: new Int32Array(0), values: new Float64Array(0) };
    const p = Array.from({ length: users }, () => [...model.createPrivate(nobody, createRng(1)).values]);
    expect(seen.length).toBe(4);
    for (const shared of seen) {
      centralRound(q, p);
      for (const [at, value] of shared.entries()) expect(value).toBeCloseTo(q[Math.floor(at / rank)]![at % rank]!, 9);
    }
  });

  it("keeps every factor nonnegative and never lets a round raise its objective", () => {
    let last = Number.POSITIVE_INFINITY;
    for (let rounds = 1; rounds <= 12; rounds++) {
      const { state, parts } = federate(build(), ratings, rounds, createRng(1));
      const p = parts.map((part) => [...part.values]);
      expect([...state.shared, ...p.flat()].every((value) => value >= 0)).toBe(true);
      const total = objective(rowsOf(state.shared), p);
      expect(total).toBeLessThanOrEqual(last * (1 + 1e-12));
      last = total;
    }
  });

  it("is nmf, bit for bit, without features and l1", () => {
    const { options } = resolveSection([nmf], { kind: "nmf", rank, l2 }, "model");
    const plain = nmf.create(options, { items, cohort: users, ratingRange: [1, 5], globalMean: 3.4 });
    const bare = build({ l1: 0 }, null);
    expect(bare.parameters.contribution).toEqual(plain.parameters.contribution);
    const shared = federate(bare, ratings, 5, createRng(1)).state.shared;
    expect(shared).toEqual(federate(plain, ratings, 5, createRng(1)).state.shared);
    expect(federate(build({ l1: 0 }), ratings, 5, createRng(1)).state.shared).not.toEqual(shared);
  });

  it("draws alike items together and leaves people fewer factors, the more the stronger the penalties", () => {
    const spread = (weight: number) => {
      const q = rowsOf(federate(build({ graphWeight: weight, l1: 0 }), ratings, 20, createRng(1)).state.shared);
      return graph.reduce(
        (sum, line, i) => sum + line.reduce((part, a, j) => part + a * Math.hypot(...q[i]!.map((value, f) => value - q[j]![f]!)), 0),
        0,
      );
    };
    const zeros = (penalty: number) =>
      federate(build({ l1: penalty }), ratings, 20, createRng(1))
        .parts.flatMap((part) => [...part.values])
        .filter((value) => value === 0).length;
    expect(spread(30)).toBeLessThan(0.6 * spread(0));
    expect(zeros(0.3)).toBeGreaterThan(zeros(0) + 10);
  });

  it("gives an item that nobody rated its neighbors' mean, and lets one stay that this cohort did not rate", () => {
    const model = build({ l1: 0 });
    const current = model.initialize(createRng(3));
    const [lonely, size] = [items - 1, (items * (rank * (rank + 1))) / 2 + items * rank + items];
    const values = new Float64Array(size);
    // One rating of every other item, by someone with the code (1, 0, 0) who is 2 above the least rating.
    for (let item = 0; item < lonely; item++) {
      values[(item * rank * (rank + 1)) / 2] = 1;
      values[(items * rank * (rank + 1)) / 2 + item * rank] = 2;
      values[size - items + item] = 1;
    }
    const next = model.advance(current, { values, count: 1 });
    const q = rowsOf(next.shared);
    const degree = graph[lonely]!.reduce((sum, weight) => sum + weight, 0);
    expect(degree).toBeGreaterThan(0);
    for (let f = 0; f < rank; f++) {
      const mean = graph[lonely]!.reduce((sum, weight, other) => sum + (weight * q[other]![f]!) / degree, 0);
      expect(q[lonely]![f]).toBeCloseTo(mean, 12);
    }
    const later = rowsOf(model.advance(next, { values: new Float64Array(size), count: 1 }).shared);
    expect(later.slice(0, lonely)).toEqual(q.slice(0, lonely));
  });

  it("refuses to begin without the features' values", () => {
    const { options } = resolveSection([graphNmf], { kind: "graph-nmf" }, "model");
    const model = graphNmf.create(options, { items, cohort: users, itemFeatures: { count: 3 } });
    expect(() => model.initialize(createRng(1))).toThrow(/"itemFeatures" expected 3 values for each of 14 items/);
  });
});
