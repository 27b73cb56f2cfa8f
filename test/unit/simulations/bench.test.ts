/** Benchmarks: what is measured is the same work, and the table is about what was run. No time is asserted. */
import { describe, expect, it } from "vitest";
import { defineRun } from "../../../shared/define-run.ts";
import { addInto } from "../../../shared/math/linear.ts";
import { ratingsOf } from "../../../shared/math/ratings.ts";
import type { PrivatePart } from "../../../shared/models/private-part.ts";
import type { Sampler } from "../../../shared/privacy/samplers/sampler.ts";
import { createRng } from "../../../shared/random.ts";
import { bareRound } from "../../../simulations/bench/bare-round.ts";
import { measureGroup } from "../../../simulations/bench/bench.ts";
import { masksJob } from "../../../simulations/bench/crypto-masks.ts";
import {
  createPaillierWorld,
  paillierAdd,
  paillierBytes,
  paillierDecrypt,
  paillierEncrypt,
  paillierEncryptBlocks,
} from "../../../simulations/bench/crypto-paillier.ts";
import { paillierJob } from "../../../simulations/bench/crypto-paillier-job.ts";
import { thresholdJob } from "../../../simulations/bench/crypto-threshold.ts";
import { subjects } from "../../../simulations/bench/index.ts";
import { accountingJob, bufferedJob, denseJob } from "../../../simulations/bench/privacy-jobs.ts";
import { beside, correlatedNoise } from "../../../simulations/bench/privacy-noise.ts";
import { publishedGaussian, publishedLaplace, publishedSkellam } from "../../../simulations/bench/published-samplers.ts";
import { loadDataset } from "../../../simulations/datasets/index.ts";
import { momentsOf } from "../../support/goodness.ts";
import { seededBytes } from "../../support/seeded-bytes.ts";
import { testThresholdKey2048 } from "../../support/threshold-keys.ts";

describe("measureGroup", () => {
  it("times the cases in turns and compares them with the first", async () => {
    const calls: string[] = [];
    const slow = (name: string) => async () => {
      calls.push(name);
      await new Promise((resolve) => setTimeout(resolve, 1));
    };
    const cases = [
      { name: "a", run: slow("a") },
      { name: "b", run: slow("b") },
    ];
    const rows = await measureGroup("s", { title: "t", cases }, { budgetMs: 1 });
    expect(rows.map(({ name, samples }) => [name, samples])).toEqual([
      ["a", 5],
      ["b", 5],
    ]);
    expect(rows[0]).toMatchObject({ subject: "s", group: "t", ratio: 1 });
    expect(rows[1]!.ratio).toBeCloseTo(rows[1]!.medianMs / rows[0]!.medianMs, 12);
    // A sample may take several calls in a row; the samples of the cases take turns.
    const turns = calls.filter((name, at) => name !== calls[at - 1]);
    expect(turns.length).toBeGreaterThanOrEqual(10);
  });

  it("compares cases of unlike size by the piece of work, in the clock asked for", async () => {
    const cases = [
      { name: "one", run: () => new Promise((resolve) => setTimeout(resolve, 1)) },
      { name: "ten", units: 10, run: () => new Promise((resolve) => setTimeout(resolve, 1)) },
    ];
    const rows = await measureGroup("s", { title: "t", unit: "value", cases }, { budgetMs: 1 });
    expect(rows.map(({ units, unit, clock }) => [units, unit, clock])).toEqual([
      [1, "value", "wall"],
      [10, "value", "wall"],
    ]);
    expect(rows[1]!.unitMs).toBe(rows[1]!.medianMs / 10);
    expect(rows[1]!.ratio).toBeCloseTo(rows[1]!.unitMs / rows[0]!.unitMs, 12);
    const busy = await measureGroup("s", { title: "t", clock: "cpu", cases }, { budgetMs: 1 });
    // Waiting is no work.
    expect(busy[0]).toMatchObject({ clock: "cpu", samples: 5 });
  });

  it("stops when it is told to", async () => {
    const rows = await measureGroup("s", { title: "t", cases: [{ name: "a", run: () => 1 }] }, { signal: AbortSignal.abort() });
    expect(rows[0]!.samples).toBe(0);
  });
});

