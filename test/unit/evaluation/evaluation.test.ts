/** Entries that ride behind a contribution: their bounds, their sums, what a promise of privacy does to them, and who is refused. */
import { describe, expect, it } from "vitest";
import { defineRun } from "../../../shared/define-run.ts";
import type { HeldOutOutcome } from "../../../shared/evaluation/metrics.ts";
import { metricsFor, summed } from "../../../shared/evaluation/metrics.ts";
import { mae, ndcgAt, rmse } from "../../../shared/math/metrics.ts";
import { planRun } from "../../../shared/plan-run.ts";
import { createRng, secureRng } from "../../../shared/random.ts";
import { createReleaser } from "../../../shared/release.ts";
import { advanceModel, qualityOf, type Run, roundFrame } from "../../../shared/run.ts";
import { canonicalJson } from "../../../shared/terms.ts";

const ratings = { range: [1, 5] as const, globalMean: 3 };
const input = { id: "films-1", items: 9, model: { kind: "als", rank: 2 }, protection: { kind: "open" }, ratings, cohort: { size: 6 } };
const evaluation = { metrics: ["rmse", "mae", "ndcg@5"] };
const judged = defineRun({ ...input, evaluation: { ...evaluation, holdOut: { count: 3, least: 4 } } });

function outcome(seed: number): HeldOutOutcome {
  const rng = createRng(seed, "outcome");
  const heldOut = 1 + rng.below(3);
  return {
    errors: Float64Array.from({ length: heldOut }, () => 8 * rng.float() - 4),
    ranks: Array.from({ length: heldOut }, (_, at) => ({ above: 2 * at + rng.below(2), tied: 1 })),
    heldOut,
  };
}

/** The figures of some people's sum, through the run's own sharing. */
async function figures(run: Run, outcomes: readonly (HeldOutOutcome | undefined)[], round = 1) {
  const sum = new Float64Array(run.sharing.size);
  for (const one of outcomes) {
    const outgoing = run.sharing.encode(new Float64Array(run.contributionSize), round);
    run.evaluation!.attach(outgoing, one);
    for (const [at, value] of outgoing.entries()) sum[at]! += value;
  }
  const released = (await createReleaser(run, secureRng)).release([{ values: sum, count: outcomes.length }], round);
  return { released, quality: qualityOf(run, released, round, round - 1) };
}

describe("terms with an evaluation", () => {
  it("name everything, so that what is signed is what is done", () => {
    const { terms } = defineRun({ ...input, evaluation: {} });
    expect(terms.evaluation).toEqual({ every: 1, metrics: ["rmse", "mae"], holdOut: { kind: "latest", count: 1, least: 5 } });
    expect(canonicalJson(defineRun(JSON.parse(canonicalJson(terms))).terms)).toBe(canonicalJson(terms));
    expect(defineRun({ ...input, model: { kind: "fcf" }, evaluation: {} }).terms.evaluation!.metrics).toEqual([
      "hr@10",
      "ndcg@10",
      "recall@10",
    ]);
    expect(defineRun(input).terms).not.toHaveProperty("evaluation");
  });

  it.each<[string, object, RegExp]>([
    ["an unknown key", { evry: 2 }, /"terms.evaluation.evry" is not a known key; did you mean "every"/],
    ["an unknown metric", { metrics: ["auc"] }, /"terms.evaluation.metrics" expected rmse/],
    ["a metric twice", { metrics: ["rmse", "rmse"] }, /each metric once/],
    ["a rating metric of a model of orders", { metrics: ["rmse"], model: "fcf" }, /predicts an order/],
    ["an unknown way to hold out", { holdOut: { kind: "lates" } }, /did you mean "latest"/],
    ["a share of no promise", { share: 0.1 }, /expected a promise of privacy/],
  ])("refuse %s", (_name, { model = "als", ...section }: { model?: string }, message) => {
    expect(() => defineRun({ ...input, model: { kind: model }, evaluation: section })).toThrow(message);
  });

  it("make contributions longer by a few entries, the same in every round, of which no model sees any", async () => {
    const plain = defineRun(input);
    expect(roundFrame(judged, 1).size).toBe(roundFrame(plain, 1).size + 5);
    expect(judged.contributionSize).toBe(plain.contributionSize);
    const values = Float64Array.from({ length: plain.contributionSize }, (_, at) => at / 8);
    const outgoing = judged.sharing.encode(values, 1);
    judged.evaluation!.attach(outgoing, outcome(1));
    expect(outgoing.subarray(0, values.length)).toEqual(values);
    const state = judged.model.initialize(createRng(1));
    const released = async (run: Run, sum: Float64Array) => (await createReleaser(run, secureRng)).release([{ values: sum, count: 3 }], 1);
    expect(advanceModel(judged, state, await released(judged, outgoing), 1)).toEqual(
      advanceModel(plain, state, await released(plain, values), 1),
    );
  });
});

