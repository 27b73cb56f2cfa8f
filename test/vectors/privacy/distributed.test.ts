/** Noise that devices add in shares. */
import { describe, expect, it } from "vitest";
import { distributedGaussianRdp } from "../../../shared/privacy/accountants/rdp-curves.ts";
import { modularClip } from "../../../shared/privacy/distributed/modular.ts";
import { walshHadamard } from "../../../shared/privacy/distributed/walsh-hadamard.ts";
import { distributedGaussianEvent, skellamEvent } from "../../../shared/privacy/event.ts";
import { roundedNorms } from "../../../shared/privacy/rounded-norm.ts";
import { openAccountant } from "../../../shared/privacy/spent.ts";
import vectors from "./distributed.json" with { type: "json" };

describe("rounded norms", () => {
  it.each(vectors.roundedNorms)("V47: $norm in $dimension dimensions", ({ norm, dimension, failure, l2 }) => {
    const ours = failure === undefined ? roundedNorms(norm, dimension) : roundedNorms(norm, dimension, failure);
    expect(ours.l2).toBeCloseTo(l2, 8);
    expect(ours.l1).toBe(ours.l2 * Math.min(Math.sqrt(dimension), ours.l2));
  });
});

it("V46: the transform of four values, and the modular clip", () => {
  const values = Float64Array.from(vectors.walshHadamard.values);
  walshHadamard(values);
  expect([...values]).toEqual(vectors.walshHadamard.transformed);
  const { low, high, clipped } = vectors.modularClip;
  expect([...modularClip(Float64Array.from(vectors.modularClip.values), low, high)]).toEqual(clipped);
});

it("V48: Skellam shares", () => {
  const { scale, clipNorm, shares, dimension, rounds, delta, shareStddev, epsilon } = vectors.skellam;
  const norms = roundedNorms(scale * clipNorm, dimension);
  const variance = shares * (scale * shareStddev) ** 2;
  const event = skellamEvent({ neighboring: "zero-out", variance, sensitivity: norms.l2, l1Sensitivity: norms.l1 });
  const orders = Array.from({ length: 255 }, (_, i) => i + 2);
  expect(openAccountant({ kind: "rdp", orders }, "zero-out").compose(event, rounds).epsilon(delta)).toBeCloseTo(epsilon, 6);
  expect(openAccountant({ kind: "rdp" }, "zero-out").compose(event, rounds).epsilon(delta)).toBeLessThan(epsilon + 0.01);
});

it("a sum of discrete Gaussians of two grid steps and more is as good as one", () => {
  const shape = { neighboring: "zero-out", shares: 100, dimension: 1e6, sensitivity: 50, l1Sensitivity: 2500 } as const;
  const divergence = (shareStddev: number) => distributedGaussianRdp(distributedGaussianEvent({ ...shape, shareStddev }), 8);
  const one = (shareStddev: number) => (8 / 2) * (50 / (shareStddev * 10)) ** 2;
  expect(divergence(2) / one(2)).toBeCloseTo(1, 6);
  expect(divergence(3) / one(3)).toBeCloseTo(1, 12);
  expect(divergence(0.4)).toBeGreaterThan(one(0.4) * 1.5);
});
