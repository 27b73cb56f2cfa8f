/** A run made ready: resolved terms, canonical bytes, and what the rule and the model make of a sum. */
import { describe, expect, it } from "vitest";
import { defineRun } from "../../shared/define-run.ts";
import { createRng, secureRng } from "../../shared/random.ts";
import { createReleaser } from "../../shared/release.ts";
import { advanceModel, roundFrame } from "../../shared/run.ts";
import { canonicalJson } from "../../shared/terms.ts";

const input = { id: "films-1", items: 9, model: { kind: "fcf", rank: 2 }, protection: { kind: "open" }, cohort: { size: 4 } };

describe("defineRun", () => {
  it("fills in every default, so that what is signed names everything", () => {
    const { terms } = defineRun(input);
    expect(terms.model).toMatchObject({ kind: "fcf", rank: 2, optimizer: { kind: "adam" } });
    expect(terms.aggregation).toEqual({ kind: "sum" });
    expect(terms.range).toBeDefined();
    expect(canonicalJson(defineRun(terms).terms)).toBe(canonicalJson(terms));
  });

  it("refuses what is not sound, saying where", () => {
    expect(() => defineRun({ ...input, model: { kind: "fcf", rank: 0 } })).toThrow(/"terms.model.rank"/);
    expect(() => defineRun({ ...input, protection: { kind: "paillier" } })).toThrow(/publicKey.*cofactor keys deal/);
    expect(() => defineRun({ ...input, aggregation: { kind: "summ" } })).toThrow(/did you mean "sum"/);
  });

  it("knows the sizes of what is contributed and published", () => {
    const run = defineRun(input);
    expect([run.contributionSize, run.sharedSize]).toEqual([18, 18]);
    expect(roundFrame(run, 3)).toMatchObject({ run: "films-1", round: 3, size: 18, cohort: { size: 4, min: 2 } });
  });
});

describe("a run whose items have public features", () => {
  const film = { ...input, items: 2, model: { kind: "feature-ridge" } };
  const itemFeatures = { count: 3, values: Float64Array.of(1, 0, 0.5, 0, 1, -0.5) };

  it("says how many in its terms, so that a device without their values makes the same run", () => {
    const run = defineRun(film, { itemFeatures });
    expect(run.terms.itemFeatures).toBe(3);
    const device = defineRun(JSON.parse(canonicalJson(run.terms)));
    expect([device.digest, device.sharedSize, device.contributionSize]).toEqual([run.digest, run.sharedSize, run.contributionSize]);
    const { shared } = run.model.initialize(createRng(1));
    expect([...shared.subarray(0, 12)]).toEqual([1, 1, 0, 0.5, 0, 0, 1, 0, 1, -0.5, 0, 0]);
  });

  it("refuses to initialize without their values", () => {
    const run = defineRun({ ...film, itemFeatures: 3 });
    expect(() => run.model.initialize(createRng(1))).toThrow(/"itemFeatures" expected 3 values for each of 2 items.*defineRun/);
  });

  it("refuses features that do not fit", () => {
    expect(() => defineRun({ ...film, itemFeatures: 4 }, { itemFeatures })).toThrow(/expected 4 finite values for each of 2 items/);
    expect(() => defineRun({ ...film, items: 3 }, { itemFeatures })).toThrow(/got 6 values of 3 features/);
    const values = itemFeatures.values.map((value) => value / 0);
    expect(() => defineRun(film, { itemFeatures: { count: 3, values } })).toThrow(/finite/);
  });
});

describe("advanceModel", () => {
  it("goes on from the values that are published, not from finer ones", async () => {
    const run = defineRun({ ...input, precision: "float32" });
    const releaser = await createReleaser(run, secureRng);
    const released = releaser.release([{ values: new Float64Array(18).fill(0.3), count: 3 }], 1);
    const next = advanceModel(run, run.model.initialize(createRng(1)), released, 1);
    expect(next.round).toBe(1);
    expect(next.shared).toEqual(Float64Array.from(Float32Array.from(next.shared)));
  });

  it("makes no model of sums that are too large for one: what one device may send in clear", async () => {
    const run = defineRun(input);
    const releaser = await createReleaser(run, secureRng);
    const state = run.model.initialize(createRng(1));
    for (const value of [1e300, Number.POSITIVE_INFINITY]) {
      const released = releaser.release([{ values: new Float64Array(18).fill(value), count: 3 }], 1);
      expect(() => advanceModel(run, state, released, 1)).toThrow(expect.objectContaining({ code: "AGGREGATION_FAILED" }));
    }
  });
});
