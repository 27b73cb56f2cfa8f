/** A run made ready: resolved terms, canonical bytes, and what the rule and the model make of a sum. */
import { describe, expect, it } from "vitest";
import { createRng, secureRng } from "../../shared/random.ts";
import { createReleaser } from "../../shared/release.ts";
import { advanceModel, defineRun, roundFrame } from "../../shared/run.ts";
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

describe("advanceModel", () => {
  it("goes on from the values that are published, not from finer ones", async () => {
    const run = defineRun({ ...input, precision: "float32" });
    const releaser = await createReleaser(run, secureRng);
    const released = releaser.release({ values: new Float64Array(18).fill(0.3), count: 3 }, 1);
    const next = advanceModel(run, run.model.initialize(createRng(1)), released);
    expect(next.round).toBe(1);
    expect(next.shared).toEqual(Float64Array.from(Float32Array.from(next.shared)));
  });
});
