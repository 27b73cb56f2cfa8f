/** The protocol of published codes leaks, and says so; the honest one does not. */
import { expect, it } from "vitest";
import { simulate } from "../../simulations/simulate.ts";

const scenario = (negatives: "honest" | "paper-compat", kind: string) => ({
  dataset: { name: "xwines-starter" },
  split: { kind: "leave-one-out" },
  model: kind === "pfedrec" ? { kind, table: "personal", fitEpochs: 10 } : { kind },
  rounds: 60,
  participants: 40,
  cohort: { fraction: 0.05 },
  evaluation: { candidates: "sampled-99", negatives },
  baselines: ["local-only"],
});

it("a device that never communicates finds its test item when training knew it, and is at chance when not", async () => {
  const leaking = await simulate(scenario("paper-compat", "pfedrec"), { workers: 2 });
  expect(leaking.isLeaking).toBe(true);
  expect(leaking.protocol).toMatch(/LEAKING/);
  expect(leaking.metrics.baselines["local-only"]!["hr@10"]).toBeGreaterThan(0.9);
  const honest = await simulate(scenario("honest", "pfedrec"));
  expect(honest.isLeaking).toBe(false);
  expect(honest.metrics.baselines["local-only"]!["hr@10"]).toBeLessThan(0.2);
});

it("is refused where devices are real", async () => {
  await expect(simulate({ ...scenario("paper-compat", "fcf"), network: { transport: "socket" } })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    details: { path: "evaluation.negatives" },
  });
});
