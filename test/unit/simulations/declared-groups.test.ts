import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/random.ts";
import { loadDataset } from "../../../simulations/datasets/index.ts";
import { figuresByDeclared, leastGroup } from "../../../simulations/declared-groups.ts";
import { evaluatePeople, type PeopleEvaluation, summarize } from "../../../simulations/evaluate.ts";
import { splitDataset } from "../../../simulations/split.ts";

/** Figures of `count` people, one held-out rating each. */
function peopleOf(count: number, errorOf: (user: number) => number): PeopleEvaluation {
  const users = Int32Array.from({ length: count }, (_, user) => user);
  return {
    items: 5,
    users,
    heldOut: new Int32Array(count).fill(1),
    values: { mae: Float64Array.from(users, errorOf) },
    perDraw: {},
    protocols: {},
    isLeaking: false,
    byItemGroup: [],
    lists: [],
  };
}

const none = new Map<string, PeopleEvaluation>();
const valuesOf = (...groups: readonly (readonly [string | undefined, number])[]) =>
  groups.flatMap(([value, count]) => new Array<string | undefined>(count).fill(value));

describe("figures by what people said", () => {
  it("partition the people and add up to the figures over everyone", async () => {
    const dataset = await loadDataset({ name: "food-world-cup" });
    const split = await splitDataset(dataset, { kind: "random", testFraction: 0.2, validationFraction: 0.1, seed: 1 });
    const rng = createRng(5, "scores");
    const people = evaluatePeople({
      split,
      part: "test",
      objective: "rating",
      metrics: ["rmse", "hr@5"],
      seed: 1,
      scoresFor: (user, out) => {
        const own = rng.fork(user);
        for (let item = 0; item < out.length; item++) out[item] = own.float() * 5;
      },
    });
    const all = summarize(people);
    const declared = figuresByDeclared(dataset.userAttributes!, people, new Map([["the same", people]]), 1);
    expect(declared.map(({ attribute }) => attribute)).toEqual(dataset.userAttributes!.map(({ name }) => name));
    for (const { groups } of declared) {
      expect(groups.reduce((sum, { size }) => sum + size, 0)).toBe(dataset.matrix.users);
      expect(groups.reduce((sum, { users }) => sum + users, 0)).toBe(all.users);
      for (const { users, metrics, baselines } of groups) {
        if (metrics === undefined) expect(baselines).toBeUndefined();
        else {
          expect(users).toBeGreaterThanOrEqual(leastGroup);
          expect(baselines!["the same"]).toEqual(metrics);
        }
      }
    }
    const { groups } = declared.find(({ attribute }) => attribute === "gender")!;
    expect(groups.map(({ value }) => value)).toEqual(["Female", "Male", null]);
    const squares = groups.reduce((sum, { metrics, heldOut }) => sum + metrics!["rmse"]! ** 2 * heldOut, 0);
    expect(squares / split.counts.test).toBeCloseTo(all.metrics["rmse"]! ** 2, 12);
    const ages = declared.find(({ attribute }) => attribute === "age")!.groups.map(({ value }) => value);
    expect(ages).toEqual(["18-29", "30-44", "45-60", "> 60", null]);
  });

  it("withhold small groups, and one more where the total would tell them", () => {
    const shownOf = (values: readonly (string | undefined)[]) =>
      figuresByDeclared(
        [{ name: "group", values }],
        peopleOf(values.length, () => 1),
        none,
        1,
      )[0]!.groups.flatMap(({ value, metrics }) => (metrics === undefined ? [] : [value]));
    expect(shownOf(valuesOf(["a", 20], ["b", 30]))).toEqual(["a", "b"]);
    expect(shownOf(valuesOf(["a", 19], ["b", 30], ["c", 40]))).toEqual(["c"]);
    expect(shownOf(valuesOf(["a", 19], ["b", 1], ["c", 40]))).toEqual(["c"]);
    expect(shownOf(valuesOf(["a", 19], ["b", 2], ["c", 40], ["d", 41]))).toEqual(["c", "d"]);
    expect(shownOf(valuesOf(["a", 5], [undefined, 5]))).toEqual([]);
  });

  it("say how often chance makes as wide a gap: seldom of groups that differ, often of those that do not", () => {
    const values = valuesOf(["a", 100], ["b", 100]);
    const rng = createRng(3, "errors");
    const noise = Float64Array.from({ length: 200 }, () => rng.normal());
    const gapOf = (shift: number) =>
      figuresByDeclared(
        [{ name: "group", values }],
        peopleOf(200, (user) => noise[user]! + (user < 100 ? 0 : shift)),
        none,
        1,
      )[0]!.gap!;
    expect(gapOf(1).chance).toBeLessThan(0.01);
    expect(gapOf(1).value).toBeGreaterThan(0.7);
    const chances = Array.from({ length: 40 }, (_, trial) => {
      const own = createRng(trial, "none");
      return figuresByDeclared(
        [{ name: "group", values }],
        peopleOf(200, () => own.normal()),
        none,
        trial,
      )[0]!.gap!.chance;
    });
    // Even between 0 and 1 where groups do not differ.
    expect(chances.filter((chance) => chance <= 0.5).length).toBeGreaterThan(10);
    expect(chances.filter((chance) => chance <= 0.5).length).toBeLessThan(30);
  });

  it("group numbers by bands, those below the first and without an answer too", () => {
    const values = [...valuesOf(["17", 20], ["18", 20], ["24", 20], ["25", 20], ["90", 20]), undefined];
    const [ages] = figuresByDeclared(
      [{ name: "age", values, bands: [18, 25] }],
      peopleOf(values.length, () => 1),
      none,
      1,
    );
    expect(ages!.groups.map(({ value, size }) => [value, size])).toEqual([
      ["0 to 17", 20],
      ["18 to 24", 40],
      ["25 or more", 40],
      [null, 1],
    ]);
  });
});