describe("sums of entries", () => {
  it("give the figures of the same people, whoever holds nothing out among them", async () => {
    const outcomes = [1, 2, 3, 4, 5].map(outcome);
    const { quality } = await figures(judged, [...outcomes, undefined]);
    const errors = Float64Array.from(outcomes.flatMap((one) => [...one.errors]));
    const zeros = new Float64Array(errors.length);
    const mean = outcomes.reduce((sum, { ranks }) => sum + ndcgAt(5, ranks), 0) / outcomes.length;
    expect(quality).toMatchObject({ modelRound: 0, people: 5 });
    expect(quality!.metrics["rmse"]).toBeCloseTo(rmse(errors, zeros), 10);
    expect(quality!.metrics["mae"]).toBeCloseTo(mae(errors, zeros), 10);
    expect(quality!.metrics["ndcg@5"]).toBeCloseTo(mean, 10);
  });

  it("are within the run's range, whatever a model predicts", () => {
    const wild: HeldOutOutcome = {
      errors: Float64Array.of(1e300, Number.NaN, -Infinity),
      ranks: [{ above: Number.POSITIVE_INFINITY, tied: 1 }],
      heldOut: 3,
    };
    const outgoing = judged.sharing.encode(new Float64Array(judged.contributionSize), 1);
    judged.evaluation!.attach(outgoing, wild);
    const entries = outgoing.subarray(judged.contributionSize);
    expect([...entries]).toEqual([1, 1, 1, 1, 0].map((entry) => entry * judged.range.maxAbs));
  });

  it("can be moved by one lying device by one person's weight each, and no further: its entries are clamped with all others", async () => {
    const honest = [1, 2, 3, 4, 5].map(outcome);
    const { quality } = await figures(judged, honest);
    const { maxAbs } = judged.range;
    const sum = new Float64Array(judged.sharing.size);
    for (const one of honest.slice(1)) {
      const outgoing = judged.sharing.encode(new Float64Array(judged.contributionSize), 1);
      judged.evaluation!.attach(outgoing, one);
      for (const [at, value] of outgoing.entries()) sum[at]! += value;
    }
    // The most that passes the range: an ndcg of 1 by a person who says that nobody was judged.
    sum[sum.length - 1]! += maxAbs;
    const released = (await createReleaser(judged, secureRng)).release([{ values: sum, count: 5 }], 1);
    const lied = qualityOf(judged, released, 1, 0)!;
    expect(Math.abs(lied.metrics["ndcg@5"]! * lied.people - quality!.metrics["ndcg@5"]! * quality!.people)).toBeLessThanOrEqual(1);
  });

  it("tell nothing below the least cohort, nor in rounds that are not judged", async () => {
    expect((await figures(judged, [outcome(1), undefined, undefined])).quality).toBeUndefined();
    const seldom = defineRun({ ...input, evaluation: { ...evaluation, every: 3 } });
    expect([1, 2, 3, 4, 6].map((round) => seldom.evaluation!.isDue(round))).toEqual([false, false, true, false, true]);
    const { released } = await figures(seldom, [1, 2, 3].map(outcome), 2);
    expect(qualityOf(seldom, released, 2, 1)).toBeUndefined();
  });
});