describe("the subjects", () => {
  it("have names and summaries of their own", () => {
    expect(new Set(subjects.map(({ name }) => name)).size).toBe(subjects.length);
    for (const { summary } of subjects) expect(summary).not.toBe("");
  });
});

describe("the whole job under Paillier", () => {
  const job = paillierJob({ bits: 2048, clients: 23, values: 130 });

  it("has an exact sum in one thread and in several, and tells what each part cost", async () => {
    const steps: string[] = [];
    const figures = await job.measure(new AbortController().signal, (step) => steps.push(step));
    const values = new Map(figures.map(({ name, value }) => [name, value]));
    expect(values.get("exact values")).toBe(130);
    expect(values.get("client, sent")).toBe(3 * 512);
    for (const { name, unit, value } of figures) if (unit === "ms") expect(value, name).toBeGreaterThan(0);
    expect(steps.length).toBeGreaterThan(2);
  });

  it("is over when it is interrupted", async () => {
    await expect(job.measure(AbortSignal.abort(), () => undefined)).rejects.toThrow(/abort/);
  });
});

describe("the whole job under masks", () => {
  const job = masksJob({ clients: 24, neighbors: 23, values: 50, lost: 3 });

  it("has an exact sum, also when the aggregator plays the round again alone, and tells what each part cost", async () => {
    const figures = await job.measure(new AbortController().signal, () => undefined);
    const values = new Map(figures.map(({ name, value }) => [name, value]));
    expect(values.get("exact values")).toBe(50);
    const timed = figures.filter(({ unit }) => unit === "ms");
    expect(timed.filter(({ name }) => name.includes("alone"))).toHaveLength(3);
    for (const { name, value } of timed) if (!name.startsWith("collecting")) expect(value, name).toBeGreaterThan(0);
  });

  it("is over when it is interrupted", async () => {
    await expect(job.measure(AbortSignal.abort(), () => undefined)).rejects.toThrow(/abort/);
  });
});

describe("decryption by 2 of 3 keyholders", () => {
  const job = thresholdJob({ bits: 2048, values: 130, dealt: testThresholdKey2048 });

  it("opens the values exactly, and tells what each keyholder and the aggregator do for it", async () => {
    const figures = await job.measure(new AbortController().signal, () => undefined);
    const values = new Map(figures.map(({ name, value }) => [name, value]));
    expect(values.get("exact values")).toBe(130);
    expect(values.get("keyholder, sent")).toBeGreaterThan(3 * 512);
    for (const { name, unit, value } of figures) if (unit === "ms") expect(value, name).toBeGreaterThan(0);
    const parts = [
      "keyholder 1, partial",
      "keyholder 3, partial",
      "keyholder 3, check",
      "aggregator, verify keyholder 1",
      "aggregator, combine",
    ];
    for (const part of parts)
      expect(
        [...values.keys()].some((name) => name.startsWith(part)),
        part,
      ).toBe(true);
  });

  it("is over when it is interrupted, also while a key is dealt", async () => {
    await expect(job.measure(AbortSignal.abort(), () => undefined)).rejects.toThrow(/abort/);
    const fresh = thresholdJob({ bits: 2048, values: 130 });
    await expect(fresh.measure(AbortSignal.timeout(1), () => undefined)).rejects.toThrow(/abort|interrupted|timeout/);
  });
});

describe("the steps of Paillier", () => {
  it("are groups with paillier-bigint first, whose cases run", async () => {
    const world = await createPaillierWorld(2048);
    for (const group of [paillierEncrypt(world), paillierEncryptBlocks(world), await paillierAdd(world), await paillierDecrypt(world)]) {
      expect(group.cases[0]!.name).toBe("paillier-bigint");
      for (const { run } of group.cases) await run();
    }
    const bytes = await paillierBytes(world).measure(new AbortController().signal, () => undefined);
    expect(bytes.map(({ value }) => value)).toEqual([512, 512 / 60, (449 * 512) / 26_912]);
  });
});

