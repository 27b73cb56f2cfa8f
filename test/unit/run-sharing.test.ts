/** Terms with a sharing policy or a range of their own: resolved the same on every side, refused where unsound. */
import { describe, expect, it } from "vitest";
import { defineRun } from "../../shared/define-run.ts";
import { planRun } from "../../shared/plan-run.ts";
import { secureRng } from "../../shared/random.ts";
import { openRun, outgoingOf, roundFrame } from "../../shared/run.ts";
import { canonicalJson } from "../../shared/terms.ts";
import { encodedBits } from "../../shared/wire/fixed-point.ts";

const open = { id: "films-1", items: 9, model: { kind: "fcf", rank: 2 }, protection: { kind: "open" }, cohort: { size: 4 } };
const masks = { ...open, cohort: { size: 40, min: 20 }, protection: { kind: "masks" } };
const promise = { privacy: { epsilon: 5, delta: 1e-5, mechanism: { kind: "gaussian" }, clip: { kind: "flat", clipNorm: 1 } } };
const signed = (run: { readonly terms: object }): unknown => JSON.parse(canonicalJson(run.terms));

describe("a range in bits", () => {
  it("is resolved to steps, the same again on a device", () => {
    const run = defineRun({ ...open, range: { bits: 8, maxAbs: 2 } });
    expect(run.terms.range).toEqual({ maxAbs: 1.984375, fractionBits: 6, rounding: "stochastic" });
    expect(defineRun(signed(run)).digest).toBe(run.digest);
    const own = defineRun({ ...open, range: { bits: 6, rounding: "nearest" } });
    expect(encodedBits(own.range)).toBe(6);
    expect(own.range.maxAbs).toBeCloseTo(defineRun(open).range.maxAbs, -0.5);
    for (const bits of [2, 40]) expect(defineRun(signed(defineRun({ ...open, range: { bits, maxAbs: 2 ** -30 } }))).range).toBeDefined();
  });

  it("rounds what leaves a device under every protection, and nothing without it", () => {
    const run = defineRun({ ...open, range: { bits: 4, maxAbs: 1 } });
    const values = Float64Array.from({ length: run.contributionSize }, (_, at) => at / 20);
    const out = outgoingOf(run, values.slice(), 1, { rng: secureRng, lasting: undefined });
    for (const [at, value] of out.entries()) {
      expect(Number.isInteger(value * 8)).toBe(true);
      expect(Math.abs(value - values[at]!)).toBeLessThan(1 / 8);
    }
    const exact = outgoingOf(defineRun(open), values, 1, { rng: secureRng, lasting: undefined });
    expect(exact).toBe(values);
  });

  it("makes a masked contribution as long as its sums are", () => {
    const bytes = (bits: number): number => {
      const run = defineRun({ ...masks, range: { bits, maxAbs: 1 } });
      return run.protection.maxAnswerBytes(run.protection.contributionStage, roundFrame(run, 1));
    };
    // 40 devices add 6 bits, and a bit is to spare.
    expect([8, 9, 10, 17, 18, 25, 26, 32].map((bits) => bytes(bits) / 18)).toEqual([2, 2, 3, 3, 4, 4, 4, 5]);
  });

  it("is refused half said, twice said, or beside a promise of privacy", async () => {
    for (const range of [{}, { maxAbs: 2 }, { fractionBits: 3 }, { bits: 8, fractionBits: 3 }, { rounding: "nearest" }]) {
      expect(() => defineRun({ ...open, range })).toThrow(/either bits/);
    }
    expect(() => defineRun({ ...open, range: { bits: 1 } })).toThrow(/terms.range.bits/);
    await expect(planRun({ ...masks, ...promise, range: { bits: 8 } })).rejects.toThrow(/nothing beside "terms.privacy"/);
  });
});

