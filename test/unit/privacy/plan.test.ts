/** Plans: noise from a budget, what is refused, and what a promise comes to for each observer. */
import { describe, expect, it } from "vitest";
import { CofactorError } from "../../../shared/errors.ts";
import type { GuardSetting } from "../../../shared/privacy/guard.ts";
import { mechanisms } from "../../../shared/privacy/mechanisms/index.ts";
import { assertKept, planPrivacy, spentAfter } from "../../../shared/privacy/plan.ts";

const setting: GuardSetting = {
  size: 12,
  rows: 4,
  widths: [2, 1],
  rounds: 10,
  cohort: { size: 200, min: 100 },
  revealsContributions: false,
  wrapsCleanly: true,
  corruption: 0,
  label: "films-1",
};

describe.each(mechanisms.map(({ kind, placement }) => [kind, placement] as const))("a plan with %s (%s)", (kind, placement) => {
  const view = placement === "central" ? "release" : "server";

  it("keeps the promise, with noise that cannot be much less", () => {
    const terms = planPrivacy({ mechanism: kind, epsilon: 3 }, setting);
    const epsilon = spentAfter(terms, setting, 10)[view];
    expect(epsilon).toBeLessThanOrEqual(3);
    expect(epsilon).toBeGreaterThan(2.98);
    expect(planPrivacy(terms, setting)).toEqual(terms);
    const cheaper = { ...terms, noiseMultiplier: terms.noiseMultiplier / 2 };
    expect(() => assertKept(cheaper, setting)).toThrow(/promise epsilon 3 .* noise gives/);
    expect(() => planPrivacy(cheaper, setting)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("takes less noise for fewer participations, and never less epsilon for more rounds", () => {
    const noise = (participations: number): number =>
      planPrivacy({ mechanism: kind, epsilon: 3, participation: { kind: "unrestricted", participations } }, setting).noiseMultiplier;
    if (kind === "matrix") expect(noise(2)).toBe(noise(10));
    else expect(noise(2)).toBeLessThan(noise(10));
    const terms = planPrivacy({ mechanism: kind, epsilon: 3 }, setting);
    const spent = Array.from({ length: 11 }, (_, rounds) => spentAfter(terms, setting, rounds).release);
    expect(spent[0]).toBe(0);
    expect(spent).toEqual([...spent].sort((a, b) => a - b));
  });

  it(`proves ${placement === "central" ? "nothing" : "the same"} against the server`, () => {
    const terms = planPrivacy({ mechanism: kind, epsilon: 3 }, setting);
    const { server, release } = spentAfter(terms, setting, 10);
    expect(server).toBe(placement === "central" ? Number.POSITIVE_INFINITY : release);
  });
});

it("takes less noise with cohorts by coins, and nothing of it against who knows who was drawn", () => {
  const sampling = { kind: "poisson", rate: 0.1, population: 2000 } as const;
  const wide = { ...setting, cohort: { size: 400, min: 50 } };
  const central = planPrivacy({ epsilon: 3, sampling }, wide);
  const { server, release } = spentAfter(central, wide, 10);
  expect(release).toBeLessThanOrEqual(3);
  expect(release).toBeGreaterThan(2.98);
  expect(server).toBe(Number.POSITIVE_INFINITY);
  expect(central.noiseMultiplier).toBeLessThan(planPrivacy({ epsilon: 3 }, setting).noiseMultiplier / 2);
});

it.each([
  ["noise in shares without a protection", { mechanism: "skellam" }, { revealsContributions: true }, /nearest: protection masks/],
  [
    "noise in shares that nobody may be left to add",
    { mechanism: "skellam" },
    { cohort: { size: 9, min: 1 } },
    /cohort.min above the 1 devices that may collude/,
  ],
  [
    "sampling under replacement",
    { neighboring: "replace", sampling: { kind: "poisson", rate: 0.1, population: 9 } },
    {},
    /nearest: zero-out/,
  ],
  [
    "sampling with correlated noise",
    { mechanism: "matrix", sampling: { kind: "poisson", rate: 0.1, population: 9 } },
    {},
    /nearest: mechanism gaussian/,
  ],
  [
    "sampling of noise that devices bring",
    { mechanism: "skellam", sampling: { kind: "poisson", rate: 0.1, population: 9 } },
    {},
    /nearest: mechanism gaussian/,
  ],
  ["coins that may bring too many", { sampling: { kind: "poisson", rate: 0.1, population: 2000 } }, {}, /tell how many came up/],
  [
    "coins that may bring too few",
    { sampling: { kind: "poisson", rate: 0.1, population: 1000 } },
    { cohort: { size: 200, min: 90 } },
    /tell how many came up/,
  ],
  ["noise on a sum whose size shows before", {}, { wrapsCleanly: false }, /nearest: mechanism skellam, or protection masks/],
  ["presence hidden from a server that sees it", { mechanism: "local-gaussian", neighboring: "add-remove" }, {}, /nearest: zero-out/],
  ["presence hidden where rounds tell how many took part", { neighboring: "add-remove" }, {}, /nearest: zero-out/],
  ["a delta that allows one device to be shown", { delta: 0.01 }, {}, /at most 1 \/ cohort.size/],
  ["a clip that counts steps", { clip: { kind: "grid" } }, {}, /nearest: flat/],
  ["two clips", { clip: { kind: "flat" }, clipNorm: 2 }, {}, /one of clip and clipNorm/],
  ["a clip for who bounds itself", { mechanism: "local-duchi", clipNorm: 2 }, {}, /bounds the contribution itself/],
  ["an unknown mechanism", { mechanism: "gausian" }, {}, /did you mean "gaussian"/],
  ["an unknown key", { epsilonn: 3 }, {}, /did you mean "epsilon"/],
  ["no participation at all", { participation: { kind: "unrestricted", participations: 0 } }, {}, /participations/],
  ["pure epsilon as a text", { epsilon: "3" }, {}, /terms.privacy.epsilon/],
])("refuses %s, with the nearest sound choice", (_what, input, changes, message) => {
  const plan = () => planPrivacy({ epsilon: 3, ...input }, { ...setting, ...changes });
  expect(plan).toThrow(CofactorError);
  expect(plan).toThrow(message);
});

it("bounds rows where the contribution is made of rows", () => {
  const terms = planPrivacy({ epsilon: 3, clip: { kind: "rows", clipNorm: 0.5, maxRows: 2 } }, setting);
  expect(terms.clip).toEqual({ kind: "rows", clipNorm: 0.5, maxRows: 2 });
  const { rows: _rows, ...flatOnly } = setting;
  expect(() => planPrivacy({ epsilon: 3, clip: { kind: "rows" } }, flatOnly)).toThrow(/made of rows/);
});
