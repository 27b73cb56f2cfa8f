/** Evaluation negatives are drawn uniformly; a random scorer stands at chance. */
import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/random.ts";
import { loadDataset } from "../../simulations/datasets/index.ts";
import { evaluate } from "../../simulations/evaluate.ts";
import { drawNegatives, negativeRng } from "../../simulations/evaluation-negatives.ts";
import { splitDataset } from "../../simulations/split.ts";

describe("sampled negatives", () => {
  it("fall on every eligible item equally often", () => {
    const items = 400;
    const people = 4000;
    const excluded = Uint8Array.from({ length: items }, (_, item) => (item % 4 === 0 ? 1 : 0));
    const stream = negativeRng({ seed: 11, negatives: "honest", part: "test", draw: 0 });
    const counts = new Float64Array(items);
    for (let user = 0; user < people; user++) for (const item of drawNegatives(stream.fork(user), excluded, 300)) counts[item]!++;
    // Each eligible item is drawn with probability .33, so counts have variance n p (1 - p) and a fixed sum: the statistic is
    // chi-square with 299 degrees of freedom, mean 299, standard deviation 24.5, once scaled by (N - 1) / N of the sum's constraint.
    const [mean, variance] = [people * 0.33, people * 0.33 * 0.67];
    const statistic =
      (299 / 300) * counts.reduce((sum, count, item) => (excluded[item] === 1 ? sum : sum + (count - mean) ** 2 / variance), 0);
    expect(statistic).toBeGreaterThan(299 - 4 * 24.5);
    expect(statistic).toBeLessThan(299 + 4 * 24.5);
  });

  it("let a model that knows nothing find one item in ten, and one that puts the held-out item last find none", async () => {
    const split = await splitDataset(await loadDataset({ name: "wines" }), { kind: "leave-one-out", order: "latest", seed: 0 });
    const rng = createRng(3, "noise");
    const scoresFor = (user: number, out: Float64Array) => {
      const own = rng.fork(user);
      for (let item = 0; item < out.length; item++) out[item] = own.float();
    };
    const { metrics } = evaluate({
      scoresFor,
      split,
      part: "test",
      objective: "ranking",
      candidates: "sampled-99",
      negativeDraws: 1,
      seed: 2,
    });
    const deviation = Math.sqrt((0.1 * 0.9) / 1499);
    expect(Math.abs(metrics["hr@10"]! - 0.1)).toBeLessThan(4 * deviation);
    const worst = (user: number, out: Float64Array) => {
      out.fill(0);
      out[split.test.itemIndex[split.test.rowStart[user]!]!] = -1;
    };
    const backwards = evaluate({ scoresFor: worst, split, part: "test", objective: "ranking", candidates: "sampled-99", seed: 2 });
    expect(backwards.metrics["hr@10"]).toBe(0);
  });
});
