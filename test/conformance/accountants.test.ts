/** Every accountant of the index passes the one suite; where two know an event, they agree on who is tighter. */
import { describe, expect, it } from "vitest";
import { accountants } from "../../shared/privacy/accountants/index.ts";
import {
  composedEvent,
  discreteGaussianEvent,
  gaussianEvent,
  laplaceEvent,
  type PrivacyEvent,
  poissonGaussianEvent,
  pureEvent,
  selfComposedEvent,
  skellamEvent,
  zcdpEvent,
} from "../../shared/privacy/event.ts";
import { accountantFor, openAccountant } from "../../shared/privacy/spent.ts";
import { describeAccountant } from "./accountant.ts";

for (const { kind } of accountants) {
  const options = kind === "pld" ? { step: 1e-3 } : {};
  describeAccountant(kind, (neighboring) => openAccountant({ kind, ...options }, neighboring));
}

const neighboring = "zero-out";
const epsilonBy = (kind: string, event: PrivacyEvent, delta: number): number =>
  openAccountant({ kind }, neighboring).compose(event).epsilon(delta);

describe("accountants beside each other", () => {
  it("are chosen from the tightest on", () => {
    const gaussian = gaussianEvent({ neighboring, noiseMultiplier: 1 });
    const sampled = poissonGaussianEvent({ neighboring, noiseMultiplier: 1, samplingRate: 0.5 });
    const discrete = discreteGaussianEvent({ neighboring, noiseMultiplier: 1 });
    const skellam = skellamEvent({ neighboring, variance: 1e4, sensitivity: 10, l1Sensitivity: 50 });
    const chosen = [gaussian, sampled, discrete, skellam].map((event) => accountantFor(event).kind);
    expect(chosen).toEqual(["exact", "pld", "zcdp", "rdp"]);
    expect(accountantFor(composedEvent([gaussian, sampled])).kind).toBe("pld");
    expect(accountantFor(composedEvent([gaussian, skellam])).kind).toBe("rdp");
  });

  it.each([0.3, 1, 5])("exact <= pld <= exact and a step, exact < zcdp <= rdp for a Gaussian of noise %d", (noiseMultiplier) => {
    const event = gaussianEvent({ neighboring, noiseMultiplier });
    for (const delta of [0.01, 1e-5, 1e-9]) {
      const [exact, pld, zcdp, rdp] = ["exact", "pld", "zcdp", "rdp"].map((kind) => epsilonBy(kind, event, delta));
      expect(pld!).toBeGreaterThan(exact! - 1e-9);
      expect(pld!).toBeLessThan(exact! + 1e-4);
      expect(zcdp!).toBeGreaterThanOrEqual(exact!);
      expect(rdp!).toBeGreaterThanOrEqual(Math.min(zcdp!, rdp!));
    }
  });

  it("the same Gaussian is charged alike as zCDP, and a sampled one of rate 1 as unsampled", () => {
    const plain = gaussianEvent({ neighboring, noiseMultiplier: 2 });
    const certain = poissonGaussianEvent({ neighboring, noiseMultiplier: 2, samplingRate: 1 });
    const rho = zcdpEvent({ neighboring, rho: 1 / 8 });
    expect(epsilonBy("rdp", rho, 1e-5)).toBeCloseTo(epsilonBy("rdp", plain, 1e-5), 12);
    expect(epsilonBy("zcdp", rho, 1e-5)).toBeCloseTo(epsilonBy("zcdp", plain, 1e-5), 12);
    for (const kind of ["rdp", "pld"]) expect(epsilonBy(kind, certain, 1e-5)).toBeCloseTo(epsilonBy(kind, plain, 1e-5), 9);
  });

  it("pure events add up at delta 0, and no accountant charges much more than that", () => {
    const event = composedEvent([pureEvent({ neighboring, epsilon: 0.5 }), laplaceEvent({ neighboring, noiseMultiplier: 4 })]);
    for (const kind of ["rdp", "pld"]) {
      expect(epsilonBy(kind, event, 0)).toBeCloseTo(0.75, 12);
      expect(epsilonBy(kind, event, 1e-3)).toBeLessThanOrEqual(0.75 + 1e-6);
    }
    expect(epsilonBy("rdp", pureEvent({ neighboring, epsilon: Number.POSITIVE_INFINITY }), 0.1)).toBe(Number.POSITIVE_INFINITY);
  });

  it("an rdp accountant takes order infinity, which keeps pure epsilons", () => {
    const accountant = openAccountant({ kind: "rdp", orders: [2, Number.POSITIVE_INFINITY] }, neighboring);
    expect(accountant.compose(pureEvent({ neighboring, epsilon: 2 })).epsilon(1e-12)).toBe(2);
  });

  it("a loss distribution composes different events as well as equal ones", () => {
    const [weak, strong] = [1.5, 4].map((noiseMultiplier) => poissonGaussianEvent({ neighboring, noiseMultiplier, samplingRate: 0.2 }));
    const mixed = composedEvent([
      selfComposedEvent(weak!, 20),
      selfComposedEvent(strong!, 30),
      gaussianEvent({ neighboring, noiseMultiplier: 6 }),
    ]);
    const pld = epsilonBy("pld", mixed, 1e-5);
    expect(pld).toBeLessThan(epsilonBy("rdp", mixed, 1e-5));
    expect(pld).toBeGreaterThan(epsilonBy("pld", selfComposedEvent(weak!, 20), 1e-5));
    // Two halves of one composition, convolved, against the whole.
    const halves = openAccountant({ kind: "pld" }, neighboring).compose(weak!, 10).compose(strong!, 1).compose(weak!, 10);
    const whole = openAccountant({ kind: "pld" }, neighboring).compose(weak!, 20).compose(strong!, 1);
    expect(halves.epsilon(1e-5)).toBeCloseTo(whole.epsilon(1e-5), 7);
  });

  it("a loss distribution of hardly any noise gets a coarser grid, not all of the memory", () => {
    const event = poissonGaussianEvent({ neighboring, noiseMultiplier: 0.005, samplingRate: 0.01 });
    const epsilon = epsilonBy("pld", event, 1e-5);
    // One sampled release is a plain one of delta / samplingRate, and an epsilon lower by -ln samplingRate.
    const plain = epsilonBy("exact", gaussianEvent({ neighboring, noiseMultiplier: 0.005 }), 1e-3);
    expect(epsilon).toBeGreaterThan(plain + Math.log(0.01) - 1e-9);
    expect(epsilon).toBeLessThan(plain + Math.log(0.01) + 0.2);
    for (const noiseMultiplier of [1e-5, 1e-100, 1e-200]) {
      expect(epsilonBy("pld", poissonGaussianEvent({ neighboring, noiseMultiplier, samplingRate: 0.01 }), 1e-5)).toBe(
        Number.POSITIVE_INFINITY,
      );
    }
  });
});
