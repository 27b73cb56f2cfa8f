/** Clusters of items by public features. */
import { describe, expect, it } from "vitest";
import type { ItemFeatures } from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import { clusterItems } from "../../shared/sharing/item-clusters.ts";
import { loadDataset } from "../../simulations/datasets/index.ts";
import { adjustedRand } from "../support/graphs.ts";

/** Items of `kinds` kinds: a flag for the kind, and two more of which everyone has one at random. */
function kindsOf(items: number, kinds: number): { readonly features: ItemFeatures; readonly truth: readonly number[] } {
  const rng = createRng(4);
  const truth = Array.from({ length: items }, () => rng.below(kinds));
  const count = kinds + 2;
  const values = new Float64Array(items * count);
  for (const [item, kind] of truth.entries()) {
    values[item * count + kind] = 1;
    values[item * count + kinds + rng.below(2)] = 0.5;
  }
  return { features: { count, values }, truth };
}

describe("clusters of items", () => {
  it("are the kinds that features show, as many as asked for, and the same every time", () => {
    const { features, truth } = kindsOf(120, 6);
    const found = clusterItems(features, { count: 6, neighbors: 10 });
    expect(adjustedRand([...found], truth)).toBeGreaterThan(0.9);
    expect(clusterItems(features, { count: 6, neighbors: 10 })).toEqual(found);
  });

  it("are no more than asked for, also where nothing joins items, and numbered without a gap", () => {
    const { features } = kindsOf(90, 9);
    for (const count of [1, 2, 5, 30, 90]) {
      for (const { values } of [features, { values: new Float64Array(features.values.length) }]) {
        const found = clusterItems({ count: features.count, values }, { count, neighbors: 5 });
        const numbers = new Set(found);
        expect(numbers.size).toBeLessThanOrEqual(count);
        expect(Math.max(...numbers)).toBe(numbers.size - 1);
      }
    }
  });

  it("put wines of a type and a country together", async () => {
    const { itemFeatures } = await loadDataset({ name: "xwines-starter" });
    const found = clusterItems(itemFeatures!, { count: 20, neighbors: 10 });
    const { names, values, count } = itemFeatures!;
    const types = names.filter((name) => name.startsWith("type="));
    expect(types.length).toBeGreaterThan(1);
    const type = Array.from(found, (_, item) => types.findIndex((name) => values[item * count + names.indexOf(name)]! > 0));
    // Against clusters of the same sizes at random: 0 in the mean.
    expect(adjustedRand([...found], type)).toBeGreaterThan(0.05);
    expect(new Set(found).size).toBeGreaterThan(12);
  });
});
