/** Correlated noise against independent noise at one promise: the scenarios that ship with the comparison, on the bundled data. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../simulations/package-root.ts";
import { loadScenario } from "../../simulations/scenario-file.ts";
import { simulate } from "../../simulations/simulate.ts";

const load = (name: string, overrides: readonly string[] = []) =>
  loadScenario(join(packageRoot(), "simulations", "scenarios", `${name}.yaml`), overrides);

async function ndcgAt10(name: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const seed of [1, 2, 3]) {
    const { metrics, privacy } = await simulate(await load(name, [`seed=${seed}`]));
    expect(privacy.asRun?.participations).toBe(4);
    expect(privacy.asRun?.epsilon.release).toBeLessThanOrEqual(5 * (1 + 1e-6));
    found.push(metrics.test["ndcg@10"]!);
  }
  return found;
}

it("ranks better with correlated noise than with independent noise of the same epsilon, for every seed", async () => {
  const correlated = await ndcgAt10("wines-correlated");
  const independent = await ndcgAt10("wines-independent");
  for (const [at, ndcg] of correlated.entries()) expect(ndcg).toBeGreaterThan(independent[at]!);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(correlated) - mean(independent)).toBeGreaterThan(0.005);
});

it.each(["wines", "movielens-100k"])(
  "compares the same promise and rounds on %s, and correlates noise for what the server does",
  async (name) => {
    const overrides = name === "wines" ? [] : ["dataset.path=."];
    const [correlated, independent] = await Promise.all([load(`${name}-correlated`, overrides), load(`${name}-independent`, overrides)]);
    for (const key of ["rounds", "cohort", "split", "dataset", "participants"] as const) expect(correlated[key]).toEqual(independent[key]);
    const { mechanism, ...promise } = correlated.privacy!;
    const { mechanism: other, ...otherPromise } = independent.privacy!;
    expect(promise).toEqual(otherPromise);
    expect(other).toBe("gaussian");
    const { momentum } = correlated.model["optimizer"] as { readonly momentum: number };
    expect(mechanism).toMatchObject({ kind: "matrix", workload: { momentum } });
  },
);