describe("what privacy costs", () => {
  const silent = () => undefined;
  const { signal } = new AbortController();
  const shape = { buffers: 2, rounds: 64, separation: 16, participations: 4 };
  const run = { samplingRate: 0.01, noiseMultiplier: 4, rounds: 10, delta: 1e-5, step: 1e-3 };

  it("is the time of work whose figure is right, and nothing when it is wrong", async () => {
    const jobs = [
      bufferedJob({ ...shape, mostLoss: 5.91 }),
      denseJob({ rounds: 8, loss: 1.49441365 }),
      accountingJob({ ...run, samplingRate: 1, noiseMultiplier: 10 ** 0.5, epsilon: 4.377182 }),
    ];
    for (const job of jobs) {
      const [time, figure] = await job.measure(signal, silent);
      expect(time).toMatchObject({ unit: "ms" });
      expect(time!.value).toBeGreaterThan(0);
      expect(figure!.unit).toMatch(/loss|epsilon/);
      await expect(job.measure(AbortSignal.abort(), silent)).rejects.toThrow(/abort/);
    }
    const wrong = [bufferedJob({ ...shape, mostLoss: 1 }), denseJob({ rounds: 8, loss: 1.5 }), accountingJob({ ...run, epsilon: 1 })];
    for (const job of wrong) await expect(job.measure(signal, silent)).rejects.toThrow(/expected/);
  });

  it("is noise from both sources, for round after round and run after run", () => {
    const { title, cases } = correlatedNoise({ ...shape, rounds: 3, separation: 1, participations: 1, items: 5, rank: 2 });
    expect(title).toContain("5 x 2 values");
    for (const { run } of cases) {
      const rounds = Array.from({ length: 4 }, () => run() as Float64Array);
      expect(rounds.every((noise) => noise.length === 10 && noise.every(Number.isFinite))).toBe(true);
    }
  });

  it("is draws of one distribution, published and ours", () => {
    const rng = seededBytes(61);
    const variance = (sampler: Sampler) => momentsOf(() => sampler.sample(), 20_000).variance;
    for (const sampler of [publishedGaussian(rng, 7), publishedLaplace(rng, 5), publishedSkellam(rng, 49)]) {
      expect(Math.abs(variance(sampler) / sampler.variance - 1)).toBeLessThan(0.08);
      for (const { run, units } of beside("draws", sampler, sampler).cases) {
        run();
        expect(units).toBe(1000);
      }
    }
  });
});

describe("the bare loop", () => {
  it("does the arithmetic of a round of biased-mf with one full-batch step", async () => {
    const { matrix } = await loadDataset({ name: "synthetic", users: 30, items: 40, ratings: 10 });
    const [rank, l2, learningRate, globalMean] = [3, 0.1, 0.01, 3.5];
    const model = { kind: "biased-mf", rank, l2, learningRate, batch: "full", localEpochs: 1 };
    const run = defineRun({ id: "bare", items: 40, cohort: { size: 30 }, ratings: { globalMean }, model, protection: { kind: "open" } });
    const before = run.model.initialize(createRng(1)).shared;
    const sum = new Float64Array(run.contributionSize);
    const one = new Float64Array(run.contributionSize);
    const people = new Float64Array(30 * (rank + 1));
    const after = new Float64Array(people.length);
    const rng = createRng(2);
    for (let user = 0; user < 30; user++) {
      const ratings = ratingsOf(matrix, user);
      const initial = run.model.createPrivate(ratings, rng) as PrivatePart;
      people.set(initial.values, user * (rank + 1));
      const { private: next } = run.model.contribute(run.model.open(before), initial, ratings, rng, one);
      after.set((next as PrivatePart).values, user * (rank + 1));
      addInto(sum, one);
    }
    const itemSide = before.slice();
    bareRound({ training: matrix, rank, l2, learningRate, globalMean, itemSide, people })();
    for (let i = 0; i < sum.length; i++) expect(itemSide[i]).toBeCloseTo(before[i]! - (learningRate / 30) * sum[i]!, 12);
    for (let i = 0; i < people.length; i++) expect(people[i]).toBeCloseTo(after[i]!, 12);
  });
});
