/** Every adversary of the index passes the one suite; what is peculiar to one is tested here, by hand. */
import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/random.ts";
import { littleZ } from "../../simulations/adversaries/a-little-is-enough.ts";
import { adversaries } from "../../simulations/adversaries/index.ts";
import type { Result } from "../../simulations/result.ts";
import { attacked, createAdversary, describeAdversary, factsOf } from "./adversary.ts";

for (const definition of adversaries) describeAdversary(definition);

/** What an adversary makes of a vector. */
function changed(section: { readonly kind: string }, values: readonly number[], turn: object = {}): number[] {
  const out = Float64Array.from(values);
  createAdversary(section).vector!(out, { round: 2, rng: createRng(1), ...turn });
  return [...out];
}

describe("adversaries by hand", () => {
  it("flip, scale, lie and give nothing", () => {
    expect(changed({ kind: "sign-flip" }, [1, -2])).toEqual([-1, 2]);
    expect(changed({ kind: "sign-flip", gain: 10 } as never, [1, -2])).toEqual([-10, 20]);
    // 20 of 100 devices: five times as long outvotes the whole.
    expect(changed({ kind: "scaled" }, [1, -2])).toEqual([5, -10]);
    expect(changed({ kind: "weight-lie" }, [1, -2])).toEqual([10, -20]);
    expect(changed({ kind: "free-rider" }, [1, -2])).toEqual([0, 0]);
    const stale = { kind: "free-rider", sends: "stale" };
    expect(changed(stale, [1, -2])).toEqual([1, -2]);
    expect(changed(stale, [1, -2], { last: Float64Array.of(7, 8) })).toEqual([7, 8]);
  });

  it("send noise of the length that they say", () => {
    const honest = Array.from({ length: 4_000 }, (_, i) => (i % 2 === 0 ? 3 : -3));
    const noise = changed({ kind: "gaussian" }, honest);
    const stddev = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length);
    // Three standard deviations of the estimate: 30 / sqrt(8000) x 3.
    expect(Math.abs(stddev - 30)).toBeLessThan(1.01);
  });

  it("stay within the spread: z by the paper's formula", () => {
    // n = 50, m = 12: s = 14, (50 - 12 - 14) / 38 = .6316, quantile .336 (the paper's example of 50 workers has 24 corrupted: z below).
    expect(littleZ(50, 12)).toBeCloseTo(0.3361, 3);
    // n = 50, m = 24: s = 2, 24 / 26 = .923, quantile 1.426: "z = 1.43" in section 3.1.
    expect(littleZ(50, 24)).toBeCloseTo(1.4261, 3);
    expect(littleZ(100, 20)).toBeCloseTo(0.2858, 3);
    expect(littleZ(10, 9)).toBeGreaterThanOrEqual(0);
    const crowd = { count: 5, mean: Float64Array.of(1, 2), stddev: Float64Array.of(10, 0) };
    expect(changed({ kind: "a-little-is-enough", z: 2 } as never, [9, 9], { crowd })).toEqual([-19, 2]);
    expect(changed({ kind: "inner-product", epsilon: 4 } as never, [9, 9], { crowd })).toEqual([-4, -8]);
    expect(changed({ kind: "inner-product" }, [9, 9])).toEqual([9, 9]);
  });

  it("move labels: mirrored or shifted ratings, choices of other items", () => {
    const own = { items: Int32Array.of(1, 30), values: Float64Array.of(1, 4) };
    const made = (section: object, objective: "rating" | "ranking") =>
      createAdversary({ kind: "label-shift", ...section }, objective).ratings!(own, createRng(1));
    expect([...made({}, "rating").values]).toEqual([5, 2]);
    expect([...made({ shift: 2 }, "rating").values]).toEqual([3, 5]);
    expect([...made({}, "ranking").items]).toEqual([10, 21]);
    expect([...made({ places: 5 }, "ranking").items]).toEqual([6, 35]);
  });

  it.each(["random", "average", "bandwagon"])("push and nuke by made-up profiles: %s", (profile) => {
    const own = { items: Int32Array.of(1, 2, 3, 4, 5, 6), values: new Float64Array(6).fill(3) };
    const made = (kind: string, objective: "rating" | "ranking") =>
      createAdversary({ kind, profile, targets: [7], fillers: 12 } as never, objective).ratings!(own, createRng(1));
    const ratingOf = ({ items, values }: ReturnType<typeof made>, item: number) => values[items.indexOf(item)];
    expect(ratingOf(made("item-push", "rating"), 7)).toBe(5);
    expect(ratingOf(made("item-nuke", "rating"), 7)).toBe(1);
    expect(made("item-push", "ranking").items).toContain(7);
    expect(made("item-nuke", "ranking").items).not.toContain(7);
    expect(made("item-push", "rating").items).toHaveLength(13);
    // Two Sybils are one person, two shills are not.
    const [a, b] = [createAdversary({ kind: "sybil" }), createAdversary({ kind: "item-push" })];
    expect(a.ratings!(own, createRng(1))).toEqual(a.ratings!(own, createRng(2)));
    expect(b.ratings!(own, createRng(1))).not.toEqual(b.ratings!(own, createRng(2)));
  });

  it("plant a signal in real ratings, and say what the paper predicts", () => {
    const collective = createAdversary({ kind: "collective", targets: [7], signal: [8, 9] } as never);
    const own = { items: Int32Array.of(1, 8), values: Float64Array.of(2, 2) };
    expect(collective.ratings!(own, createRng(1))).toEqual({ items: Int32Array.of(1, 7, 8, 9), values: Float64Array.of(2, 5, 5, 5) });
    expect([...collective.plant!(own).items]).toEqual([1, 8, 9]);
    const person = (...items: number[]) => ({ items: Int32Array.from(items), values: new Float64Array(items.length).fill(3) });
    // One of four honest people carries the signal, and chose item 3 and not the target: xi = 1/4, delta = 1.
    const honest = [person(3, 8, 9), person(1), person(8), person(2)];
    expect(collective.predict!(honest, 0.5)).toEqual({ alpha: 0.5, xi: 0.25, delta: 1, bound: 0.75 });
    expect(collective.predict!(honest, 0.01)).toMatchObject({ bound: 0 });
    expect(collective.predict!(honest.slice(1), 0.01)).toMatchObject({ xi: 0, bound: 1 });
  });
});

