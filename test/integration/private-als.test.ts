/** ALS under a promise of privacy, from the scenario to the figures, by every clip that fits it. */
import { describe, expect, it } from "vitest";
import { simulate } from "../../simulations/simulate.ts";

/** Held-out error after some rounds with the promise. */
async function rmseOf(privacy: object, model: object = {}): Promise<number> {
  const result = await simulate({
    dataset: { name: "synthetic", users: 2000, items: 60, ratings: 20 },
    split: { kind: "random" },
    model: { kind: "als", rank: 2, l2: 3, weighting: "none", noised: {}, ...model },
    baselines: [],
    rounds: 3,
    privacy,
  });
  return result.metrics.test["rmse"]!;
}

describe("als with a promise of privacy", () => {
  it("comes near to what it learns with hardly any noise, by every clip that keeps the direction of a contribution", async () => {
    const best = await rmseOf({ epsilon: 1000, clipNorm: 8 });
    const clips = [
      { kind: "flat", clipNorm: 5 },
      { kind: "weighted-rows", clipNorm: 1.5, budget: 9 },
    ];
    for (const clip of clips) expect(await rmseOf({ epsilon: 20, clip })).toBeLessThan(1.1 * best);
  });

  it("loses as epsilon falls, and never blows up", async () => {
    const some = await rmseOf({ epsilon: 5, clipNorm: 5 });
    const more = await rmseOf({ epsilon: 0.1, clipNorm: 5 });
    expect(some).toBeLessThan(more);
    // Nothing but people's own means is left.
    expect(more).toBeLessThan(1.5);
  });
});
