import { describe, expect, it } from "vitest";
import { parseScenario } from "../../../simulations/scenario.ts";
import { simulate } from "../../../simulations/simulate.ts";
import { placesOf, rankCorrelation, shareBelow } from "../../../simulations/statistics.ts";

const scenario = {
  dataset: { name: "food-world-cup" },
  split: { kind: "random" },
  model: { kind: "als", rank: 3 },
  rounds: 6,
  participants: 48,
  cohort: { groups: 12 },
  baselines: [],
  rewards: { judges: 60, freeRiders: 0.25, scheme: { draws: 2 } },
  seed: 1,
};

describe("rewards of a simulation", () => {
  it("share out what the rounds gained, free riders nearly nothing", async () => {
    const { rewards, metrics } = await simulate(scenario);
    const { people, groups, rounds, coalitions, freeRiders, total, bins, byActivity, distribution } = rewards!;
    expect([people, groups, rounds, freeRiders!.people]).toEqual([48, 72, 6, 12]);
    // Each round asks for the whole once, and for 11 coalitions of each of 4 orders.
    expect(coalitions).toBe(6 * (4 * 11 + 1));
    expect(total).toBeGreaterThan(0);
    expect(freeRiders!.mean).toBeLessThan(0.6 * freeRiders!.othersMean);
    expect(freeRiders!.toldApart).toBeGreaterThan(0.6);
    expect(freeRiders!.mean * 12 + freeRiders!.othersMean * 36).toBeCloseTo(total, 12);
    expect(bins.reduce((sum, bin) => sum + bin.honest, 0)).toBe(36);
    expect(bins.reduce((sum, bin) => sum + bin.freeRiders, 0)).toBe(12);
    expect(byActivity.reduce((sum, fifth) => sum + fifth.people, 0)).toBe(36);
    expect(distribution.least).toBeLessThan(distribution.median);
    expect(metrics.test["rmse"]).toBeLessThan(1.5);
  });

  it("are the same at any number of workers, under masks as in clear but for fixed point, and change nothing about the model", async () => {
    const plain = await simulate(scenario);
    const { rewards: _none, ...without } = { ...scenario, rewards: undefined };
    expect((await simulate(scenario, { workers: 2 })).rewards).toEqual(plain.rewards);
    const honest = await simulate({ ...scenario, rewards: { judges: 60, scheme: { kind: "leave-one-out" } } });
    expect(honest.rewards!.freeRiders).toBeUndefined();
    expect(honest.metrics).toEqual((await simulate(without)).metrics);
  });

  it("are told of whole cohorts where there are no groups, noised ones too: what the round gained, evenly at first", async () => {
    const { rewards } = await simulate({ ...scenario, rounds: 1, cohort: {}, rewards: { judges: 60 } });
    expect([rewards!.groups, rewards!.coalitions]).toEqual([1, 1]);
    expect(rewards!.distribution.least).toBeCloseTo(rewards!.distribution.most, 12);
    const noised = await simulate({ ...scenario, rounds: 2, cohort: {}, rewards: { judges: 60 }, privacy: { epsilon: 50, delta: 1e-5 } });
    expect(noised.rewards!.people).toBe(48);
  });

  it("are refused where a sum alone is worth nothing, and for schemes that look at time", () => {
    expect(() => parseScenario({ rewards: {}, timeline: {} })).toThrow(/"rewards" expected no timeline/);
    expect(() => parseScenario({ rewards: {}, network: { transport: "socket" } })).toThrow(/"rewards" expected network.transport memory/);
    expect(() => parseScenario({ rewards: { scheme: { kind: "discounted" } } })).toThrow(/nearest: shapley/);
    expect(() => parseScenario({ rewards: { scheme: { kind: "shaply" } } })).toThrow(/did you mean "shapley"/);
    expect(() => parseScenario({ rewards: { freeRider: 1 } })).toThrow(/did you mean "freeRiders"/);
  });
});

describe("statistics of ranks", () => {
  it("give ties the mean of their places", () => {
    expect([...placesOf([5, 1, 5, 0])]).toEqual([3.5, 2, 3.5, 1]);
  });

  it("correlate what rises together, and nothing with what does not vary", () => {
    expect(rankCorrelation([1, 2, 9], [3, 4, 5])).toBeCloseTo(1, 12);
    expect(rankCorrelation([1, 2, 9], [5, 4, 3])).toBeCloseTo(-1, 12);
    // By hand: places 1 2 3 4 and 2 1 4 3, 1 - 6 x 4 / (4 x 15).
    expect(rankCorrelation([1, 2, 3, 4], [2, 1, 4, 3])).toBeCloseTo(0.6, 12);
    expect(rankCorrelation([1, 2], [7, 7])).toBeNaN();
  });

  it("tell how often one list is below another, ties half", () => {
    expect(shareBelow([1, 2], [3, 4])).toBe(1);
    expect(shareBelow([3, 4], [1, 2])).toBe(0);
    expect(shareBelow([1, 3], [2, 3])).toBe(0.625);
    expect(shareBelow([1], [])).toBeNaN();
  });
});
