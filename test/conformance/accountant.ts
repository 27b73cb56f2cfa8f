/** What every accountant promises. Imports vitest, the events, the seam. */
import { describe, expect, it } from "vitest";
import type { Accountant } from "../../shared/privacy/accountants/accountant.ts";
import {
  composedEvent,
  fixedSizeGaussianEvent,
  gaussianEvent,
  laplaceEvent,
  type Neighboring,
  type PrivacyEvent,
  poissonGaussianEvent,
  pureEvent,
  selfComposedEvent,
} from "../../shared/privacy/event.ts";

const neighboring: Neighboring = "zero-out";
const gaussian = (noiseMultiplier: number): PrivacyEvent => gaussianEvent({ neighboring, noiseMultiplier });
const deltas = [0.5, 0.1, 1e-3, 1e-5, 1e-8];

/** Kinds of events, and with how much noise; an accountant is asked for those it supports. */
const families: Readonly<Record<string, (noiseMultiplier: number) => PrivacyEvent>> = {
  gaussian,
  laplace: (noiseMultiplier) => laplaceEvent({ neighboring, noiseMultiplier }),
  pure: (noiseMultiplier) => pureEvent({ neighboring, epsilon: 1 / noiseMultiplier }),
  "poisson-gaussian": (noiseMultiplier) => poissonGaussianEvent({ neighboring, noiseMultiplier, samplingRate: 0.1 }),
};

/**
 * The suite for an accountant.
 *
 * @param open gives one with nothing spent
 */
export function describeAccountant(kind: string, open: (neighboring: Neighboring) => Accountant): void {
  const empty = open(neighboring);
  const supported = Object.entries(families).filter(([, family]) => empty.supports(family(1)));

  describe(`accountant ${kind}`, () => {
    it("says 0 of no event, and of events that cost nothing", () => {
      for (const accountant of [empty, empty.compose(gaussian(1), 0), empty.compose(gaussian(Number.POSITIVE_INFINITY), 5)]) {
        for (const delta of [0, ...deltas, 1]) expect(accountant.epsilon(delta)).toBe(0);
        expect(accountant.delta(0)).toBe(0);
      }
    });

    it("says infinity, and delta 1, of a Gaussian without noise", () => {
      const accountant = empty.compose(gaussian(0)).compose(gaussian(5));
      for (const delta of [0, ...deltas]) expect(accountant.epsilon(delta)).toBe(Number.POSITIVE_INFINITY);
      expect(accountant.epsilon(1)).toBe(0);
      expect(accountant.delta(3)).toBe(1);
    });

    it("says infinity of Gaussian noise at delta 0", () => {
      expect(empty.compose(gaussian(3)).epsilon(0)).toBe(Number.POSITIVE_INFINITY);
    });

    it("refuses deltas, epsilons and counts that are none", () => {
      const accountant = empty.compose(gaussian(1));
      for (const bad of [-1e-9, 1 + 1e-9, Number.NaN]) expect(() => accountant.epsilon(bad)).toThrow(RangeError);
      for (const bad of [-1e-9, Number.NaN]) expect(() => accountant.delta(bad)).toThrow(RangeError);
      for (const bad of [-1, 0.5, Number.NaN]) expect(() => accountant.compose(gaussian(1), bad)).toThrow(RangeError);
    });

    it("refuses events of another relation", () => {
      const other = gaussianEvent({ neighboring: "replace", noiseMultiplier: 1 });
      expect(empty.supports(other)).toBe(false);
      expect(() => empty.compose(other)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
      expect(open("replace").supports(other)).toBe(true);
    });

    it("either supports sampling of a fixed size or refuses it, and all compositions of it", () => {
      const sampled = fixedSizeGaussianEvent({ neighboring: "replace", noiseMultiplier: 1, population: 100, cohort: 5 });
      const accountant = open("replace");
      for (const event of [sampled, selfComposedEvent(sampled, 3), composedEvent([sampled, sampled])]) {
        expect(accountant.supports(event)).toBe(accountant.supports(sampled));
        if (accountant.supports(event)) expect(accountant.compose(event).epsilon(1e-3)).toBeGreaterThan(0);
        else expect(() => accountant.compose(event)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
      }
    });

    it("does not change when composed, and counts alike however events are nested", () => {
      const event = gaussian(2);
      const three = [
        empty.compose(event, 3),
        empty.compose(event).compose(event).compose(event),
        empty.compose(selfComposedEvent(event, 3)),
        empty.compose(composedEvent([event, selfComposedEvent(event, 2)])),
      ];
      for (const accountant of three) expect(accountant.epsilon(1e-5)).toBeCloseTo(three[0]!.epsilon(1e-5), 9);
      expect(empty.epsilon(1e-5)).toBe(0);
    });

    it.each(supported)("bounds %s events from above, and turns delta into epsilon and back", (name, family) => {
      for (const noise of [0.7, 3]) {
        const accountant = empty.compose(family(noise), 4);
        for (const delta of deltas) {
          const epsilon = accountant.epsilon(delta);
          expect(accountant.delta(epsilon)).toBeLessThanOrEqual(delta * (1 + 1e-7));
          if (epsilon > 0 && epsilon < 4 / noise) expect(accountant.delta(epsilon)).toBeGreaterThan(delta * (1 - 1e-6));
        }
        const pure = name === "gaussian" || name === "poisson-gaussian" ? Number.POSITIVE_INFINITY : 4 / noise;
        expect(accountant.epsilon(1e-12)).toBeLessThanOrEqual(pure);
      }
    });

    it.each(supported)("charges more for more %s events, for less noise and for a smaller delta", (_name, family) => {
      for (const delta of deltas) {
        const counts = [1, 2, 8, 32].map((count) => empty.compose(family(2), count).epsilon(delta));
        const noises = [4, 2, 1, 0.5].map((noise) => empty.compose(family(noise), 4).epsilon(delta));
        for (const row of [counts, noises]) expect(row).toEqual([...row].sort((a, b) => a - b));
      }
      const accountant = empty.compose(family(1), 3);
      const falling = deltas.map((delta) => accountant.epsilon(delta));
      expect(falling).toEqual([...falling].sort((a, b) => a - b));
    });
  });
}
