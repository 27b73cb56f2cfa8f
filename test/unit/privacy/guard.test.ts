/** Guards: what leaves a device, what becomes of a sum, with exact noise and in simulations. */
import { describe, expect, it } from "vitest";
import { planRun } from "../../../shared/plan-run.ts";
import { accountAsRun } from "../../../shared/privacy/as-run.ts";
import { createGuard, type GuardSetting, type PrivacyGuard } from "../../../shared/privacy/guard.ts";
import { mechanisms } from "../../../shared/privacy/mechanisms/index.ts";
import { planPrivacy } from "../../../shared/privacy/plan.ts";
import type { PrivacyInput } from "../../../shared/privacy/promise.ts";
import { createRng, type NoiseRng, secureRng, simulationRng } from "../../../shared/random.ts";
import { roundFrame } from "../../../shared/run.ts";
import { encodedBits, encodeFixed } from "../../../shared/wire/fixed-point.ts";
import { simulatedId, simulatedTools } from "../../../simulations/simulated-tools.ts";

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

describe("a device that sends what it must not, where noise comes later", () => {
  const terms = { id: "films-1", items: 8, rounds: 3, cohort: { size: 4, min: 3 }, model: { kind: "fcf", rank: 2 } };
  const privacy = { epsilon: 1 };

  /** Sums of three devices under masks, the last of which sends `sent` in an entry that the terms do not allow. */
  async function revealed(sent: number, others: number): Promise<unknown> {
    const run = await planRun({ ...terms, protection: { kind: "masks", dropout: 0 }, privacy });
    const frame = roundFrame(run, 1);
    expect(frame.isNoisedLater).toBe(true);
    const bold = { ...frame, range: { ...frame.range, maxAbs: 2 ** 12 } };
    const honest = Float64Array.from({ length: 16 }, (_, at) => (at === 0 ? others : 0));
    const wild = Float64Array.from({ length: 16 }, (_, at) => (at === 0 ? sent : 0));
    const halfOf = (id: string, isBold: boolean) => run.protection.createDevice(isBold ? bold : frame, id, simulatedTools);
    const ids = [0, 1, 2].map(simulatedId);
    const halves = await Promise.all(ids.map((id, at) => halfOf(id, at === 2)));
    const aggregator = await run.protection.createAggregator(frame, simulatedTools);
    for (let stage = 0; stage < run.protection.stages.length; stage++) {
      await aggregator.begin(stage, ids);
      for (const [at, id] of ids.entries()) {
        const answer = await halves[at]!.answer(stage, aggregator.brief(stage, id), at === 2 ? wild : honest);
        aggregator.admit(stage, id, answer);
        aggregator.combine(stage, id, answer, "");
      }
    }
    return aggregator.reveal(undefined);
  }

  it("under masks does not learn from the round's end on which side of a number the sum lies", async () => {
    for (const others of [0, 0.01, 1]) {
      const sum = (await revealed(3.99, others)) as { values: Float64Array; modulus: number };
      expect(sum.values[0]).toBeCloseTo(3.99 + 2 * others, 3);
      expect(sum.modulus).toBeGreaterThan(2 ** 10);
    }
    expect(await revealed(2000, 0.5)).toMatchObject({ modulus: expect.any(Number) });
  });

  it("finds noise in the wrapped sum that is the noise of the sum itself", async () => {
    const guard = guardOf({ mechanism: "gaussian" });
    const modulus = 4096;
    const release = async (value: number) => {
      const aggregator = await guard.createAggregator(simulationRng(createRng(9)));
      return aggregator.release({ values: new Float64Array(40).fill(value), count: 50, modulus }, 1).values[0]!;
    };
    const noise = (await release(10)) - 10;
    expect((await release(10 + modulus)) - 10).toBeCloseTo(noise, 6);
    await expect(release(modulus / 2)).rejects.toThrow(expect.objectContaining({ code: "AGGREGATION_FAILED" }));
  });

  it("in the open is refused by itself, before it rounds away what others send", async () => {
    const run = await planRun({ ...terms, protection: { kind: "open" }, privacy });
    const aggregator = await run.protection.createAggregator(roundFrame(run, 1), simulatedTools);
    const values = new Float64Array(16);
    values[3] = run.range.maxAbs * 1.01;
    const answer = new Uint8Array(values.buffer);
    expect(() => aggregator.admit(0, "x", answer)).toThrow(/entry 3 is larger/);
    values[3] = run.range.maxAbs;
    aggregator.admit(0, "x", answer);
  });
});
