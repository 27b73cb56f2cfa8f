/** Audits: what attackers learn of canaries stays below the promise, and noise that is half of what it should be is caught. */
import { describe, expect, it } from "vitest";
import { planRun } from "../../shared/plan-run.ts";
import { openRun, type Run } from "../../shared/run.ts";
import { auditPrivacy } from "../../simulations/audits/privacy-audit.ts";
import { proportionAtLeast, proportionAtMost } from "../../simulations/audits/proportions.ts";

const base = { id: "audited", items: 40, model: { kind: "fcf", rank: 4 } };
const open = { ...base, protection: { kind: "open" }, rounds: 10, cohort: { size: 80, min: 10 } };

/** The same promise with half of the noise: what a wrong sensitivity, a wrong scale or a lost factor of two comes to. */
function halved(run: Run): Promise<Run> {
  const privacy = run.terms.privacy!;
  const { range: _own, ...terms } = run.terms;
  return openRun({ ...terms, privacy: { ...privacy, noiseMultiplier: privacy.noiseMultiplier / 2 } });
}

const masks = {
  ...base,
  protection: { kind: "masks" },
  rounds: 2,
  cohort: { size: 20, min: 20 },
  items: 20,
  model: { kind: "fcf", rank: 1 },
};

describe.each([
  ["Gaussian noise", open, { epsilon: 2 }, 60],
  ["Gaussian noise under replacement", open, { epsilon: 2, neighboring: "replace" }, 60],
  ["rows", open, { epsilon: 2, clip: { kind: "rows", clipNorm: 0.3, maxRows: 2 } }, 60],
  [
    "correlated noise",
    { ...open, cohort: { size: 40, min: 10 } },
    { epsilon: 2, mechanism: "matrix", participation: { kind: "min-separation", participations: 3, separation: 4 } },
    60,
  ],
  ["noise of each device", open, { epsilon: 2, mechanism: "local-gaussian" }, 60],
  ["Skellam shares under masks", masks, { epsilon: 4, mechanism: { kind: "skellam", corruption: 0 } }, 60],
] as const)("%s", (_name, terms, privacy, trials) => {
  it("keeps the promise, and half the noise is caught", { timeout: 120_000 }, async () => {
    const run = await planRun({ ...terms, privacy });
    const sound = await auditPrivacy(run, { trials, seed: 1 });
    expect(sound.isBroken).toBe(false);
    expect(sound.lowerBound).toBeLessThan(sound.epsilon);
    expect(sound.gaussianLowerBound!).toBeLessThan(sound.epsilon);
    // An audit that sees nothing would pass anything.
    expect(sound.gaussianLowerBound!).toBeGreaterThan(sound.epsilon / 8);
    expect(await auditPrivacy(await halved(run), { trials, seed: 1 })).toMatchObject({ isBroken: true });
  });
});

it("proportions have the bounds of their tables", () => {
  expect(proportionAtMost(0, 100, 0.05)).toBeCloseTo(1 - 0.05 ** 0.01, 10);
  expect(proportionAtMost(100, 100, 0.05)).toBe(1);
  expect(proportionAtLeast(100, 100, 0.05)).toBeCloseTo(0.05 ** 0.01, 10);
  // 4 of 10 at 2.5 % on each side: 0.1216 to 0.7376.
  expect(proportionAtLeast(4, 10, 0.025)).toBeCloseTo(0.1216, 4);
  expect(proportionAtMost(4, 10, 0.025)).toBeCloseTo(0.7376, 4);
});
