/** The protocol of published codes leaks, and says so; the honest one does not. */
import { expect, it } from "vitest";
import { simulate } from "../../simulations/simulate.ts";

const withTable: Readonly<Record<string, object>> = {
  pfedrec: { table: "personal", fitEpochs: 10 },
  fedrap: { personal: "items", rank: 8, itemLearningRate: 1, fitEpochs: 2, initialPersonalStddev: 1 },
};

const scenario = (negatives: "honest" | "paper-compat", kind: string) => ({
  dataset: { name: "xwines-starter" },
  split: { kind: "leave-one-out" },
  model: { kind, ...withTable[kind] },
  rounds: 60,
  participants: 40,
  cohort: { fraction: 0.05 },
  evaluation: { candidates: "sampled-99", negatives },
  baselines: ["local-only"],
});

const title = "a device that never communicates finds its test item when training knew it, and is at chance when not";
it.each(Object.keys(withTable))(`${title}: %s`, async (kind) => {
  const leaking = await simulate(scenario("paper-compat", kind), { workers: 2 });
  expect(leaking.isLeaking).toBe(true);
  expect(leaking.protocol).toMatch(/LEAKING/);
  expect(leaking.metrics.baselines["local-only"]!["hr@10"]).toBeGreaterThan(0.9);
  const honest = await simulate(scenario("honest", kind));
  expect(honest.isLeaking).toBe(false);
  expect(honest.metrics.baselines["local-only"]!["hr@10"]).toBeLessThan(0.2);
});

it("a device that keeps a table of its own is judged with it", async () => {
  const trained = async (rounds: number) => {
    const { participants: _all, ...given } = { ...scenario("paper-compat", "fedrap"), rounds, cohort: { fraction: 1 }, baselines: [] };
    const { served, metrics } = await simulate(given);
    expect(served).toBe("everyone served by what their device trained");
    return metrics.test["hr@10"]!;
  };
  // The leak is learned round by round, in the table alone.
  expect(await trained(12)).toBeGreaterThan((await trained(1)) + 0.1);
});

it("is refused where devices are real", async () => {
  await expect(simulate({ ...scenario("paper-compat", "fcf"), network: { transport: "socket" } })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    details: { path: "evaluation.negatives" },
  });
});
