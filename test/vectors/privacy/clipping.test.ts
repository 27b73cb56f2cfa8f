/** Adaptive clipping, step by step. */
import { describe, expect, it } from "vitest";
import {
  type AdaptiveClip,
  adaptClip,
  adaptiveBit,
  adaptiveBitEvent,
  vectorNoiseMultiplier,
} from "../../../shared/privacy/clips/adaptive.ts";
import { clipFlat } from "../../../shared/privacy/clips/flat.ts";
import { gaussianEvent } from "../../../shared/privacy/event.ts";
import { openAccountant } from "../../../shared/privacy/spent.ts";
import vectors from "./clipping.json" with { type: "json" };

describe("adaptive clipping", () => {
  it.each(vectors.adaptive)("V45: $update, without noise", ({ records, clips, sums, ...settings }) => {
    const plan = { ...settings, bitNoiseStddev: 0, expectedCohort: records.length } as AdaptiveClip;
    const contributions = records.map((record) => Float64Array.of(record));
    let clipNorm = plan.initialClipNorm;
    for (const [round, next] of clips.entries()) {
      const sum = contributions.reduce((total, one) => total + clipFlat(one, clipNorm)[0]!, 0);
      if (sums !== undefined) expect(sum).toBeCloseTo(sums[round]!, 10);
      const bits = contributions.reduce((total, one) => total + adaptiveBit(one, clipNorm), 0);
      clipNorm = adaptClip(plan, clipNorm, bits);
      expect(clipNorm).toBeCloseTo(next, 12);
    }
  });

  it.each(vectors.multipliers)(
    "V45: a total of $noiseMultiplier with bits at $bitNoiseStddev",
    ({ noiseMultiplier, bitNoiseStddev, vector }) => {
      const ours = vectorNoiseMultiplier(noiseMultiplier, bitNoiseStddev);
      expect(ours).toBeCloseTo(vector, 9);
      const plan = {
        initialClipNorm: 1,
        quantile: 0.5,
        learningRate: 0.2,
        update: "geometric",
        bitNoiseStddev,
        expectedCohort: 100,
      } as const;
      const both = openAccountant({ kind: "exact" }, "zero-out")
        .compose(gaussianEvent({ neighboring: "zero-out", noiseMultiplier: ours }))
        .compose(adaptiveBitEvent(plan, "zero-out"));
      const total = openAccountant({ kind: "exact" }, "zero-out").compose(gaussianEvent({ neighboring: "zero-out", noiseMultiplier }));
      expect(both.epsilon(1e-5)).toBeCloseTo(total.epsilon(1e-5), 9);
    },
  );

  it("refuses bits that cost more than the total", () => {
    expect(() => vectorNoiseMultiplier(2, 1)).toThrow(RangeError);
  });
});
