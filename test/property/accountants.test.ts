/** Accountants are monotone, whatever the numbers: more rounds or more sampling never cost less, more noise never more. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gaussianDelta, gaussianEpsilon, sampledAddDelta, sampledRemoveDelta } from "../../shared/privacy/accountants/gaussian-profile.ts";
import { fixedSizeGaussianRdp, poissonGaussianRdp } from "../../shared/privacy/accountants/rdp-curves.ts";
import { calibrateNoise } from "../../shared/privacy/calibrate.ts";
import {
  fixedSizeGaussianEvent,
  gaussianEvent,
  type PrivacyEvent,
  poissonGaussianEvent,
  pureEvent,
  selfComposedEvent,
} from "../../shared/privacy/event.ts";
import { seenBy } from "../../shared/privacy/event-parts.ts";
import { openAccountant } from "../../shared/privacy/spent.ts";

const noise = fc.double({ min: 0.4, max: 20, noNaN: true });
const rate = fc.double({ min: 1e-4, max: 1, noNaN: true });
const rounds = fc.integer({ min: 1, max: 400 });
const delta = fc.double({ min: -9, max: -1, noNaN: true }).map((exponent) => 10 ** exponent);
const more = fc.double({ min: 1.01, max: 3, noNaN: true });

function epsilonBy(kind: string, event: PrivacyEvent, at: number): number {
  const options = kind === "pld" ? { step: 2e-3 } : {};
  return openAccountant({ kind, ...options }, event.neighboring)
    .compose(event)
    .epsilon(at);
}

const sampled = (noiseMultiplier: number, samplingRate: number, count: number): PrivacyEvent =>
  selfComposedEvent(poissonGaussianEvent({ neighboring: "add-remove", noiseMultiplier, samplingRate }), count);

describe.each(["rdp", "pld"])("accountant %s", (kind) => {
  it("charges more for more rounds and more sampling, less for more noise, and less than without sampling", () => {
    fc.assert(
      fc.property(noise, rate, rounds, delta, more, (z, q, count, at, factor) => {
        const epsilon = epsilonBy(kind, sampled(z, q, count), at);
        // Grids may differ by one step between two questions.
        const slack = kind === "pld" ? 8e-3 : 1e-9 * (1 + epsilon);
        expect(epsilonBy(kind, sampled(z, q, Math.ceil(count * factor)), at)).toBeGreaterThanOrEqual(epsilon - slack);
        expect(epsilonBy(kind, sampled(z * factor, q, count), at)).toBeLessThanOrEqual(epsilon + slack);
        expect(epsilonBy(kind, sampled(z, Math.min(1, q * factor), count), at)).toBeGreaterThanOrEqual(epsilon - slack);
        const plain = selfComposedEvent(gaussianEvent({ neighboring: "add-remove", noiseMultiplier: z }), count);
        expect(epsilon).toBeLessThanOrEqual(epsilonBy(kind, plain, at) + slack + 1e-3 * epsilon);
      }),
      { numRuns: kind === "pld" ? 15 : 60 },
    );
  });
});

it("the pld accountant is never above the rdp accountant but by its grid", () => {
  fc.assert(
    fc.property(noise, rate, rounds, delta, (z, q, count, at) => {
      const event = sampled(z, q, count);
      const fine = openAccountant({ kind: "pld" }, "add-remove").compose(event).epsilon(at);
      expect(fine).toBeLessThanOrEqual(epsilonBy("rdp", event, at) * 1.001 + 1e-3);
    }),
    { numRuns: 15 },
  );
});

it("the server's view is never cheaper than the release's", () => {
  fc.assert(
    fc.property(noise, rate, rounds, delta, (z, q, count, at) => {
      const event = sampled(z, q, count);
      const server = epsilonBy("exact", seenBy(event, "server"), at);
      expect(server).toBeGreaterThanOrEqual(epsilonBy("pld", event, at) - 8e-3);
      const promised = epsilonBy("exact", seenBy(event, "server", { participations: 3 }), at);
      expect(promised).toBeLessThanOrEqual(server * (1 + 1e-12));
      expect(promised).toBeCloseTo(gaussianEpsilon(at, z / Math.sqrt(Math.min(3, count))), 9);
    }),
    { numRuns: 30 },
  );
});

describe("privacy profiles", () => {
  const epsilon = fc.double({ min: -30, max: 30, noNaN: true });

  it("fall with epsilon and with noise, and lie between max(0, 1 - e^epsilon) and 1", () => {
    fc.assert(
      fc.property(epsilon, fc.double({ min: 0.02, max: 50, noNaN: true }), rate, more, (at, z, q, factor) => {
        for (const profile of [
          (e: number, noise: number) => gaussianDelta(e, noise),
          (e: number, noise: number) => sampledRemoveDelta(e, noise, q),
          (e: number, noise: number) => sampledAddDelta(e, noise, q),
        ]) {
          const value = profile(at, z);
          expect(value).toBeGreaterThanOrEqual(Math.max(0, -Math.expm1(at)) - 1e-15);
          expect(value).toBeLessThanOrEqual(1);
          expect(profile(at + factor - 1, z)).toBeLessThanOrEqual(value + 1e-15);
          expect(profile(at, z * factor)).toBeLessThanOrEqual(value + 1e-15);
        }
      }),
    );
  });

  it("of one order are those of the other: delta(epsilon) = 1 - e^epsilon + e^epsilon exchanged(-epsilon)", () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), noise, rate, (at, z, q) => {
        const scale = Math.exp(at);
        expect(sampledRemoveDelta(at, z, q)).toBeCloseTo(1 - scale + scale * sampledAddDelta(-at, z, q), 11);
        expect(gaussianDelta(at, z)).toBeCloseTo(1 - scale + scale * gaussianDelta(-at, z), 11);
      }),
    );
  });
});

describe("Renyi divergences", () => {
  it("rise with the order and with sampling, and end at the unsampled one", () => {
    fc.assert(
      fc.property(noise, rate, fc.double({ min: 1.05, max: 40, noNaN: true }), more, (z, q, order, factor) => {
        for (const divergence of [poissonGaussianRdp, fixedSizeGaussianRdp]) {
          const value = divergence(q, z, order);
          expect(value).toBeGreaterThanOrEqual(0);
          const [low, high] = [Math.max(2, Math.floor(order)), Math.ceil(order)];
          expect(divergence(q, z, high)).toBeGreaterThanOrEqual(divergence(q, z, low) * (1 - 1e-9) - 1e-15);
          // Between whole orders there may be nothing better than the chord of the moments.
          expect(divergence(q, z, high)).toBeGreaterThanOrEqual(value * (1 - 1e-9) - 1e-13);
          // The bound for fixed sizes is loose near rate 1, where the plain divergence takes over.
          const least = divergence === fixedSizeGaussianRdp && q * factor >= 1 ? 0 : divergence(q, z, high) * (1 - 1e-9) - 1e-15;
          expect(divergence(Math.min(1, q * factor), z, high)).toBeGreaterThanOrEqual(least);
        }
        expect(poissonGaussianRdp(q, z, order)).toBeLessThanOrEqual((order / (2 * z * z)) * (1 + 1e-9));
      }),
    );
  });
});

describe("calibration", () => {
  it("meets the budget, and with a hair less noise does not", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 20, noNaN: true }), delta, rounds, rate, (epsilon, at, count, q) => {
        const budget = { epsilon, delta: at };
        const event = (noiseMultiplier: number): PrivacyEvent => sampled(noiseMultiplier, q, count);
        const calibration = { budget, event, view: "release", accountant: { kind: "rdp" } } as const;
        const noiseMultiplier = calibrateNoise(calibration);
        expect(epsilonBy("rdp", event(noiseMultiplier), at)).toBeLessThanOrEqual(epsilon);
        expect(epsilonBy("rdp", event(noiseMultiplier * (1 - 3e-6)), at)).toBeGreaterThan(epsilon);
        expect(calibrateNoise(calibration)).toBe(noiseMultiplier);
      }),
      { numRuns: 40 },
    );
  });

  it("knows the answer for Gaussians, pure events and fixed sizes", () => {
    const budget = { epsilon: 2, delta: 1e-6 };
    const gaussian = (noiseMultiplier: number) => selfComposedEvent(gaussianEvent({ neighboring: "replace", noiseMultiplier }), 9);
    const pure = (noiseMultiplier: number) => pureEvent({ neighboring: "replace", epsilon: 1 / noiseMultiplier });
    const fixed = (noiseMultiplier: number) =>
      selfComposedEvent(fixedSizeGaussianEvent({ neighboring: "replace", noiseMultiplier, population: 1000, cohort: 10 }), 100);
    const z = calibrateNoise({ budget, event: gaussian, view: "server" });
    expect(gaussianEpsilon(budget.delta, z / 3)).toBeCloseTo(2, 5);
    expect(calibrateNoise({ budget: { epsilon: 2, delta: 0 }, event: pure, view: "server" })).toBeCloseTo(0.5, 5);
    expect(calibrateNoise({ budget, event: fixed, view: "release" })).toBeLessThan(
      calibrateNoise({ budget, event: fixed, view: "server" }),
    );
    expect(() => calibrateNoise({ budget: { epsilon: 2, delta: 0 }, event: gaussian, view: "server" })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
    expect(calibrateNoise({ budget: { epsilon: 2, delta: 1 }, event: gaussian, view: "server" })).toBe(0);
  });
});
