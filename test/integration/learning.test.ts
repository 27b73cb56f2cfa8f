/** What simulations learn on the bundled data: every model beats its simple rival, and who never communicates stands at chance. */
import { describe, expect, it } from "vitest";
import { simulate } from "../../simulations/simulate.ts";

const food = { dataset: { name: "food-world-cup" }, split: { kind: "random" }, model: { kind: "als", rank: 3 }, rounds: 3, baselines: [] };

describe("simulate", () => {
  it.each(["fcf", "implicit-als", "bpr"])("ranks better than popularity with %s", async (kind) => {
    const { metrics } = await simulate({ model: { kind }, baselines: ["popularity"] });
    expect(metrics.test["hr@10"]!).toBeGreaterThan(1.3 * metrics.baselines["popularity"]!["hr@10"]!);
  });

  it.each(["als", "biased-mf"])("predicts better than item means with %s", async (kind) => {
    const { metrics } = await simulate({ ...food, model: { kind }, rounds: kind === "als" ? 6 : 60, baselines: ["popularity"] });
    expect(metrics.test["rmse"]!).toBeLessThan(0.95 * metrics.baselines["popularity"]!["rmse"]!);
  });

  it("shows the canary at chance under sampled negatives", async () => {
    const { metrics, protocol } = await simulate({
      model: { kind: "fcf" },
      rounds: 3,
      baselines: ["local-only"],
      evaluation: { candidates: "sampled-99" },
    });
    expect(protocol).toMatch(/99 sampled negatives/);
    expect(metrics.baselines["local-only"]!["hr@10"]!).toBeLessThanOrEqual(0.15);
  });
});
