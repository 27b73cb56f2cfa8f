/** Guards: what leaves a device, what becomes of a sum, with exact noise and in simulations. */
import { describe, expect, it } from "vitest";
import { accountAsRun } from "../../../shared/privacy/as-run.ts";
import { createGuard, type GuardSetting, type PrivacyGuard } from "../../../shared/privacy/guard.ts";
import { mechanisms } from "../../../shared/privacy/mechanisms/index.ts";
import { planPrivacy } from "../../../shared/privacy/plan.ts";
import type { PrivacyInput } from "../../../shared/privacy/promise.ts";
import { createRng, type NoiseRng, secureRng, simulationRng } from "../../../shared/random.ts";
import { encodedBits, encodeFixed } from "../../../shared/wire/fixed-point.ts";

const setting: GuardSetting = {
  size: 40,
  rounds: 4,
  cohort: { size: 50, min: 40 },
  revealsContributions: false,
  wrapsCleanly: true,
  corruption: 0,
  label: "films-1",
};

function guardOf(input: Omit<PrivacyInput, "epsilon"> & { epsilon?: number }, changes: Partial<GuardSetting> = {}): PrivacyGuard {
  const all = { ...setting, ...changes };
  return createGuard(planPrivacy({ epsilon: 8, ...input }, all), all);
}

const rngs: readonly (readonly [string, NoiseRng])[] = [
  ["exact noise", secureRng],
  ["a simulation's noise", simulationRng(createRng(3))],
];

describe.each(mechanisms.map(({ kind }) => kind))("a guard with %s", (mechanism) => {
  const guard = guardOf({ mechanism });

  it.each(rngs)("restores a sum up to its noise, by %s", async (_name, rng) => {
    const members = 50;
    const device = await guard.createDevice(rng);
    // Within every mechanism's bound, or clipping would count as noise: local-laplace bounds the L1 norm.
    const size = mechanism === "local-laplace" ? 0.2 : 1;
    const values = Float64Array.from({ length: 40 }, (_, at) => size * (at % 3 === 0 ? 0.15 : -0.1));
    const sum = new Float64Array(guard.wire.size);
    for (let i = 0; i < members; i++) {
      const sent = device.protect(values, 2);
      expect(sent).toHaveLength(guard.wire.size);
      expect(encodedBits(guard.wire.range)).toBeLessThan(40);
      const { integers, clamped } = encodeFixed(sent, guard.wire.range);
      expect(clamped).toBe(0);
      for (const [at, integer] of integers.entries()) sum[at]! += integer * 2 ** -guard.wire.range.fractionBits;
    }
    const released = (await guard.createAggregator(rng)).release({ values: sum, count: members }, 2);
    expect(released.count).toBe(50);
    expect(released.noiseStddev).toBeGreaterThan(0);
    let squares = 0;
    for (const [at, value] of released.values.entries()) squares += ((value - members * values[at]!) / released.noiseStddev) ** 2;
    // Of 40 entries; far off only for a wrong scale, sign or order.
    expect(squares / 40).toBeGreaterThan(0.2);
    expect(squares / 40).toBeLessThan(2.5);
  });

  it("sends of NaN, infinities and what is too long no more than of anything else", async () => {
    const device = await guard.createDevice(simulationRng(createRng(4)));
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
      const sent = device.protect(new Float64Array(40).fill(bad), 1);
      expect(encodeFixed(sent, guard.wire.range).clamped).toBe(0);
    }
  });
});

it("has noise in shares that add up for the least number of honest devices, and more for more", async () => {
  const guard = guardOf({ mechanism: { kind: "skellam", corruption: 0.25 } as { kind: "skellam" } });
  expect(guard.facts.shares).toBe(30);
  const aggregator = await guard.createAggregator(secureRng);
  const zeros = new Float64Array(guard.wire.size);
  const [least, all] = [
    aggregator.release({ values: zeros, count: 30 }, 1).noiseStddev,
    aggregator.release({ values: zeros, count: 50 }, 1).noiseStddev,
  ];
  expect(least / (guard.terms.noiseMultiplier * guard.facts.sensitivity)).toBeCloseTo(1, 1);
  expect(all / least).toBeCloseTo(Math.sqrt(50 / 30), 10);
});

it("goes on with correlated noise from the state of the last release, and never again for the same round", async () => {
  const guard = guardOf({ mechanism: "matrix" });
  const sum = new Float64Array(40);
  const first = await guard.createAggregator(secureRng);
  first.release({ values: sum, count: 50 }, 1);
  const state = first.exportState()!;
  first.release({ values: sum, count: 50 }, 2);
  const second = await guard.createAggregator(secureRng, state);
  expect(() => second.release({ values: sum, count: 50 }, 1)).toThrow(expect.objectContaining({ code: "REPLAYED" }));
  second.release({ values: sum, count: 50 }, 4);
  expect(() => second.release({ values: sum, count: 50 }, 3)).toThrow(expect.objectContaining({ code: "REPLAYED" }));
});

describe("the as-run account", () => {
  const { terms } = guardOf({ epsilon: 8, participation: { kind: "min-separation", participations: 2, separation: 2 } });

  it("never says more than the plan, and less where fewer took part", () => {
    const planned = accountAsRun(terms, setting, [[1, 3], [2]], 4);
    expect(planned).toMatchObject({ participations: 2, rounds: 4 });
    expect(planned.spent.release).toBeLessThanOrEqual(8);
    expect(accountAsRun(terms, setting, [[1], [2]], 4).spent.release).toBeLessThan(planned.spent.release);
    expect(accountAsRun(terms, setting, [], 3).spent).toEqual({ server: 0, release: 0 });
  });

  it.each([
    ["rounds too close", [[1, 2]], 4],
    ["rounds too many", [[1, 3, 5]], 4],
    ["more rounds than planned", [[1, 3]], 5],
  ])("fails closed over %s", (_what, log, rounds) => {
    expect(() => accountAsRun(terms, setting, log, rounds)).toThrow(expect.objectContaining({ code: "LEDGER_CORRUPT" }));
  });
});
