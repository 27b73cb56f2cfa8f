/** Whole simulations: the scenarios that ship, the same result at any number of workers, lost and refused devices, interrupts. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { models } from "../../shared/models/index.ts";
import { packageRoot } from "../../simulations/package-root.ts";
import type { Result, RoundResult } from "../../simulations/result.ts";
import { parseScenario } from "../../simulations/scenario.ts";
import { loadScenario } from "../../simulations/scenario-file.ts";
import { simulate } from "../../simulations/simulate.ts";

const small = { name: "synthetic", users: 300, items: 60, ratings: 20 };
const scenarioFile = (name: string): string => join(packageRoot(), "simulations", "scenarios", name);

/** What the same seed must give again. */
function repeatable({ timing: _timing, memory: _memory, version: _version, ...rest }: Result): string {
  return JSON.stringify(rest);
}

describe("the quick scenario", () => {
  it("runs from data to table, better than popularity and near its centralised twin", async () => {
    const scenario = await loadScenario(scenarioFile("quick.yaml"));
    const seen: number[] = [];
    const result = await simulate(scenario, { onRound: ({ round }) => void seen.push(round) });
    expect(result.rounds).toHaveLength(scenario.rounds);
    expect(seen).toEqual(result.rounds.map(({ round }) => round));
    expect(result.isComplete).toBe(true);
    const { test, validation, baselines } = result.metrics;
    expect(test["rmse"]).toBeLessThan(baselines["popularity"]!["rmse"]! - 0.05);
    expect(Math.abs(test["rmse"]! - baselines["centralised"]!["rmse"]!)).toBeLessThan(0.02);
    expect(validation["rmse"]).toBeGreaterThan(0);
    expect(result.dataset).toMatchObject({ name: "food-world-cup", users: 1276, items: 40, ratings: 23_943 });
    expect(result.dataset.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(result.dataset.splitHash).toMatch(/^[0-9a-f]{64}$/);
    for (const { invited, accepted, dropped, rejected } of result.rounds) expect(accepted + dropped + rejected).toBe(invited);
    expect(result.rounds.map(({ metrics }) => metrics !== undefined)).toEqual(result.rounds.map(({ round }) => round % 2 === 0));
  });

  it("gives JSON that holds every key, and no NaN in a metric", async () => {
    const result = await simulate(await loadScenario(scenarioFile("quick.yaml"), ["rounds=2"]));
    const parsed = JSON.parse(JSON.stringify(result)) as Record<string, unknown>;
    const keys = ["version", "scenario", "dataset", "rounds", "metrics", "privacy", "protection", "traffic", "timing", "memory"];
    for (const key of keys) expect(parsed).toHaveProperty(key);
    for (const figure of Object.values(result.metrics.test)) expect(figure).not.toBeNaN();
    expect(parsed["privacy"]).toMatchObject({ mechanism: "none", epsilon: null });
  });
});

it.each(["quick.yaml", "wines.yaml", "movielens-100k.yaml"])("ships %s as a scenario that resolves", async (name) => {
  await expect(loadScenario(scenarioFile(name))).resolves.toHaveProperty("rounds");
});

describe("the same seed", () => {
  it.each([
    { kind: "als", rank: 3 },
    { kind: "biased-mf", rank: 3 },
  ])("gives the same result with 1, 2 and 3 workers: %j", async (model) => {
    const scenario = {
      dataset: small,
      split: { kind: "random" },
      model,
      rounds: 3,
      cohort: { fraction: 0.7 },
      network: { dropout: 0.2, latencyMs: 10_000, loss: 0.1 },
      evaluation: { every: 1 },
      baselines: ["popularity"],
    };
    const [one, two, three] = [
      await simulate(scenario, { workers: 1 }),
      await simulate(scenario, { workers: 2 }),
      await simulate(scenario, { workers: 3 }),
    ];
    expect(repeatable(two)).toBe(repeatable(one));
    expect(repeatable(three)).toBe(repeatable(one));
    expect(repeatable(await simulate({ ...scenario, seed: 2 }, { workers: 1 }))).not.toBe(repeatable(one));
  });
});

it.each(models.map(({ kind }) => kind))("trains %s in the clear to what its centralised twin gives", async (kind) => {
  const split = { kind: kind === "als" || kind === "biased-mf" || kind === "feature-ridge" ? "random" : "leave-one-out" };
  const model = kind === "feature-ridge" ? { kind } : { kind, rank: 3 };
  const result = await simulate({ dataset: small, split, model, rounds: 4, baselines: ["centralised"] });
  expect(result.rounds.every(({ accepted }) => accepted === 300)).toBe(true);
  expect(result.metrics.test).toEqual(
    expect.objectContaining(
      Object.fromEntries(Object.entries(result.metrics.baselines["centralised"]!).map(([name, value]) => [name, expect.closeTo(value, 6)])),
    ),
  );
});

describe("lost devices", () => {
  it("are counted, waited for until the deadline, and left out of the sum", async () => {
    const result = await simulate({ dataset: small, rounds: 3, network: { dropout: 0.2, deadlineMs: 5_000 }, baselines: [] });
    for (const { invited, accepted, dropped, seconds, bytesUp } of result.rounds) {
      expect(invited).toBe(300);
      expect(dropped).toBeGreaterThan(20);
      expect(dropped).toBeLessThan(120);
      expect(accepted).toBe(invited - dropped);
      expect(seconds).toBe(5);
      expect(bytesUp).toBe(accepted * result.traffic.upBytesPerClientRound);
    }
  });

  it("abandon a round that falls below its minimum; the next ones make up for it", async () => {
    const scenario = { dataset: small, rounds: 4, cohort: { size: 10, min: 8 }, network: { dropout: 0.2 }, baselines: [] };
    const { rounds, isComplete } = await simulate(scenario);
    const abandoned = rounds.filter(({ outcome }) => outcome === "abandoned");
    expect(abandoned.length).toBeGreaterThan(0);
    for (const { accepted, dropped } of abandoned) expect([accepted, dropped > 2]).toEqual([0, true]);
    expect(rounds.length - abandoned.length).toBe(4);
    expect(isComplete).toBe(true);
  });

  it("end the simulation when no round can succeed", async () => {
    const scenario = { dataset: small, rounds: 2, cohort: { size: 10, min: 10 }, network: { dropout: 0.9 }, baselines: [] };
    await expect(simulate(scenario)).rejects.toMatchObject({
      code: "COHORT_TOO_SMALL",
      message: expect.stringContaining("expected at least 10 answers"),
    });
  });

  it("cannot be asked for below the minimum that the cohort can reach", async () => {
    await expect(simulate({ dataset: small, cohort: { size: 5, min: 6 } })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining('"cohort.min"'),
    });
  });
});

