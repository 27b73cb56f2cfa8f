/** Simulations from end to end: repeatable at any number of workers, honest about losses, the same model under protection. */
import { describe, expect, it } from "vitest";
import type { Result } from "../../simulations/result.ts";
import { simulate } from "../../simulations/simulate.ts";

const food = { dataset: { name: "food-world-cup" }, split: { kind: "random" }, model: { kind: "als", rank: 3 }, rounds: 3, baselines: [] };

/** A result without what may differ from run to run. */
function repeatable({ timing: _timing, memory: _memory, version: _version, ...rest }: Result): unknown {
  return rest;
}

describe("simulate", () => {
  it("gives the same result at any number of workers, losses included", async () => {
    const scenario = {
      ...food,
      cohort: { fraction: 0.5, min: 50 },
      network: { dropout: 0.2, latencyMs: 300, deadlineMs: 1_000 },
      evaluation: { every: 1 },
    };
    const alone = repeatable(await simulate(scenario, { workers: 1 }));
    expect(repeatable(await simulate(scenario, { workers: 2 }))).toEqual(alone);
    expect(repeatable(await simulate(scenario, { workers: 3 }))).toEqual(alone);
    expect(repeatable(await simulate({ ...scenario, seed: 2 }, { workers: 1 }))).not.toEqual(alone);
  });

  it("counts who was lost, and learns from the others", async () => {
    const result = await simulate({ ...food, network: { dropout: 0.3 }, rounds: 4 });
    for (const round of result.rounds) {
      expect(round.accepted + round.dropped).toBe(round.invited);
      expect(round.dropped / round.invited).toBeGreaterThan(0.22);
      expect(round.dropped / round.invited).toBeLessThan(0.38);
    }
    expect(result.metrics.test["rmse"]).toBeLessThan(0.85);
  });

  it("abandons rounds below the minimum, reveals nothing of them, and gives up with a reason", async () => {
    await expect(simulate({ ...food, cohort: { size: 10, min: 10 }, network: { dropout: 0.9 } })).rejects.toMatchObject({
      code: "COHORT_TOO_SMALL",
    });
    const result = await simulate({ ...food, cohort: { size: 10, min: 9 }, network: { dropout: 0.15 }, rounds: 3 });
    const abandoned = result.rounds.filter(({ outcome }) => outcome === "abandoned");
    expect(abandoned.every(({ accepted, invited, dropped }) => accepted === 0 && invited - dropped < 9)).toBe(true);
    expect(result.rounds.filter(({ outcome }) => outcome === "published")).toHaveLength(3);
  });

  it("equals the centralised baseline of the exact models", async () => {
    const explicit = await simulate({ ...food, baselines: ["centralised"] });
    expect(explicit.metrics.baselines["centralised"]!["rmse"]).toBeCloseTo(explicit.metrics.test["rmse"]!, 9);
    const implicit = await simulate({ model: { kind: "implicit-als", rank: 4 }, rounds: 3, baselines: ["centralised"] });
    expect(implicit.metrics.baselines["centralised"]!["ndcg@10"]).toBeCloseTo(implicit.metrics.test["ndcg@10"]!, 9);
  });

  it("gives the model of the open run under encryption, up to the fixed point", async () => {
    const scenario = {
      model: { kind: "fcf", rank: 2 },
      rounds: 2,
      participants: 12,
      range: { maxAbs: 4, fractionBits: 20 },
      baselines: [],
    };
    const inClear = await simulate(scenario);
    const encrypted = await simulate({ ...scenario, protection: { kind: "paillier" } }, { workers: 2 });
    expect(encrypted.metrics.test["ndcg@10"]).toBeCloseTo(inClear.metrics.test["ndcg@10"]!, 3);
    expect(encrypted.protection).not.toHaveProperty("publicKey");
    expect(encrypted.traffic.upBytesPerClientRound).toBeGreaterThan(1_000);
  });

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

  it("ends early with what it has when it is interrupted", async () => {
    const stop = new AbortController();
    const result = await simulate({ ...food, rounds: 1_000 }, { signal: stop.signal, onRound: ({ round }) => round === 2 && stop.abort() });
    expect(result.rounds).toHaveLength(2);
  });
});
