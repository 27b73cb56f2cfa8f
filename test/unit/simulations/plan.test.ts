/** The planner: jobs, refusals, recommendations, text. No time is asserted. */
import { describe, expect, it } from "vitest";
import { mechanisms } from "../../../shared/privacy/mechanisms/index.ts";
import { pricings } from "../../../simulations/plan/index.ts";
import { type JobOptions, toJob } from "../../../simulations/plan/job.ts";
import { makePlan, masksRows } from "../../../simulations/plan/plan.ts";
import { privacyTable, rankMechanisms, toWish } from "../../../simulations/plan/privacy.ts";
import { recommend } from "../../../simulations/plan/recommend.ts";
import { planTable } from "../../../simulations/plan/table.ts";

const typed: JobOptions = {
  clients: 1_000,
  values: 26_912,
  bits: 24,
  dropout: 0.1,
  corruption: 0.1,
  rounds: 1,
  threshold: 2,
  holders: 3,
};
const job = toJob(typed);
const split = "paillier 2048, t of n";
const able = pricings.map(({ name }) => ({ name }));
const refused = (name: string, refusal: string): readonly { name: string; refusal?: string }[] =>
  able.map((one) => (one.name === name ? { name, refusal } : one));

describe("toJob", () => {
  it("takes items times rank for values, and half of the clients for the least contributors", () => {
    const { values: _, ...rest } = typed;
    expect(toJob({ ...rest, items: 1_682, rank: 16 })).toEqual({ ...job, values: 26_912, min: 500 });
    expect(toJob({ ...typed, dropout: 0.7 }).min).toBe(300);
  });

  it.each([
    [{ clients: undefined }, '"--clients" expected a whole number from 2 to 10000000, for example --clients 1000'],
    [{ clients: 1 }, "nearest: 2"],
    [{ bits: 60 }, "nearest: 53"],
    [{ dropout: 1 }, "nearest: 0.9"],
    [{ dropout: Number.NaN }, '"--dropout" expected a share'],
    [{ min: 950 }, "expected at most 900, got 950: 900 of 1000 clients stay at dropout 0.1, and rounds would be abandoned; nearest: 900"],
    [{ neighbors: 1_000 }, "nearest: 999"],
    [{ rank: 4 }, 'stands for "--items" times "--rank"'],
    [{ values: undefined, items: 5 }, '"--rank" expected a whole number'],
  ])("refuses %j", (change, message) => {
    expect(() => toJob({ ...typed, ...change })).toThrow(message);
  });
});

describe("price", () => {
  const refusalOf = (name: string, change: Partial<JobOptions>): (() => unknown) => {
    const pricing = pricings.find((one) => one.name === name)!;
    return () => pricing.price(toJob({ ...typed, ...change }));
  };

  it("refuses what a protection refuses, with its nearest sound choice", () => {
    expect(refusalOf("masks", { dropout: 0.5 })).toThrow("nearest: dropout below 0.45");
    expect(refusalOf("masks", { neighbors: 20 })).toThrow("nearest: neighbors 95, threshold 66 of them");
    expect(refusalOf("masks", { clients: 70_000 })).toThrow("at most 65535 devices, got 70000; nearest: 65535");
    expect(refusalOf("masks", { bits: 50 })).toThrow("expected at most 54 bits, got 60");
    expect(refusalOf(split, { bits: 40 })).toThrow("a slot expected at most 45 bits");
    expect(refusalOf(split, { threshold: 4 })).toThrow("nearest: 3 of 3");
    expect(refusalOf(split, { threshold: 1, holders: 1 })).toThrow("nearest: 2 of 2");
    expect(refusalOf("masked-paillier 2048", { clients: 10_000 })).toThrow("a slot expected at most 45 bits");
  });

  it("grows with the values, and longer keys cost keyholders no fewer bytes", () => {
    for (const pricing of pricings) {
      const [less, more] = [pricing.price({ ...job, values: 1_000 }), pricing.price(job)];
      expect(more.sizes.up).toBeGreaterThan(less.sizes.up);
    }
  });
});

describe("recommend", () => {
  it("takes masks where they are sound and devices can stay", () => {
    expect(recommend(job, able, false).protection).toBe("masks");
  });

  it("takes a split key when devices answer once, masks are not sound, or the cohort is too small for its assumptions", () => {
    expect(recommend(job, able, true)).toMatchObject({ protection: split, reason: expect.stringContaining("answer once") });
    const unsound = recommend(job, refused("masks", "because"), false);
    expect(unsound).toMatchObject({ protection: split, reason: expect.stringContaining("(because)") });
    expect(recommend({ ...job, clients: 9 }, able, false)).toMatchObject({
      protection: split,
      reason: expect.stringContaining("rounds to none"),
    });
    expect(recommend({ ...job, clients: 9, corruption: 0 }, able, false).protection).toBe("masks");
  });

  it("takes nothing rather than open or a lone keyholder", () => {
    const { protection, reason } = recommend(job, refused(split, "too wide"), true);
    expect(protection).toBeUndefined();
    expect(reason).toContain("(too wide)");
  });
});

