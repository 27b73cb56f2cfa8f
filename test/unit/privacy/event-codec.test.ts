/** Events survive JSON, and nothing else becomes one. */
import { describe, expect, it } from "vitest";
import * as make from "../../../shared/privacy/event.ts";
import { decodeEvent, encodeEvent } from "../../../shared/privacy/event-codec.ts";

const neighboring = "replace";
const sensitivities = { neighboring, sensitivity: 2, l1Sensitivity: 5 } as const;
const samples: readonly make.PrivacyEvent[] = [
  make.gaussianEvent({ neighboring, noiseMultiplier: 1.5 }),
  make.gaussianEvent({ neighboring, noiseMultiplier: Number.POSITIVE_INFINITY }),
  make.laplaceEvent({ neighboring, noiseMultiplier: 0 }),
  make.discreteGaussianEvent({ neighboring, noiseMultiplier: 3 }),
  make.poissonGaussianEvent({ neighboring: "zero-out", noiseMultiplier: 3, samplingRate: 0.25 }),
  make.fixedSizeGaussianEvent({ neighboring, noiseMultiplier: 3, population: 10, cohort: 2 }),
  make.skellamEvent({ ...sensitivities, variance: 100 }),
  make.distributedGaussianEvent({ ...sensitivities, shareStddev: 3, shares: 4, dimension: 9 }),
  make.pureEvent({ neighboring, epsilon: Number.POSITIVE_INFINITY }),
  make.zcdpEvent({ neighboring, rho: 0.1 }),
  make.poissonSampledEvent(make.discreteGaussianEvent({ neighboring: "zero-out", noiseMultiplier: 2 }), 0.1),
];
const plain = samples[0]!;

describe("decodeEvent", () => {
  it.each(samples)("gives $kind events back, alone and composed", (event) => {
    for (const whole of [event, make.selfComposedEvent(event, 7), make.composedEvent([event, make.selfComposedEvent(event, 2)])]) {
      const back = decodeEvent(JSON.parse(JSON.stringify(encodeEvent(whole))));
      expect(back).toEqual(whole);
      expect(Object.isFrozen(back)).toBe(true);
    }
  });

  it.each([
    ["nothing", undefined],
    ["a text", "gaussian"],
    ["an unknown kind", { ...plain, kind: "gauss" }],
    ["an unknown key", { ...plain, extra: 1 }],
    ["a missing key", { kind: "gaussian", neighboring }],
    ["an unknown relation", { ...plain, neighboring: "swap" }],
    ["negative noise", { ...plain, noiseMultiplier: -1 }],
    ["noise that is no number", { ...plain, noiseMultiplier: null }],
    ["a wrong pair", { kind: "poisson-gaussian", neighboring, noiseMultiplier: 1, samplingRate: 0.5 }],
    ["sampling of what is sampled apart", { kind: "poisson-sampled", neighboring, samplingRate: 0.1, event: plain }],
    ["sampling under replacement", { kind: "poisson-sampled", neighboring, samplingRate: 0.1, event: samples[3] }],
    ["no parts", { kind: "composed", neighboring, events: [] }],
    ["parts of another relation", { kind: "composed", neighboring: "zero-out", events: [plain] }],
    ["half a count", { kind: "self-composed", neighboring, event: plain, count: 0.5 }],
    ["too many parts", { kind: "composed", neighboring, events: new Array(10_001).fill(plain) }],
  ])("refuses %s", (_what, value) => {
    expect(() => decodeEvent(value)).toThrow(expect.objectContaining({ code: "DATA_INVALID" }));
  });

  it("refuses nesting without end", () => {
    let event: unknown = plain;
    for (let i = 0; i < 50; i++) event = { kind: "self-composed", neighboring, event, count: 1 };
    expect(() => decodeEvent(event)).toThrow(/levels/);
  });
});
