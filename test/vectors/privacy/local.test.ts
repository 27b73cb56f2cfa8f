/** The randomizers of single numbers against their closed forms. */
import { expect, it } from "vitest";
import { createDuchi } from "../../../shared/privacy/mechanisms/local-duchi.ts";
import { createPiecewise, planPiecewise } from "../../../shared/privacy/mechanisms/local-piecewise.ts";
import { createRandomBits } from "../../../shared/privacy/samplers/bits.ts";
import { seededBytes } from "../../support/seeded-bytes.ts";
import vectors from "./local.json" with { type: "json" };

const { epsilon, duchi, piecewise } = vectors;
const bits = createRandomBits(seededBytes(41));

it("V50: Duchi's two outputs, and its largest variance at 0", () => {
  const randomizer = createDuchi(epsilon, bits);
  expect(randomizer.reach).toBeCloseTo(duchi.reach, 8);
  expect(randomizer.variance(0)).toBeCloseTo(duchi.largestVariance, 8);
  expect([randomizer.reach, -randomizer.reach]).toContain(randomizer.randomize(0.3));
});

it("V50: the piecewise range, density and variances, on the lattice to 1e-5", () => {
  const randomizer = createPiecewise(epsilon, bits);
  expect(randomizer.variance(0)).toBeCloseTo(piecewise.varianceAt0, 8);
  expect(randomizer.variance(1)).toBeCloseTo(piecewise.varianceAt1, 8);
  const plan = planPiecewise(epsilon);
  expect(Math.abs(plan.reach / piecewise.reach - 1)).toBeLessThan(1e-5);
  expect(Math.abs(plan.density / piecewise.density - 1)).toBeLessThan(1e-5);
});

it.each([1e-3, 0.1, 1, 2.5, 8, 40])("a lattice place inside the window is at most e^%d times as likely as outside", (of) => {
  const { window, inside } = planPiecewise(of);
  const share = inside / 2 ** 52;
  const odds = 1 + (share * 2 ** 20) / ((1 - share) * window);
  expect(Math.log(odds)).toBeLessThanOrEqual(of * (1 + 1e-12));
  if (of < 30) expect(Math.log(odds)).toBeGreaterThan(of * (1 - 1e-6));
});
