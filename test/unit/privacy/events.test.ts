/** Events are frozen, refuse what cannot be, and show each observer their own side. */
import { describe, expect, it } from "vitest";
import { bandedEvent } from "../../../shared/privacy/banded.ts";
import {
  composedEvent,
  discreteGaussianEvent,
  distributedGaussianEvent,
  fixedSizeGaussianEvent,
  gaussianEvent,
  laplaceEvent,
  type Neighboring,
  poissonGaussianEvent,
  poissonSampledEvent,
  pureEvent,
  selfComposedEvent,
  skellamEvent,
  zcdpEvent,
} from "../../../shared/privacy/event.ts";
import { partsOf, seenBy } from "../../../shared/privacy/event-parts.ts";
import { spent, spentByView } from "../../../shared/privacy/spent.ts";

const gaussian = gaussianEvent({ neighboring: "add-remove", noiseMultiplier: 2 });
const sampled = poissonGaussianEvent({ neighboring: "add-remove", noiseMultiplier: 1, samplingRate: 0.1 });

describe("events", () => {
  it("are frozen plain data that JSON keeps", () => {
    for (const event of [gaussian, sampled, composedEvent([gaussian, sampled]), selfComposedEvent(sampled, 3)]) {
      expect(Object.isFrozen(event)).toBe(true);
      expect(JSON.parse(JSON.stringify(event))).toEqual(event);
    }
  });

  it("refuse noise that is negative or NaN, and relations that do not exist", () => {
    const makers = [gaussianEvent, laplaceEvent, discreteGaussianEvent];
    for (const make of makers) {
      for (const bad of [-1, Number.NaN]) expect(() => make({ neighboring: "replace", noiseMultiplier: bad })).toThrow(RangeError);
      expect(() => make({ neighboring: "other" as Neighboring, noiseMultiplier: 1 })).toThrow(RangeError);
      expect(make({ neighboring: "replace", noiseMultiplier: Number.POSITIVE_INFINITY }).noiseMultiplier).toBe(Number.POSITIVE_INFINITY);
    }
    for (const bad of [-1, Number.NaN]) {
      expect(() => pureEvent({ neighboring: "replace", epsilon: bad })).toThrow(RangeError);
      expect(() => zcdpEvent({ neighboring: "replace", rho: bad })).toThrow(RangeError);
      expect(() => skellamEvent({ neighboring: "replace", variance: bad, sensitivity: 1, l1Sensitivity: 1 })).toThrow(RangeError);
      const shares = { neighboring: "replace", shares: 3, dimension: 4, sensitivity: 1, l1Sensitivity: 1 } as const;
      expect(() => distributedGaussianEvent({ ...shares, shareStddev: bad })).toThrow(RangeError);
    }
  });

  it("refuse pairs of sampling and relation that have no analysis", () => {
    // @ts-expect-error a Poisson cohort has no fixed size
    expect(() => poissonGaussianEvent({ noiseMultiplier: 1, samplingRate: 0.1, neighboring: "replace" })).toThrow(/Poisson sampling/);
    const fixed = { noiseMultiplier: 1, population: 9, cohort: 3 };
    // @ts-expect-error the size of the cohort is public
    expect(() => fixedSizeGaussianEvent({ ...fixed, neighboring: "add-remove" })).toThrow(/fixed size/);
    // @ts-expect-error likewise
    expect(() => fixedSizeGaussianEvent({ ...fixed, neighboring: "zero-out" })).toThrow(/fixed size/);
    expect(() => fixedSizeGaussianEvent({ ...fixed, cohort: 10, neighboring: "replace" })).toThrow(RangeError);
    for (const samplingRate of [-0.1, 1.1, Number.NaN]) {
      expect(() => poissonGaussianEvent({ neighboring: "zero-out", noiseMultiplier: 1, samplingRate })).toThrow(RangeError);
    }
  });

  it("compose under one relation only, at least one, a whole number of times", () => {
    expect(() => composedEvent([])).toThrow(RangeError);
    expect(() => composedEvent([gaussian, gaussianEvent({ neighboring: "replace", noiseMultiplier: 2 })])).toThrow(/one relation/);
    for (const bad of [-1, 1.5, Number.NaN]) expect(() => selfComposedEvent(gaussian, bad)).toThrow(RangeError);
  });
});

describe("partsOf", () => {
  it("counts equal events together through every nesting, and drops what never happens", () => {
    const nested = composedEvent([
      selfComposedEvent(composedEvent([gaussian, selfComposedEvent(sampled, 2)]), 3),
      gaussianEvent({ neighboring: "add-remove", noiseMultiplier: 2 }),
      selfComposedEvent(laplaceEvent({ neighboring: "add-remove", noiseMultiplier: 1 }), 0),
    ]);
    expect(partsOf(nested)).toEqual([
      { event: gaussian, count: 4 },
      { event: sampled, count: 6 },
    ]);
  });
});

