/** Accountants beside other libraries, where a published figure is a bound or a way; the figures themselves are in table.test.ts. */
import { describe, expect, it } from "vitest";
import { gaussianDelta, gaussianEpsilon, gaussianNoiseMultiplier } from "../../../shared/privacy/accountants/gaussian-profile.ts";
import { epsilonAt, logDeltaAt } from "../../../shared/privacy/accountants/rdp.ts";
import { poissonGaussianRdp } from "../../../shared/privacy/accountants/rdp-curves.ts";
import { bandedEvent } from "../../../shared/privacy/banded.ts";
import { calibrateNoise } from "../../../shared/privacy/calibrate.ts";
import { gaussianEvent, selfComposedEvent, zcdpEvent } from "../../../shared/privacy/event.ts";
import { openAccountant, spent } from "../../../shared/privacy/spent.ts";
import vectors from "./accounting.json" with { type: "json" };
import { epsilonOf, opacusOrders, range, sampled } from "./cases-accounting.ts";

const relative = (actual: number, expected: number): number => Math.abs(actual / expected - 1);

describe("Poisson-sampled Gaussian noise", () => {
  it.each(vectors.sampled)("$id: on a coarse grid, rate $samplingRate, noise $noiseMultiplier, $rounds rounds", (run) => {
    const event = sampled(run, run.noiseMultiplier);
    const coarse = epsilonOf("pld", event, run.delta, { step: 1e-3 });
    expect(coarse).toBeGreaterThan(run.pld - 1e-6);
    expect(coarse).toBeLessThan(run.pld + 0.02);
  });

  it("V31: lies below the upper bound of the PRV accountant, far above the central limit's", () => {
    const { delta, upper, clt, ...run } = vectors.prv;
    const ours = epsilonOf("pld", sampled(run, run.noiseMultiplier), delta);
    expect(ours).toBeLessThan(upper);
    expect(ours).toBeGreaterThan(clt + 0.16);
  });

  it.each(vectors.divergences)("$id: divergences are within the published bounds", (run) => {
    for (const [i, order] of run.orders.entries()) {
      const divergence = run.rounds * poissonGaussianRdp(run.samplingRate, run.noiseMultiplier, order);
      if (run.published !== undefined) expect(divergence).toBeLessThan(run.published[i]! * (1 + 1e-7));
    }
    expect(poissonGaussianRdp(run.samplingRate, run.noiseMultiplier, Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each(vectors.moments.cases)("moment at order $order by quadrature", ({ samplingRate, noiseMultiplier, order, value }) => {
    const moment = (order - 1) * poissonGaussianRdp(samplingRate, noiseMultiplier, order);
    expect(Math.abs(moment - value)).toBeLessThan(1e-12 * value + 2e-15);
  });
});

describe("conversions", () => {
  const { constant, gaussian } = vectors.conversion;

  it("V34: a constant divergence is best used at its highest order", () => {
    const at = (order: number) => epsilonAt(order, constant.divergence, constant.delta);
    const best = range(constant.orders[0]!, constant.orders[1]!).reduce((a, b) => (at(a) <= at(b) ? a : b));
    expect(best).toBe(constant.order);
    expect(at(best)).toBeCloseTo(constant.epsilon, 9);
    expect(Math.exp(logDeltaAt(best, constant.divergence, constant.epsilon))).toBeCloseTo(constant.delta, 12);
  });

  it("V34: a Gaussian at fine orders", () => {
    const orders = range(1001, 99_999).map((thousandth) => thousandth / 1000);
    const event = gaussianEvent({ neighboring: "add-remove", noiseMultiplier: gaussian.noiseMultiplier });
    expect(epsilonOf("rdp", event, gaussian.delta, { orders })).toBeCloseTo(gaussian.epsilon, 7);
    expect(epsilonOf("zcdp", event, gaussian.delta)).toBeCloseTo(gaussian.epsilon, 7);
  });

  it.each(vectors.zcdp)("V38: rho $rho", ({ rho, delta, exact, tolerance, zcdp }) => {
    const event = zcdpEvent({ neighboring: "zero-out", rho });
    const plain = gaussianEvent({ neighboring: "zero-out", noiseMultiplier: 1 / Math.sqrt(2 * rho) });
    expect(Math.abs(epsilonOf("exact", plain, delta) - exact)).toBeLessThan(tolerance);
    if (zcdp === undefined) return;
    expect(Math.abs(epsilonOf("rdp", event, delta) - zcdp)).toBeLessThan(tolerance);
    // Every order may be taken: better than the grid's best, by less than 1e-4.
    expect(epsilonOf("zcdp", event, delta)).toBeLessThanOrEqual(zcdp);
    expect(epsilonOf("zcdp", event, delta)).toBeGreaterThan(zcdp - 1e-4);
  });
});

describe("Gaussian noise without sampling", () => {
  it.each(vectors.gaussian)("V35: noise $noiseMultiplier, delta $delta", ({ noiseMultiplier, delta, epsilon }) => {
    expect(relative(gaussianEpsilon(delta, noiseMultiplier), epsilon)).toBeLessThan(2e-10);
    expect(relative(gaussianNoiseMultiplier(epsilon, delta), noiseMultiplier)).toBeLessThan(2e-10);
    const event = gaussianEvent({ neighboring: "replace", noiseMultiplier });
    expect(epsilonOf("pld", event, delta)).toBeCloseTo(epsilon, 6);
  });

  it("V35: delta, also as three times a third of the noise", () => {
    const { noiseMultiplier, epsilon, delta } = vectors.gaussianDelta;
    expect(gaussianDelta(epsilon, noiseMultiplier)).toBeCloseTo(delta, 10);
    const third = gaussianEvent({ neighboring: "replace", noiseMultiplier: noiseMultiplier * Math.sqrt(3) });
    const accountant = openAccountant({ kind: "exact" }, "replace").compose(third, 2).compose(third);
    expect(accountant.delta(epsilon)).toBeCloseTo(delta, 10);
  });

  it.each(vectors.tree)("V41: a tree of noise is a Gaussian in each of its levels", ({ steps, noiseMultiplier, delta, epsilon, below }) => {
    const event = gaussianEvent({ neighboring: "zero-out", noiseMultiplier });
    const levels = Math.ceil(Math.log2(steps + 1));
    const ours = epsilonOf("rdp", selfComposedEvent(event, levels), delta, { orders: opacusOrders });
    expect(ours).toBeCloseTo(epsilon, 5);
    expect(ours).toBeLessThan(below);
  });
});

describe("privacy loss distributions", () => {
  it.each(vectors.pld.smallest.filter(({ rounds }) => rounds > 100))(
    "V36: the least noise for rate $samplingRate and $rounds rounds keeps the budget",
    (run) => {
      const { epsilon, delta } = run;
      const event = (noiseMultiplier: number) => sampled(run, noiseMultiplier);
      const ours = calibrateNoise({ budget: { epsilon, delta }, event, view: "release" });
      expect(spent(event(ours), { delta, view: "release" }).epsilon).toBeLessThanOrEqual(epsilon);
    },
    120_000,
  );
});

describe("other samplings", () => {
  it("V39: bands and sampling, on a finer grid", () => {
    const { epsilonByBands, delta, step, population, cohort, rounds, noiseMultiplier } = vectors.banded;
    for (const bands of Object.keys(epsilonByBands)) {
      const run = { population, cohort, rounds, noiseMultiplier, bands: Number(bands) };
      const event = bandedEvent({ ...run, neighboring: "zero-out" });
      const coarse = spent(event, { delta, view: "release", accountant: { kind: "pld", step } }).epsilon;
      // The published figures were made on this coarse grid; a finer one gives less.
      expect(spent(event, { delta, view: "release" }).epsilon).toBeLessThan(coarse);
    }
  });
});

describe("V42: the edges", () => {
  const noises = [0, 0.1, 1, 10, 100];

  it.each([0, 0.01, 0.1, 0.8, 1])(
    "rate %d: no noise is infinite, no sampling is free, and delta and epsilon turn into each other",
    (samplingRate) => {
      for (const noiseMultiplier of noises) {
        const accountant = openAccountant({ kind: "rdp" }, "add-remove").compose(sampled({ samplingRate, rounds: 1 }, noiseMultiplier));
        for (const delta of [0.99, 0.9, 0.1, 0.01, 1e-3, 1e-5, 1e-9, 1e-12]) {
          const epsilon = accountant.epsilon(delta);
          const back = accountant.delta(epsilon);
          if (samplingRate === 0) expect([epsilon, back]).toEqual([0, 0]);
          else if (noiseMultiplier === 0) expect([epsilon, accountant.delta(1e6)]).toEqual([Number.POSITIVE_INFINITY, 1]);
          else if (epsilon === 0) expect(back).toBeLessThanOrEqual(delta);
          else expect(relative(back, delta)).toBeLessThan(1e-7);
        }
      }
    },
  );
});