describe("attacks on a small run", () => {
  const rmseOf = ({ metrics }: Result): number => metrics.test["rmse"]!;
  const singles = { cohort: { size: 40, groups: 40 }, rounds: 8, participants: 400 };
  const flip = { kind: "sign-flip", gain: 10, fraction: 0.2 };
  const control = { kind: "control", fraction: 0.2 };

  it("come from the same devices whatever they do, and the honest alone are judged", async () => {
    const [a, b] = [await attacked(flip), await attacked(control)];
    expect(a.metrics.baselines).toEqual(b.metrics.baselines);
    const everyone = await attacked(control, { adversaries: undefined });
    expect(everyone.metrics.baselines).not.toEqual(b.metrics.baselines);
    expect(everyone.adversaries).toBeUndefined();
    // The control trains as everyone does: only who is judged differs.
    expect(b.rounds).toEqual(everyone.rounds);
  });

  it("carry the mean off, and not what bounds and chooses", async () => {
    const clean = rmseOf(await attacked(control, singles));
    const mean = rmseOf(await attacked(flip, singles));
    const robust = rmseOf(await attacked(flip, { ...singles, aggregation: { kind: "similarity" } }));
    expect(mean).toBeGreaterThan(1.15 * clean);
    expect(robust).toBeLessThan(1.05 * clean);
  });

  it("know what they say they know: of colluders by default, of all honest ones by choice", async () => {
    const little = { kind: "a-little-is-enough", fraction: 0.2, z: 3 };
    const [own, all] = [await attacked(little, singles), await attacked({ ...little, knowledge: "everyone" }, singles)];
    expect(rmseOf(own)).not.toBe(rmseOf(all));
    expect(factsOf(await attacked({ ...little, knowledge: "everyone" }, singles, 2))).toEqual(factsOf(all));
  });

  it("make no model of numbers without a sum: rounds are abandoned, unless a rule bounds them", async () => {
    const huge = { kind: "scaled", gain: 1e200, count: 1 };
    await expect(attacked(huge, { participants: 40 })).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining("AGGREGATION_FAILED") }),
    );
    const bounded = await attacked(huge, { participants: 40, cohort: { size: 40, groups: 40 }, aggregation: { kind: "similarity" } });
    expect(bounded.rounds.map(({ outcome }) => outcome)).toEqual(["published", "published", "published"]);
  });

  it("hold up rounds and are left out: stragglers", async () => {
    const late = await attacked({ kind: "straggler", fraction: 0.2 });
    expect(late.adversaries![0]).toMatchObject({ accepted: 0, refused: {} });
    expect(late.rounds.every(({ seconds }) => seconds === 60)).toBe(true);
    const slow = await attacked({ kind: "straggler", fraction: 0.2, delayMs: 5_000 });
    expect(slow.adversaries![0]).toMatchObject({ dropped: 0 });
    expect(slow.rounds[0]!.seconds).toBe(5);
  });

  it("are refused with a code where bytes are no numbers, and are one voice of many where they are", async () => {
    const garbled = await attacked(
      { kind: "garble", fraction: 0.1 },
      { cohort: { size: 40, groups: 40 }, aggregation: { kind: "similarity" } },
    );
    const { refused, asked, accepted } = garbled.adversaries![0]!;
    expect(Object.keys(refused)).toEqual(accepted < asked ? ["VALUE_NOT_FINITE"] : []);
    expect(rmseOf(garbled)).toBeLessThan(1.3);
  });

  it.each([
    ["masks", "garble"],
    ["masks", "replay"],
    ["paillier", "overflow"],
    ["paillier", "garble"],
  ])("spoil their group's sum at most, under %s: %s", async (kind, attack) => {
    const holders = kind === "paillier" ? { holders: 1 } : {};
    const run = await attacked(
      { kind: attack, count: 6 },
      {
        participants: 40,
        cohort: { size: 40, min: 4, groups: 8 },
        protection: { kind, ...holders },
        aggregation: { kind: "median" },
        rounds: 2,
      },
    );
    expect(run.rounds.some(({ outcome }) => outcome === "published")).toBe(true);
    expect(rmseOf(run)).toBeLessThan(1.4);
  });

  it("are told of exposure: a push that owns a third of the devices is seen", async () => {
    const wines = { dataset: { name: "wines" }, split: { kind: "leave-one-out" }, model: { kind: "fcf", rank: 4 }, rounds: 8 };
    const changes = { ...wines, participants: 300, cohort: { size: 100 }, baselines: ["popularity"] };
    const exposure = async (section: object) => (await attacked(section, changes)).adversaries![0]!.success!;
    const clean = await exposure({ kind: "control", fraction: 0.3 });
    const pushed = await exposure({ kind: "item-push", fraction: 0.3 });
    expect(pushed.targets).toEqual(clean.targets);
    expect(pushed["er@10"]).toBeGreaterThan(clean["er@10"] + 0.1);
    expect(pushed.baselines["popularity"]).toBe(clean.baselines["popularity"]);
    const planted = await exposure({ kind: "collective", fraction: 0.3 });
    expect(planted["er@10 with signal"]).toBeGreaterThan(clean["er@10"]);
    expect(planted.predicted!["bound"]).toBeGreaterThan(0);
  });
});

describe("the section adversaries", () => {
  it("says what is wrong with it, and the nearest word", async () => {
    const refuses = async (section: object, text: RegExp, changes: object = {}): Promise<void> =>
      await expect(attacked(section, changes)).rejects.toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(text) }),
      );
    await refuses({ kind: "sign-flop", fraction: 0.1 }, /did you mean "sign-flip"/);
    await refuses({ kind: "sign-flip", gian: 2, fraction: 0.1 }, /did you mean "gain"/);
    await refuses({ kind: "sign-flip" }, /either fraction or count/);
    await refuses({ kind: "sign-flip", fraction: 0.1, count: 3 }, /either fraction or count/);
    await refuses({ kind: "sign-flip", fraction: 0.001 }, /at least one of 200 devices/);
    await refuses({ kind: "sign-flip", count: 200 }, /honest devices beside them/);
    await refuses({ kind: "item-push", targets: [40], count: 3 }, /items below 40/);
    await refuses({ kind: "sign-flip", count: 3 }, /network.transport memory/, { network: { transport: "socket" } });
    await refuses({ kind: "inner-product", count: 3 }, /no inner-product beside sharing sparse-rows/, { sharing: { kind: "sparse-rows" } });
  });
});
