import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/random.ts";
import { loadDataset } from "../../../simulations/datasets/index.ts";
import { evaluatePeople, summarize } from "../../../simulations/evaluate.ts";
import { fifthsOf, figuresByFifth, trainingFifths } from "../../../simulations/fifths.ts";
import { type SplitOptions, splitDataset } from "../../../simulations/split.ts";

const splits: readonly SplitOptions[] = [
  { kind: "leave-one-out", order: "random", seed: 1 },
  { kind: "random", testFraction: 0.2, validationFraction: 0.1, seed: 1 },
];

describe("fifths", () => {
  it("are even where counts differ, ascending", () => {
    const { group } = fifthsOf(Int32Array.of(90, 10, 50, 70, 30, 20, 40, 60, 80, 100));
    expect([...group]).toEqual([4, 0, 2, 3, 1, 0, 1, 2, 3, 4]);
  });

  it("keep those of one count together, by the middle of them", () => {
    expect([...fifthsOf(Int32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 9, 9)).group]).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 4, 4]);
    expect([...fifthsOf(new Int32Array(3)).group]).toEqual([2, 2, 2]);
    expect([...fifthsOf(new Int32Array(0)).group]).toEqual([]);
  });

  it.each(splits)("add up to the figures over everyone, by items and by people: $kind", async (options) => {
    const dataset = await loadDataset({ name: "food-world-cup" });
    const split = await splitDataset(dataset, options);
    const fifths = trainingFifths(split.training);
    const rng = createRng(5, "scores");
    const people = evaluatePeople({
      split,
      part: "test",
      objective: "rating",
      metrics: ["rmse", "mae", "recall@5"],
      ratingRange: [1, 5],
      seed: 1,
      itemGroups: fifths.items.group,
      scoresFor: (user, out) => {
        const own = rng.fork(user);
        for (let item = 0; item < out.length; item++) out[item] = own.float() * 5;
      },
    });
    const all = summarize(people);
    const baselines = new Map([["the same", people]]);
    const groups = figuresByFifth(fifths, people, baselines);
    for (const figures of [groups.itemPopularity, groups.userActivity]) {
      expect(figures.length).toBeGreaterThan(3);
      expect(figures.reduce((sum, { heldOut }) => sum + heldOut, 0)).toBe(split.counts.test);
      const over = (weight: "users" | "heldOut", metric: string, power: number): number =>
        figures.reduce((sum, fifth) => sum + fifth.metrics[metric]! ** power * fifth[weight], 0) /
        figures.reduce((sum, fifth) => sum + fifth[weight], 0);
      expect(over("heldOut", "mae", 1)).toBeCloseTo(all.metrics["mae"]!, 12);
      expect(over("heldOut", "rmse", 2)).toBeCloseTo(all.metrics["rmse"]! ** 2, 12);
      // A person with several held-out items counts once, and in as many fifths as these are of.
      if (options.kind === "leave-one-out") expect(over("users", "recall@5", 1)).toBeCloseTo(all.metrics["recall@5"]!, 12);
      for (const { metrics, baselines: compared } of figures) expect(compared["the same"]).toEqual(metrics);
    }
    expect(groups.userActivity.reduce((sum, { users }) => sum + users, 0)).toBe(all.users);
    expect(groups.itemPopularity.reduce((sum, { size }) => sum + size, 0)).toBe(dataset.matrix.items);
    expect(groups.userActivity.reduce((sum, { size }) => sum + size, 0)).toBe(dataset.matrix.users);
  });
});