describe("rows at places of a device's own choice", () => {
  const sharing = { kind: "sparse-rows", rows: 3 };

  it("are for protections under which the aggregator reads, and for runs that promise nothing", async () => {
    const run = defineRun({ ...open, sharing });
    expect(roundFrame(run, 1)).toMatchObject({ size: 9, scattered: { places: 3, sumSize: 18 } });
    expect(() => defineRun({ ...masks, sharing })).toThrow(/expected protection open, got masks.*nearest: sharing sampled-rows/);
    await expect(planRun({ ...open, ...promise, sharing })).rejects.toThrow(
      /expected no promise of privacy.*nearest: sharing sampled-rows/,
    );
  });

  it("are added where they belong, and refused where they do not", async () => {
    const run = defineRun({ ...open, sharing, cohort: { size: 4, min: 2 } });
    const frame = roundFrame(run, 1);
    const half = await run.protection.createAggregator(frame, { secure: secureRng, primitives: {} as never });
    const expected = new Float64Array(18);
    for (const device of [0, 1, 2]) {
      const values = new Float64Array(18);
      for (const row of [device, device + 3]) values.fill(row + device + 1, 2 * row, 2 * row + 2);
      for (const [at, value] of values.entries()) expected[at]! += value;
      const leaving = outgoingOf(run, values, 1, { rng: secureRng, lasting: secureRng.bytes(32) });
      const answer = new Uint8Array(leaving.buffer);
      half.admit(0, `device ${device}`, answer);
      half.combine(0, `device ${device}`, answer, "");
    }
    const before = half.export();
    for (const rows of [
      [0, 0, 1],
      [2, 1, 0],
      [0, 1, 9],
      [0, 1, 1.5],
      [-1, 0, 1],
    ]) {
      const bad = Float64Array.from({ length: 9 }, (_, at) => rows[at] ?? 1);
      expect(() => half.admit(0, "liar", new Uint8Array(bad.buffer))).toThrow(expect.objectContaining({ code: "UPDATE_REJECTED" }));
    }
    expect(half.export()).toEqual(before);
    const other = await run.protection.createAggregator(frame, { secure: secureRng, primitives: {} as never });
    other.merge(before);
    expect((await other.reveal(undefined)).values).toEqual(expected);
  });
});

it("metrics do not ride behind scattered rows or in a few bits", async () => {
  for (const part of [{ sharing: { kind: "sparse-rows", rows: 3 } }, { range: { bits: 8 } }]) {
    await expect(planRun({ ...open, evaluation: {}, ...part })).rejects.toThrow(/"terms.evaluation" expected no .*nearest/);
  }
  await expect(planRun({ ...open, evaluation: {} })).resolves.toBeDefined();
});

describe("clusters of items", () => {
  const itemFeatures = { count: 3, values: Float64Array.from({ length: 27 }, (_, at) => (at % 3 === Math.floor(at / 9) ? 1 : 0)) };
  const sharing = { kind: "clustered-rows", count: 3, share: 0.4 };

  it("are made with the terms, signed with them, and the same on a device", async () => {
    const run = await planRun({ ...masks, sharing }, { itemFeatures });
    expect(run.terms.sharing).toMatchObject({ kind: "clustered-rows", clusters: expect.any(String) });
    expect(run.sharing.size).toBe(6);
    const device = await openRun(signed(run));
    expect(device.digest).toBe(run.digest);
    const values = Float64Array.from({ length: 18 }, (_, at) => at);
    expect(device.sharing.encode(values, 3)).toEqual(run.sharing.encode(values, 3));
    // Planned again they stay.
    expect((await planRun(signed(run))).digest).toBe(run.digest);
  });

  it("are for all protections, and for promises of privacy", async () => {
    const run = await planRun({ ...masks, ...promise, sharing }, { itemFeatures });
    expect(run.privacy?.wire.size).toBe(6);
  });

  it("are refused where there is nothing to make them of", async () => {
    await expect(planRun({ ...open, sharing })).rejects.toThrow(/public features of the items.*nearest: sharing hashed-rows/);
    expect(() => defineRun({ ...open, sharing })).toThrow(/planRun/);
  });
});