describe("what the server sees", () => {
  it("is unsampled, and under zero-out instead of add-remove", () => {
    expect(seenBy(sampled, "release")).toBe(sampled);
    expect(seenBy(selfComposedEvent(sampled, 5), "server")).toEqual(
      selfComposedEvent(gaussianEvent({ neighboring: "zero-out", noiseMultiplier: 1 }), 5),
    );
    expect(seenBy(gaussian, "server")).toEqual(gaussianEvent({ neighboring: "zero-out", noiseMultiplier: 2 }));
    const fixed = fixedSizeGaussianEvent({ neighboring: "replace", noiseMultiplier: 3, population: 9, cohort: 3 });
    expect(seenBy(fixed, "server")).toEqual(gaussianEvent({ neighboring: "replace", noiseMultiplier: 3 }));
  });

  it("is the worst rounds that a device's promise allows, and unsampled events whole", () => {
    const quiet = poissonGaussianEvent({ neighboring: "add-remove", noiseMultiplier: 5, samplingRate: 0.1 });
    const event = composedEvent([selfComposedEvent(quiet, 4), selfComposedEvent(sampled, 2), selfComposedEvent(gaussian, 7)]);
    const at = (noiseMultiplier: number) => gaussianEvent({ neighboring: "zero-out", noiseMultiplier });
    expect(partsOf(seenBy(event, "server", { participations: 3 }))).toEqual([
      { event: at(2), count: 7 },
      { event: at(1), count: 2 },
      { event: at(5), count: 1 },
    ]);
    expect(spent(seenBy(sampled, "server", { participations: 0 }), { delta: 1e-5, view: "release" }).epsilon).toBe(0);
    expect(() => seenBy(sampled, "server", { participations: 0.5 })).toThrow(RangeError);
  });

  it("is other noise without its sampling, each kind up to the promise", () => {
    const discrete = discreteGaussianEvent({ neighboring: "add-remove", noiseMultiplier: 3 });
    const event = composedEvent([selfComposedEvent(poissonSampledEvent(discrete, 0.1), 9), selfComposedEvent(sampled, 9)]);
    expect(partsOf(seenBy(event, "server", { participations: 2 }))).toEqual([
      { event: discreteGaussianEvent({ neighboring: "zero-out", noiseMultiplier: 3 }), count: 2 },
      { event: gaussianEvent({ neighboring: "zero-out", noiseMultiplier: 1 }), count: 2 },
    ]);
    const { server, release } = spentByView(event, { delta: 1e-5 });
    expect(release.epsilon).toBeLessThan(server.epsilon / 3);
    const pure = poissonSampledEvent(pureEvent({ neighboring: "add-remove", epsilon: 1 }), 0.1);
    expect(spent(pure, { delta: 0, view: "release" }).epsilon).toBeCloseTo(Math.log(1 + 0.1 * (Math.E - 1)), 14);
  });

  it("is nothing of a cohort that nobody joins", () => {
    const none = poissonGaussianEvent({ neighboring: "add-remove", noiseMultiplier: 0, samplingRate: 0 });
    expect(spentByView(none, { delta: 1e-5 })).toEqual({ server: { epsilon: 0, delta: 1e-5 }, release: { epsilon: 0, delta: 1e-5 } });
  });
});

describe("bandedEvent", () => {
  const run = { rounds: 600, bands: 10, population: 6000, cohort: 100, noiseMultiplier: 2, neighboring: "zero-out" } as const;

  it("samples each group's round with the group's rate", () => {
    expect(bandedEvent(run)).toEqual(
      selfComposedEvent(poissonGaussianEvent({ neighboring: "zero-out", noiseMultiplier: 2, samplingRate: 1 / 6 }), 60),
    );
    expect(bandedEvent({ ...run, rounds: 601 })).toMatchObject({ count: 61 });
  });

  it("refuses more bands than rounds, and cohorts that are larger than a group", () => {
    expect(() => bandedEvent({ ...run, bands: 601 })).toThrow(RangeError);
    expect(() => bandedEvent({ ...run, bands: 61 })).toThrow(/population \/ bands/);
    expect(() => bandedEvent({ ...run, cohort: Number.NaN })).toThrow(RangeError);
  });
});

describe("spent", () => {
  it("names the accountant that was asked for, and refuses unknown ones", () => {
    expect(() => spent(gaussian, { delta: 1e-5, view: "release", accountant: { kind: "pdl" } })).toThrow(/did you mean "pld"/);
    expect(() => spent(sampled, { delta: 1e-5, view: "release", accountant: { kind: "exact" } })).toThrow(/"gaussian" alone/);
    expect(() => spent(gaussian, { delta: 2, view: "release" })).toThrow(RangeError);
  });
});
