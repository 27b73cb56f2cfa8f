/** Simulated runs that promise privacy, from the scenario to the JSON: every placement of noise, under every protection that it goes with. */
import { describe, expect, it } from "vitest";
import type { Result } from "../../simulations/result.ts";
import { simulate } from "../../simulations/simulate.ts";

const scenario = {
  dataset: { name: "synthetic", users: 60, items: 30, ratings: 10, seed: 3 },
  model: { kind: "implicit-als", rank: 2 },
  rounds: 3,
  baselines: [],
};

/** What remains when times, memory and version are taken away: equal for equal seeds. */
function lasting({ timing: _timing, memory: _memory, version: _version, ...rest }: Result): unknown {
  return rest;
}

describe.each([
  ["gaussian", "open", { clipNorm: 2 }],
  ["matrix", "open", { clipNorm: 2, participation: { kind: "min-separation", participations: 2, separation: 2 } }],
  ["local-gaussian", "open", {}],
  ["skellam", "masks", { clipNorm: 2 }],
  ["distributed-gaussian", "masks", { clipNorm: 2 }],
])("%s under %s", (mechanism, protection, promise) => {
  const all = {
    ...scenario,
    cohort: { fraction: 0.5, min: 15 },
    protection: { kind: protection },
    privacy: { mechanism, epsilon: 6, delta: 1e-5, ...promise },
  };

  it("spends what was promised and no more, in both columns, and says so in the result", async () => {
    const result = await simulate(all);
    const { privacy, rounds } = result;
    expect(privacy).toMatchObject({ unit: "user", mechanism, epsilon: 6, delta: 1e-5, neighboring: "zero-out" });
    expect(privacy.noiseStddev).toBeGreaterThan(0);
    expect(privacy.planned!.release).toBeLessThanOrEqual(6);
    expect(privacy.asRun!.epsilon.release!).toBeLessThanOrEqual(privacy.planned!.release! + 1e-12);
    expect(privacy.planned!.server === null).toBe(mechanism === "gaussian" || mechanism === "matrix");
    const spent = rounds.map(({ epsilon }) => epsilon!.release!);
    expect(spent).toEqual([...spent].sort((a, b) => a - b));
    expect(spent.at(-1)).toBe(privacy.planned!.release);
    expect(Object.values(result.metrics.test).every(Number.isFinite)).toBe(true);
  });

  it("gives the same result for the same seed at any number of workers", async () => {
    const [one, two] = [await simulate(all, { workers: 1 }), await simulate(all, { workers: 2 })];
    // The graph of masks is drawn afresh in every run, and bytes with it.
    if (protection === "open") expect(lasting(two)).toEqual(lasting(one));
    expect(two.metrics).toEqual(one.metrics);
    expect(two.privacy).toEqual(one.privacy);
  });
});

it("adds shares before encryption: the same noise opens under Paillier", { timeout: 60_000 }, async () => {
  const small = {
    ...scenario,
    rounds: 1,
    participants: 12,
    cohort: { min: 6 },
    privacy: { mechanism: "skellam", epsilon: 6, clipNorm: 2 },
  };
  // No colluding devices assumed, so that as many shares count under both.
  const masked = await simulate({ ...small, protection: { kind: "masks", corruption: 0 } });
  const encrypted = await simulate({ ...small, protection: { kind: "paillier", bits: 2048 } });
  // The same seed draws the same shares, and both protections add exactly.
  expect(encrypted.metrics).toEqual(masked.metrics);
  expect(encrypted.privacy).toEqual(masked.privacy);
});

it("uses up the promised rounds, abandoned ones too, and opens no sum with too few shares", async () => {
  const result = await simulate({
    ...scenario,
    cohort: { min: 50 },
    network: { dropout: 0.15 },
    protection: { kind: "masks" },
    rounds: 4,
    privacy: { mechanism: "skellam", epsilon: 6 },
  });
  const outcomes = result.rounds.map(({ outcome, accepted }) => ({ outcome, accepted }));
  expect(outcomes).toHaveLength(4);
  expect(outcomes.some(({ outcome }) => outcome === "abandoned")).toBe(true);
  for (const { outcome, accepted } of outcomes) if (outcome === "published") expect(accepted).toBeGreaterThanOrEqual(50);
  expect(result.isComplete).toBe(true);
});

it("never centers ratings by the data's own mean when privacy is promised", async () => {
  const ratings = {
    ...scenario,
    dataset: { name: "synthetic", users: 60, items: 30, ratings: 10, seed: 3 },
    split: { kind: "random" },
    model: { kind: "biased-mf", rank: 2 },
    privacy: { epsilon: 6 },
  };
  const { prepareScenario } = await import("../../simulations/prepare.ts");
  const { parseScenario } = await import("../../simulations/scenario.ts");
  const { run, dataset } = await prepareScenario(parseScenario(ratings));
  expect(run.terms.ratings.globalMean).toBe((dataset.ratingRange[0] + dataset.ratingRange[1]) / 2);
});
