/** Every clip of the index passes the one suite, with its default options; and what each adds of its own. */
import { describe, expect, it } from "vitest";
import type { Clip, ClipShape } from "../../shared/privacy/clips/clip.ts";
import { clips } from "../../shared/privacy/clips/index.ts";
import { exactSquareSum, normOf } from "../../shared/privacy/clips/norm.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { describeClip } from "./clip.ts";

function create(section: { kind: string; [option: string]: unknown }, shape: ClipShape = { size: 36, rows: 12 }): Clip {
  const { definition, options } = resolveSection(clips, section, "clip");
  return definition.create(options, shape);
}

for (const { kind } of clips) describeClip(kind, () => create({ kind }));
describeClip("rows", () => create({ kind: "rows", maxRows: 3, clipNorm: 0.2 }));
describeClip("weighted-rows", () => create({ kind: "weighted-rows", budget: 2 }));
describeClip("rows", () => create({ kind: "rows", maxRows: 5 }, { size: 36, rows: 12, widths: [2, 1] }));

describe("the flat clip", () => {
  it("keeps a vector at the bound bit for bit and scales a longer one to just below it", () => {
    const clip = create({ kind: "flat", clipNorm: 5 }, { size: 2 });
    expect(clip.clip(Float64Array.of(3, 4))).toEqual(Float64Array.of(3, 4));
    const clipped = clip.clip(Float64Array.of(6, 8));
    expect(normOf(clipped)).toBeLessThanOrEqual(5);
    expect(normOf(clipped)).toBeGreaterThan(5 - 1e-11);
    expect(create({ kind: "flat", clipNorm: 0 }, { size: 2 }).clip(Float64Array.of(3, 4))).toEqual(new Float64Array(2));
  });
});

describe("the clip by rows", () => {
  const shape = { size: 6, rows: 3, widths: [1, 1] };

  it("bounds each row over all its tensors, and keeps the longest", () => {
    const clip = create({ kind: "rows", clipNorm: 5, maxRows: 2 }, shape);
    // Rows (3, 4), (60, 80) and (1, 0): the second is scaled to 5, the third dropped.
    const clipped = clip.clip(Float64Array.of(3, 60, 1, 4, 80, 0));
    expect(clipped[0]).toBe(3);
    expect(clipped[1]).toBeCloseTo(3, 10);
    expect(clipped[2]).toBe(0);
    expect(clipped[4]).toBeCloseTo(4, 10);
    expect(clip.sensitivity("zero-out")).toBeCloseTo(5 * Math.SQRT2, 14);
  });

  it("sums the largest squared bounds where rows have weights", () => {
    const clip = create({ kind: "rows", clipNorm: 2, maxRows: 2 }, { ...shape, rowWeights: Float64Array.of(1, 0.5, 2) });
    expect(clip.sensitivity("add-remove")).toBeCloseTo(Math.sqrt(4 + 16), 14);
  });

  it("refuses shapes without rows, or with rows that do not fit", () => {
    for (const bad of [
      { size: 6 },
      { size: 7, rows: 3 },
      { size: 6, rows: 3, widths: [1, 2] },
      { size: 6, rows: 3, rowWeights: Float64Array.of(1) },
    ]) {
      expect(() => create({ kind: "rows" }, bad)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
    expect(() => create({ kind: "weighted-rows" }, { ...shape, rowWeights: Float64Array.of(1, -1, 1) })).toThrow();
  });
});

describe("the weighted clip", () => {
  it("weighs rows, and shares the budget among the rows that a contribution touches", () => {
    const shape = { size: 3, rows: 3, rowWeights: Float64Array.of(1, 0.5, 2) };
    const clip = create({ kind: "weighted-rows", clipNorm: 1, budget: 1.25 }, shape);
    expect(clip.clip(Float64Array.of(0.5, 0.5, 0))).toEqual(Float64Array.of(0.5, 0.25, 0));
    const both = clip.clip(Float64Array.of(3, 0, 3));
    expect(both[0]).toBeCloseTo(Math.sqrt(1.25 / 5), 10);
    expect(both[2]).toBeCloseTo(2 * Math.sqrt(1.25 / 5), 10);
  });
});

describe("the grid clip", () => {
  it("gives whole numbers whose exact norm is at most the number of steps", () => {
    const rng = createRng(32);
    for (const steps of [4, 100, 2 ** 20, 2 ** 40]) {
      const clip = create({ kind: "grid", clipNorm: 0.7, steps });
      for (let i = 0; i < 50; i++) {
        const clipped = clip.clip(Float64Array.from({ length: 36 }, () => rng.normal()));
        expect(clipped.every(Number.isInteger)).toBe(true);
        expect(exactSquareSum(clipped) <= BigInt(steps) ** 2n).toBe(true);
        if (steps > 1000) expect(Math.sqrt(Number(exactSquareSum(clipped)))).toBeGreaterThan(steps - 7);
      }
      expect(clip.sensitivity("replace")).toBe(2 * steps);
      expect(clip.unit * steps).toBeCloseTo(0.7, 15);
    }
  });

  it("refuses a grid on which rounding alone could exceed the bound", () => {
    expect(() => create({ kind: "grid", steps: 3 })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("sums squares exactly where doubles would not", () => {
    const values = new Float64Array(10_000).fill(2 ** 40 - 1);
    expect(exactSquareSum(values)).toBe(10_000n * (2n ** 40n - 1n) ** 2n);
    expect(() => exactSquareSum(Float64Array.of(0.5))).toThrow(RangeError);
  });
});

it("takes norms of the largest and the smallest numbers", () => {
  expect(normOf(Float64Array.of(3e300, 4e300))).toBeCloseTo(5e300, -290);
  expect(normOf(Float64Array.of(3e-310, 4e-310)) / 5e-310).toBeCloseTo(1, 10);
  expect(normOf(new Float64Array(0))).toBe(0);
  expect(normOf(Float64Array.of(1, Number.NaN))).toBeNaN();
});