describe.each(metricsFor("rating", ["rmse", "mae", "hr@3", "ndcg@4", "recall@2"]))("$name as sums", (metric) => {
  const sum = summed(metric);
  const limits = { count: 3, span: 4 };

  it("gives entries from 0 to 1", () => {
    for (let seed = 0; seed < 50; seed++) {
      const entry = sum.entry(outcome(seed), limits);
      expect(entry >= 0 && entry <= 1).toBe(true);
    }
  });

  it("knows how far its figure moves with the quotient", () => {
    for (const quotient of [0.05, 0.3, 0.8]) {
      const step = 1e-6;
      const moved = (sum.figure(quotient + step, limits) - sum.figure(quotient - step, limits)) / (2 * step);
      expect(sum.slope(quotient, limits)).toBeCloseTo(moved, 5);
    }
  });
});

describe("under a promise of privacy", () => {
  const promised = { ...input, cohort: { size: 400, min: 300 }, rounds: 4, privacy: { epsilon: 6, clipNorm: 2 } };

  it("stays within the promised bound, contribution and metrics together, and costs the promise nothing", async () => {
    const run = await planRun({ ...promised, evaluation });
    const plain = await planRun(promised);
    expect(run.terms.privacy).toEqual(plain.terms.privacy);
    expect(run.terms.evaluation!.share).toBe(0.1);
    const device = await run.privacy!.createDevice(secureRng);
    for (const scale of [0, 0.1, 1e6]) {
      const outgoing = run.sharing.encode(new Float64Array(run.contributionSize).fill(scale), 1);
      run.evaluation!.attach(outgoing, { errors: Float64Array.of(4), ranks: [{ above: 0, tied: 1 }], heldOut: 1 });
      expect(Math.hypot(...outgoing)).toBeLessThanOrEqual(2 * (1 + 1e-12));
      // Nothing is left for the clip to do, which would shrink the metrics with the rest.
      expect(await device.protect(outgoing, 1)).toEqual(outgoing);
      const head = outgoing.subarray(0, run.contributionSize);
      expect(Math.hypot(...head)).toBeLessThanOrEqual(2 * Math.sqrt(0.9) * (1 + 1e-12));
    }
  });

  it("gives noised figures that say how noised they are", async () => {
    const run = await planRun({ ...promised, evaluation: { ...evaluation, share: 0.4 } });
    const outcomes = Array.from({ length: 400 }, (_, seed) => ({
      ...outcome(seed),
      heldOut: 1,
      errors: outcome(seed).errors.subarray(0, 1),
    }));
    const exact = await figures(defineRun({ ...input, evaluation }), outcomes);
    const distances: number[] = [];
    for (let draw = 0; draw < 40; draw++) {
      const { quality } = await figures(run, outcomes);
      for (const [name, figure] of Object.entries(quality!.metrics)) {
        expect(quality!.noiseStddev![name]).toBeGreaterThan(0);
        distances.push((figure - exact.quality!.metrics[name]!) / quality!.noiseStddev![name]!);
      }
    }
    const spread = Math.hypot(...distances) / Math.sqrt(distances.length);
    // 120 standard normals that share a divisor: .7 and 1.4 lie far out; half or twice the stated noise would not pass.
    expect(spread).toBeGreaterThan(0.7);
    expect(spread).toBeLessThan(1.4);
  });

  it.each<[string, object, RegExp]>([
    [
      "a mechanism without a clip to share",
      { privacy: { epsilon: 6, mechanism: "local-gaussian" } },
      /nearest: mechanism gaussian or skellam/,
    ],
    ["a clip of items' rows", { privacy: { epsilon: 6, clip: { kind: "rows" } } }, /evaluation.*nearest: clip flat/],
  ])("refuses %s, and says what is sound", async (_name, terms, message) => {
    await expect(planRun({ ...promised, ...terms, evaluation })).rejects.toThrow(message);
  });
});