describe("masksRows", () => {
  it("gives the job's cohort and sound ones around it, with bits that are null where nothing can fail", () => {
    expect(masksRows(job).map(({ devices, neighbors, threshold }) => [devices, neighbors, threshold])).toEqual([
      [250, 62, 43],
      [500, 79, 55],
      [1_000, 95, 66],
      [2_000, 105, 73],
      [4_000, 112, 78],
    ]);
    for (const { securityBits, recoveryBits } of masksRows(job)) {
      expect(securityBits).toBeGreaterThanOrEqual(40);
      expect(recoveryBits).toBeGreaterThanOrEqual(20);
    }
    expect(masksRows({ ...job, clients: 20 }).at(0)).toMatchObject({ securityBits: null });
    expect(masksRows({ ...job, dropout: 0.5 })).toEqual([]);
  });
});

describe("planTable", () => {
  it("fits 100 columns, with refusals in their rows", async () => {
    const wide = toJob({ ...typed, clients: 30, values: 500, bits: 42, rounds: 50 });
    const text = planTable(await makePlan(wide, pricings, { timeMs: 1, answersOnce: false }));
    expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
    expect(text).toMatch(/^paillier 2048, t of n +not possible: a slot expected at most 45 bits/m);
    expect(text).toContain("nearest sound choice is --bits 40");
    expect(text).toContain("recommended: masks");
    expect(text).toContain("a device that takes part in all 50 rounds");
  });
});

// Calibrates every mechanism anew: seconds of work.
describe("the ranking of mechanisms", { timeout: 180_000 }, () => {
  const small = toJob({ ...typed, clients: 100, values: 40, rounds: 24 });
  const wish = (change: object) =>
    toWish({ epsilon: 4, delta: 1e-5, separation: 8, participations: 3, population: 2000, against: "release", ...change }, small)!;
  const rank = (change: object) => rankMechanisms(small, wish(change), () => undefined, new AbortController().signal);

  it("puts least noise first, keeps every promise, and noise in shares against the server alone", async () => {
    const rows = await rank({});
    const able = rows.filter(({ noise }) => noise !== undefined);
    expect(able.length).toBeGreaterThanOrEqual(mechanisms.length);
    expect(able.map(({ noise }) => noise!.running)).toEqual(able.map(({ noise }) => noise!.running).sort((a, b) => a - b));
    for (const { spent } of able) expect(Math.min(spent!.server, spent!.release)).toBeLessThanOrEqual(4);
    const by = (name: string) => rows.find((row) => row.name === name)!;
    expect(by("matrix, blt").noise!.running).toBeLessThan(by("gaussian").noise!.running / 1.8);
    expect(by("gaussian, by coins").noise!.running).toBeLessThan(by("gaussian").noise!.running);
    expect(by("gaussian").noise!.running).toBeLessThan(by("skellam").noise!.running);
    expect(by("skellam").noise!.running).toBeLessThan(by("local-gaussian").noise!.running / 5);
    expect(by("gaussian").spent!.server).toBe(Number.POSITIVE_INFINITY);
    expect(by("matrix, blt").stateBytes).toBe(40 + 3 * 8 * 40);
    const text = privacyTable(rows, wish({}), small);
    expect(text).toContain("in 3 rounds at most, 8 or more apart");
  });

  it("says what holds nothing against the server", async () => {
    const rows = await rank({ against: "server" });
    expect(rows.find(({ name }) => name === "gaussian")!.refusal).toMatch(/sees it without noise/);
    expect(rows[0]!.name).toMatch(/distributed-gaussian|skellam/);
  });

  it.each([
    [{ epsilon: 0 }, '"--epsilon"'],
    [{ delta: 1 }, '"--delta"'],
    [{ participations: 25 }, '"--participations" expected a whole number from 1 to 24'],
    [{ separation: 0 }, '"--separation"'],
    [{ population: 10 }, '"--population" expected at least 100'],
    [{ against: "me" }, '"--against" expected server or release'],
  ])("refuses %j", (change, message) => {
    expect(() => wish(change)).toThrow(message);
  });
});
