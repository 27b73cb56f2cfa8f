/** Groups of a cohort: their number and size, what is refused with the nearest sound choice, their price, and rounds that lose some. */
import { describe, expect, it } from "vitest";
import { defineRun } from "../../shared/define-run.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { type GroupLimits, groupCount, largestGroup, splitIntoGroups } from "../../shared/groups.ts";
import { planRun } from "../../shared/plan-run.ts";
import { beginRound, contributingGroups, contributorsIn, contributorsOf, type RoundStep, stepRound } from "../../shared/round.ts";
import { roundFrame, runPrice } from "../../shared/run.ts";

const terms = { id: "films-1", items: 9, rounds: 3, model: { kind: "fcf", rank: 2 }, protection: { kind: "masks" } };

function refusal(changes: object): string {
  try {
    defineRun({ ...terms, ...changes });
  } catch (error) {
    if (isCofactorError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "";
}

describe("groups of a cohort", () => {
  it("are as many as leave each its least number, and differ by one device at most", () => {
    const limits: GroupLimits = { most: 4, least: 3, minDevices: 5 };
    for (let devices = 0; devices <= 60; devices++) {
      const groups = groupCount(limits, devices);
      expect(groups).toBe(Math.min(4, Math.floor(devices / 5)));
      if (groups === 0) continue;
      const sizes = splitIntoGroups(
        Array.from({ length: devices }, (_, at) => at),
        groups,
      ).map(({ length }) => length);
      expect(sizes.reduce((sum, size) => sum + size)).toBe(devices);
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(5);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  it("have a largest one that no cohort goes beyond, and that some cohort reaches", () => {
    for (const limits of [
      { most: 4, least: 3, minDevices: 5 },
      { most: 7, least: 1, minDevices: 3 },
      { most: 1, least: 1, minDevices: 2 },
    ]) {
      for (const size of [21, 40, 100]) {
        let largest = 0;
        for (let devices = limits.minDevices; devices <= size; devices++) {
          const groups = groupCount(limits, devices);
          if (groups >= limits.least) largest = Math.max(largest, Math.ceil(devices / groups));
        }
        expect(largestGroup(limits, size)).toBe(largest);
      }
    }
  });

  it("are cohorts of their own to a protection, each by its number", () => {
    const run = defineRun({ ...terms, cohort: { size: 41, min: 8, groups: 5 }, aggregation: { kind: "median" } });
    expect(roundFrame(run, 3, 2)).toMatchObject({ round: 3, group: 2, cohort: { size: 11, min: 8 } });
    expect("group" in roundFrame(run, 3)).toBe(false);
    expect(roundFrame(defineRun({ ...terms, cohort: { size: 41, min: 8 } }), 3).cohort).toEqual({ size: 41, min: 8 });
  });

  it("say what they cost and buy", () => {
    const price = (changes: object) => runPrice(defineRun({ ...terms, ...changes }));
    expect(price({})).toBeUndefined();
    expect(price({ cohort: { size: 200, min: 20, groups: 8 }, aggregation: { kind: "median" } })).toEqual({
      rule: "median",
      groups: 8,
      anonymity: 20,
      devices: 25,
      toleratedGroups: 3,
      toleratedShare: 3 / 200,
    });
    const open = { protection: { kind: "open" }, cohort: { size: 100, min: 2, groups: 100 } };
    expect(price({ ...open, aggregation: { kind: "krum" } })).toMatchObject({
      groups: 100,
      anonymity: 1,
      toleratedGroups: 20,
      toleratedShare: 0.2,
    });
    expect(price({ aggregation: { kind: "norm-bound", maxNorm: 3 } })).toMatchObject({ groups: 1, toleratedGroups: 1 });
  });

  it.each([
    [
      { cohort: { size: 30, min: 8, groups: 5 }, aggregation: { kind: "median" } },
      /cohort\.min \(8\) of the 30 .* got 5 groups; nearest: cohort\.groups 3$/,
    ],
    [{ cohort: { size: 30, min: 16, groups: 5 }, aggregation: { kind: "median" } }, /nearest: cohort\.size 80$/],
    [{ cohort: { size: 100, min: 8 }, aggregation: { kind: "krum" } }, /at least 5 for the rule krum.* got 1; nearest: cohort\.groups 5$/],
    [{ cohort: { size: 30, min: 8, groups: 2 }, aggregation: { kind: "krum" } }, /nearest: aggregation sum$/],
    [{ protection: { kind: "open" }, cohort: { size: 30, min: 2, groups: 31 } }, /nearest: cohort\.groups 30$/],
  ])("are refused where they cannot be sound, with the nearest sound choice: %o", (changes, message) => {
    expect(refusal(changes)).toMatch(/^CONFIG_INVALID/);
    expect(refusal(changes)).toMatch(message);
  });

  it("are refused beside a promise of privacy, whose noise is for one sum", async () => {
    const promised = planRun({ ...terms, cohort: { size: 100, min: 10, groups: 5 }, privacy: { epsilon: 4 } });
    await expect(promised).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/sized for one sum a round.*nearest: no groups/),
    });
    expect((await planRun({ ...terms, cohort: { size: 100, min: 10 }, privacy: { epsilon: 4 } })).groups.most).toBe(1);
  });

  it("leave counts that admit items to the plain sum", async () => {
    const admitted = planRun({ ...terms, catalogue: {}, cohort: { size: 100, min: 10, groups: 5 }, aggregation: { kind: "median" } });
    await expect(admitted).rejects.toMatchObject({ message: expect.stringMatching(/nearest: aggregation sum/) });
  });
});

describe("a round with groups", () => {
  const cohort = ["a", "b", "c", "d", "e", "f"];
  const limits = { min: 2, groups: { most: 3, least: 2, minDevices: 2 } };
  const begin = (count = 1): RoundStep => beginRound(1, cohort, limits, { count, contribution: 0 });
  const answer = (step: RoundStep, ...clients: string[]): RoundStep =>
    stepRound(step.state, { kind: "answered", stage: step.state.stage, clients });
  const close = ({ state }: RoundStep): RoundStep => stepRound(state, { kind: "deadline", stage: state.stage });

  it("gives up a group that falls short, and goes on with the others", () => {
    expect(begin().state.groups).toEqual([
      ["a", "d"],
      ["b", "e"],
      ["c", "f"],
    ]);
    const step = close(answer(begin(), "a", "d", "b", "c", "f"));
    expect(step.effects).toEqual([{ kind: "reveal", contributors: ["a", "c", "d", "f"] }]);
    expect(contributingGroups(step.state)).toEqual([0, 2]);
    expect(contributorsIn(step.state, 2)).toEqual(["c", "f"]);
    expect(contributorsIn(step.state, 1)).toEqual([]);
  });

  it("asks nobody of a group that was given up for a later stage", () => {
    const step = close(answer(begin(2), "a", "d", "b", "c", "f"));
    expect(step.effects).toEqual([{ kind: "ask", stage: 1, clients: ["a", "c", "d", "f"] }]);
    // Behind the contributions a group goes on with whoever is left of it, and ends without anyone.
    const last = close(answer(step, "a"));
    expect(last.effects).toEqual([{ kind: "abandon", reason: "expected at least 2 groups with enough answers, got 1 of 3" }]);
    expect(close(answer(step, "a", "f")).effects).toEqual([{ kind: "reveal", contributors: ["a", "c", "d", "f"] }]);
  });

  it("is abandoned with fewer groups than the rule asks for", () => {
    expect(close(answer(begin(), "a", "d", "b", "c")).effects).toEqual([
      { kind: "abandon", reason: "expected at least 2 groups with enough answers, got 1 of 3" },
    ]);
    const small = beginRound(1, cohort.slice(0, 3), limits, { count: 1, contribution: 0 });
    expect(small.effects).toEqual([{ kind: "abandon", reason: "expected a cohort of at least 2 groups, got 3 devices, 1 groups" }]);
  });

  it("counts nobody whose group's sum could not be had", () => {
    const revealing = answer(begin(), ...cohort);
    const { state, effects } = stepRound(revealing.state, { kind: "revealed", without: ["b", "e"] });
    expect(effects).toEqual([{ kind: "publish", contributors: ["a", "c", "d", "f"] }]);
    expect(contributorsOf(state)).toEqual(["a", "c", "d", "f"]);
  });
});