it("counts contributions that are not finite as refused, and keeps them out of the model", async () => {
  const rounds: RoundResult[] = [];
  // A step so large that the second pass over a person's ratings overflows.
  const model = { kind: "biased-mf", rank: 2, learningRate: 1e200, localEpochs: 6 };
  const run = simulate(
    { dataset: small, split: { kind: "random" }, model, rounds: 2, baselines: [] },
    { onRound: (round) => void rounds.push(round) },
  );
  await expect(run).rejects.toMatchObject({ code: "COHORT_TOO_SMALL" });
  expect(rounds[0]).toMatchObject({ outcome: "abandoned", accepted: 0, rejected: 300, dropped: 0 });
});

it("ends after the round in which it is told to, with what is known so far", async () => {
  const stop = new AbortController();
  const onRound = ({ round }: RoundResult): void => (round === 2 ? stop.abort() : undefined);
  const result = await simulate({ dataset: small, rounds: 50 }, { onRound, signal: stop.signal });
  expect(result.isComplete).toBe(false);
  expect(result.rounds).toHaveLength(2);
  expect(result.metrics.test["hr@10"]).toBeGreaterThanOrEqual(0);
  expect(result.metrics.baselines).toEqual({});
});

it("lets only participants train, and evaluates everyone", async () => {
  const scenario = parseScenario({ dataset: small, participants: 50, rounds: 2, baselines: [] });
  const result = await simulate(scenario);
  expect(result.rounds.map(({ invited }) => invited)).toEqual([50, 50]);
  expect(result.dataset.users).toBe(300);
});

it("judges the people who never took part apart, too", async () => {
  const scenario = { dataset: { name: "xwines-starter" }, participants: 499, rounds: 4, baselines: ["popularity"] };
  const { metrics } = await simulate(scenario);
  const { newcomers } = metrics;
  expect(newcomers!.users).toBe(1000);
  const figures = [metrics.test, metrics.baselines["popularity"]!].map((of) => of["hr@10"]!);
  const apart = [newcomers!.metrics, newcomers!.baselines["popularity"]!].map((of) => of["hr@10"]!);
  for (const [at, all] of figures.entries()) {
    // Whole numbers of people are hit: among the newcomers, and so among the others.
    for (const hits of [apart[at]! * 1000, all * 1499 - apart[at]! * 1000]) {
      expect(hits).toBeGreaterThan(1);
      expect(hits).toBeCloseTo(Math.round(hits), 6);
    }
    expect(apart[at]).not.toBe(all);
  }
  expect((await simulate({ ...scenario, participants: 1499, rounds: 1 })).metrics.newcomers).toBeUndefined();
});

it("opens encrypted sums to what the open ones are, within fixed point", async () => {
  const scenario = {
    dataset: small,
    participants: 3,
    rounds: 2,
    model: { kind: "fcf", rank: 2 },
    range: { maxAbs: 64, fractionBits: 30 },
    baselines: [],
  };
  const open = await simulate(scenario);
  const sealed = await simulate({ ...scenario, protection: { kind: "paillier" } }, { workers: 1 });
  for (const [name, value] of Object.entries(open.metrics.test)) expect(sealed.metrics.test[name]).toBeCloseTo(value, 2);
  expect(sealed.rounds[0]!.bytesUp).toBeGreaterThan(open.rounds[0]!.bytesUp / 2);
  expect(JSON.stringify(sealed.protection)).not.toMatch(/publicKey|secret/);
});

describe("devices that judge the model", () => {
  const judged = {
    dataset: small,
    model: { kind: "implicit-als", rank: 3 },
    rounds: 3,
    baselines: [],
    evaluation: { federated: true, every: 2 },
  };

  it("find what the same people's validation items say in one place, at any number of workers, and change nothing else", async () => {
    const [one, two] = [await simulate(judged, { workers: 1 }), await simulate(judged, { workers: 2 })];
    expect(repeatable(two)).toBe(repeatable(one));
    const found = one.rounds.map(({ federatedMetrics }) => federatedMetrics);
    expect(found.map((figures) => figures?.modelRound)).toEqual([undefined, 1, undefined]);
    const { people, metrics, central } = found[1]!;
    expect(people).toBe(300);
    for (const [name, figure] of Object.entries(metrics)) expect(figure).toBeCloseTo(central![name]!, 10);
    expect(metrics["hr@10"]).toBeGreaterThan(0);
    const plain = await simulate({ ...judged, evaluation: { every: 2 } });
    expect(one.metrics).toEqual(plain.metrics);
  });

  it("find it in noised sums too, as well as the noise says", async () => {
    const privacy = { epsilon: 8, clipNorm: 2 };
    const result = await simulate({ ...judged, dataset: { ...small, users: 600 }, evaluation: { federated: true }, privacy });
    for (const { federatedMetrics } of result.rounds) {
      const { metrics, central, noiseStddev } = federatedMetrics!;
      for (const [name, figure] of Object.entries(metrics))
        expect(Math.abs(figure - central![name]!)).toBeLessThan(6 * noiseStddev![name]!);
    }
    expect(result.privacy.asRun!.epsilon.release!).toBeLessThanOrEqual(8);
  });

  it("need something to keep aside, and a simulation", async () => {
    const none = { ...judged, split: { kind: "random", validationFraction: 0 }, model: { kind: "als" } };
    await expect(simulate(none)).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("validationFraction") });
    const live = { ...judged, network: { transport: "socket" } };
    expect(() => parseScenario(live)).toThrow(/"evaluation.federated" expected network.transport memory/);
  });
});
