/** Evaluation: candidates, negatives, parts, groups, labels. */
import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { coRatingDistance, listDistance } from "../../simulations/co-ratings.ts";
import { datasetFromRows, type InteractionRow } from "../../simulations/datasets/from-rows.ts";
import { loadDataset } from "../../simulations/datasets/index.ts";
import { type EvaluateInput, evaluate, evaluatePeople, summarize } from "../../simulations/evaluate.ts";
import { drawNegatives, negativeRng } from "../../simulations/evaluation-negatives.ts";
import { evaluationOptions, metricsFor } from "../../simulations/evaluation-options.ts";
import { type Split, splitDataset } from "../../simulations/split.ts";

/** Two people, five items; the latest of "a" is item 3 (validation 2), of "b" item 1 (validation 5). */
const rows: InteractionRow[] = [
  ["a", 1, 5, 1],
  ["a", 2, 4, 2],
  ["a", 3, 2, 3],
  ["b", 4, 1, 1],
  ["b", 5, 3, 2],
  ["b", 1, 4, 3],
];
const smallSplit = () => splitDataset(datasetFromRows(rows, { name: "rows" }), { kind: "leave-one-out", order: "latest", seed: 0 });
const fixed =
  (...scores: number[][]) =>
  (user: number, out: Float64Array) =>
    out.set(scores[user]!);
const input = (split: Split, more: Partial<EvaluateInput> & Pick<EvaluateInput, "scoresFor">): EvaluateInput => ({
  split,
  part: "test",
  objective: "ranking",
  seed: 1,
  ...more,
});

describe("metrics of lists", () => {
  it("are of the first candidates: how unlike they are by who rated both in training, and how much of the catalogue anyone sees", async () => {
    const split = await smallSplit();
    // Training: a rated item 1, b item 4. Lists of two, a: 5, 3; b: 1, 2. Item 1 has one rating, the others of the lists none.
    const scoresFor = fixed([9, 9, 5, 1, 7], [3, 2, 1, 9, 9]);
    const people = evaluatePeople(input(split, { scoresFor, metrics: ["ild@2", "coverage@2", "coverage@1", "hr@1"] }));
    expect([...people.values["ild@2"]!]).toEqual([1, 1]);
    expect(summarize(people).metrics).toEqual({ "ild@2": 1, "coverage@2": 0.8, "coverage@1": 0.4, "hr@1": 0.5 });
    expect(summarize(people, (user) => user === 0).metrics["coverage@2"]).toBe(0.4);
    expect(people.protocols["coverage@2"]).toContain("all candidates");
    expect(metricsFor("rating", ["ild@10", "rmse"]).map(({ kind }) => kind)).toEqual(["ild", "rmse"]);
  });

  it("measure distance as 1 less the cosine of who rated both", () => {
    // Item 0 by people 0, 1, 2; item 1 by 1, 2, 3; item 2 by nobody.
    const matrix = {
      users: 4,
      items: 3,
      rowStart: Int32Array.of(0, 1, 3, 5, 6),
      itemIndex: Int32Array.of(0, 0, 1, 0, 1, 1),
      values: new Float64Array(6).fill(1),
    };
    const distance = coRatingDistance(matrix);
    expect(distance(0, 1)).toBeCloseTo(1 - 2 / 3, 14);
    expect([distance(0, 0), distance(0, 2)]).toEqual([0, 1]);
    expect(listDistance(Int32Array.of(0, 1, 2), distance)).toBeCloseTo((1 / 3 + 1 + 1) / 3, 14);
    expect(listDistance(Int32Array.of(0), distance)).toBeNaN();
  });

  it("see candidates in the order in which a list was arranged; predicted ratings are those before", async () => {
    const split = await smallSplit();
    const scoresFor = fixed([9, 9, 3, 1, 4], [3, 2, 1, 9, 9]);
    const arrange = (scores: Float64Array, places: number) => {
      expect(places).toBe(2);
      expect([...scores].filter(Number.isNaN)).toHaveLength(2);
      const worst = scores.reduce((low, score) => Math.min(low, Number.isNaN(score) ? low : score), 99);
      scores[scores.indexOf(worst)] = 99;
    };
    const metrics = ["hr@1", "ild@2", "rmse"];
    const plain = evaluate(input(split, { scoresFor, metrics, objective: "rating" }));
    const arranged = evaluate(input(split, { scoresFor, arrange, metrics, objective: "rating" }));
    expect([plain.metrics["hr@1"], arranged.metrics["hr@1"]]).toEqual([0.5, 0]);
    expect(arranged.metrics["rmse"]).toBe(plain.metrics["rmse"]);
  });

  it("refuse a list that is made less alike of drawn negatives", () => {
    const parse = (section: object) => () => parseConfig(evaluationOptions, section, "evaluation");
    expect(parse({ diversity: 0.2, candidates: "sampled-99" })).toThrow(/candidates: all/);
    expect(parse({ diversity: 1.2 })).toThrow(/diversity/);
    expect(parse({ metrics: ["ild"] })).toThrow(/ild@K/);
  });
});

describe("evaluation against all candidates", () => {
  it("leaves out the person's training items and the other held-out item, and nobody else's", async () => {
    const split = await smallSplit();
    // a: candidates 3, 4, 5 (1 trained, 2 validation, though both score higher); item 3 stands second.
    // b: candidates 1, 2, 3; item 1 stands first.
    const scoresFor = fixed([9, 9, 5, 1, 7], [3, 2, 1, 9, 9]);
    expect(evaluate(input(split, { scoresFor, metrics: ["hr@1", "hr@2", "ndcg@2", "recall@2"] })).metrics).toEqual({
      "hr@1": 0.5,
      "hr@2": 1,
      "ndcg@2": (1 / Math.log2(3) + 1) / 2,
      "recall@2": 1,
    });
  });

  it("of the validation part leaves out the test item", async () => {
    const split = await smallSplit();
    // a: candidates 2, 4, 5 for item 2; item 3, the test item, scores highest and is out.
    const scoresFor = fixed([9, 5, 9, 1, 2], [9, 5, 1, 9, 4]);
    expect(evaluate(input(split, { scoresFor, part: "validation", metrics: ["hr@1"] })).metrics).toEqual({ "hr@1": 0.5 });
  });

  it("counts a NaN score as a miss", async () => {
    const split = await smallSplit();
    const scoresFor = (_: number, out: Float64Array) => out.fill(Number.NaN);
    expect(evaluate(input(split, { scoresFor })).metrics).toEqual({ "hr@10": 0, "ndcg@10": 0, "recall@10": 0 });
  });

  it("names its protocol", async () => {
    const split = await smallSplit();
    const scoresFor = fixed([1, 1, 1, 1, 1], [1, 1, 1, 1, 1]);
    expect(evaluate(input(split, { scoresFor }))).toMatchObject({
      protocols: { "hr@10": "leave-one-out, all candidates, honest" },
      isLeaking: false,
      users: 2,
      spread: {},
    });
    const leaking = evaluate(input(split, { scoresFor, negatives: "paper-compat", candidates: "sampled-99" }));
    expect(leaking.isLeaking).toBe(true);
    expect(leaking.protocols["hr@10"]).toMatch(/^leave-one-out, 99 sampled negatives \(1 draw\), paper-compat \(LEAKING/);
  });
});

describe("evaluation of ratings", () => {
  it("clips predictions to the range and averages over ratings, not people", async () => {
    const dataset = datasetFromRows([...rows, ["c", 1, 2, 1], ["c", 2, 2, 2]], { name: "rows" });
    const split = await splitDataset(dataset, { kind: "random", testFraction: 0.9, validationFraction: 0, seed: 3 });
    const prediction = 9;
    const { metrics, protocols } = evaluate(
      input(split, { scoresFor: (_, out) => out.fill(prediction), objective: "rating", ratingRange: [1, 5] }),
    );
    const errors = [...split.test.values].map((value) => 5 - value);
    expect(errors.length).toBe(7);
    expect(metrics["rmse"]).toBeCloseTo(Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / 7), 12);
    expect(metrics["mae"]).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / 7, 12);
    expect(protocols["rmse"]).toBe("random 90 % test, seed 3, predictions clipped to [1, 5]");
  });

  it("shows a model that gave NaN", async () => {
    const split = await smallSplit();
    const scoresFor = (_: number, out: Float64Array) => out.fill(Number.NaN);
    expect(evaluate(input(split, { scoresFor, objective: "rating", ratingRange: [1, 5] })).metrics["rmse"]).toBeNaN();
  });

  it("is refused for a model that predicts an order", () => {
    expect(() => metricsFor("ranking", ["rmse"])).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(() => metricsFor("rating", ["hr@0"])).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(metricsFor("rating", ["rmse", "hr@5"]).map(({ name }) => name)).toEqual(["rmse", "hr@5"]);
  });
});

describe("evaluation of people", () => {
  it("gives each person's figures, and groups add up to the whole", async () => {
    const dataset = await loadDataset({ name: "food-world-cup" });
    const split = await splitDataset(dataset, { kind: "leave-one-out", order: "random", seed: 1 });
    const rng = createRng(5, "scores");
    const people = evaluatePeople(
      input(split, {
        scoresFor: (user, out) => {
          const own = rng.fork(user);
          for (let item = 0; item < out.length; item++) out[item] = own.float() * 5;
        },
        objective: "rating",
        metrics: ["hr@10", "rmse", "mae"],
        ratingRange: [1, 5],
      }),
    );
    const gender = dataset.userAttributes!.find(({ name }) => name === "gender")!.values;
    const groups = [...new Set(gender)].map((value) => summarize(people, (user) => gender[user] === value));
    const all = summarize(people);
    expect(groups.length).toBeGreaterThan(2);
    expect(groups.reduce((sum, { users }) => sum + users, 0)).toBe(all.users);
    const whole = (name: string, power: number) =>
      groups.reduce((sum, { metrics, users }) => sum + metrics[name]! ** power * users, 0) / all.users;
    expect(whole("hr@10", 1)).toBeCloseTo(all.metrics["hr@10"]!, 12);
    expect(whole("mae", 1)).toBeCloseTo(all.metrics["mae"]!, 12);
    expect(whole("rmse", 2)).toBeCloseTo(all.metrics["rmse"]! ** 2, 12);
  });

  it.each(["all", "sampled-99"] as const)("gives each the same figures alone as among everyone, candidates %s", async (candidates) => {
    const split = await splitDataset(await loadDataset({ name: "wines" }), {
      kind: "random",
      testFraction: 0.2,
      validationFraction: 0.2,
      seed: 1,
    });
    const popularity = new Float64Array(split.training.items);
    for (const item of split.training.itemIndex) popularity[item]!++;
    const scoresFor = (_: number, out: Float64Array) => out.set(popularity);
    const everyone = evaluatePeople(input(split, { scoresFor, candidates }));
    for (const at of [0, 7, everyone.users.length - 1]) {
      const alone = evaluatePeople(input(split, { scoresFor, candidates, users: everyone.users.slice(at, at + 1) }));
      for (const [name, values] of Object.entries(everyone.values)) expect(alone.values[name]![0]).toBe(values[at]);
    }
  });

  it("scores the people asked for alone, and nobody without held-out items", async () => {
    const dataset = datasetFromRows([...rows, ["c", 1, 2, 1]], { name: "rows" });
    const split = await splitDataset(dataset, { kind: "leave-one-out", order: "latest", seed: 0 });
    const asked: number[] = [];
    const scoresFor = (user: number) => void asked.push(user);
    expect(evaluate(input(split, { scoresFor })).users).toBe(2);
    expect(evaluate(input(split, { scoresFor, users: Int32Array.of(1, 2) })).users).toBe(1);
    expect(asked).toEqual([0, 1, 1]);
    expect(evaluate(input(split, { scoresFor, users: Int32Array.of(2) })).metrics["hr@10"]).toBeNaN();
  });
});

describe("sampled negatives", () => {
  it("are 99 distinct items that are not excluded, and leave the flags as they were", () => {
    const excluded = Uint8Array.from({ length: 300 }, (_, item) => (item % 3 === 0 ? 1 : 0));
    const before = excluded.slice();
    const drawn = drawNegatives(createRng(1), excluded, 200);
    expect(new Set(drawn).size).toBe(99);
    expect([...drawn].every((item) => item % 3 !== 0)).toBe(true);
    expect(excluded).toEqual(before);
  });

  it("are all there are when there are no more than 99", () => {
    expect([...drawNegatives(createRng(1), Uint8Array.of(0, 1, 0), 2)]).toEqual([0, 2]);
  });

  it("come from streams of their own for each seed, part, draw and person", () => {
    const excluded = new Uint8Array(5000);
    const base = { seed: 1, negatives: "honest", part: "test", draw: 0 } as const;
    const keys = [base, { ...base, seed: 2 }, { ...base, part: "validation" as const }, { ...base, draw: 1 }];
    const drawn = keys.flatMap((key) => [0, 1].map((user) => drawNegatives(negativeRng(key).fork(user), excluded, 5000).join()));
    expect(new Set(drawn).size).toBe(8);
    expect(drawNegatives(negativeRng(base).fork(0), excluded, 5000).join()).toBe(drawn[0]);
  });

  it("of paper-compat serve validation and test alike, as in the codes it follows", () => {
    const [validation, test] = (["validation", "test"] as const).map((part) => {
      const stream = negativeRng({ seed: 1, negatives: "paper-compat", part, draw: 0 });
      return drawNegatives(stream.fork(3), new Uint8Array(5000), 5000).join();
    });
    expect(validation).toBe(test);
  });

  it("give the same figures again for the same seed, others for another, with their spread", async () => {
    const split = await splitDataset(await loadDataset({ name: "wines" }), { kind: "leave-one-out", order: "latest", seed: 0 });
    const popularity = new Float64Array(split.training.items);
    for (const item of split.training.itemIndex) popularity[item]!++;
    const run = (seed: number) => evaluate(input(split, { scoresFor: (_, out) => out.set(popularity), candidates: "sampled-99", seed }));
    const first = run(1);
    expect(run(1)).toEqual(first);
    expect(run(2).metrics).not.toEqual(first.metrics);
    expect(first.spread["hr@10"]).toBeGreaterThan(0);
    expect(first.spread["hr@10"]).toBeLessThan(0.02);
    expect(first.protocols["hr@10"]).toBe("leave-one-out, 99 sampled negatives (5 draws), honest");
  });
});

describe("figures against sampled candidates", () => {
  it("come with those of the full ranking, which are the same as when asked for alone", async () => {
    const split = await splitDataset(await loadDataset({ name: "wines" }), { kind: "leave-one-out", order: "latest", seed: 0 });
    const popularity = new Float64Array(split.training.items);
    for (const item of split.training.itemIndex) popularity[item]!++;
    const ask = (candidates: "all" | "sampled-99") =>
      evaluate(input(split, { scoresFor: (_, out) => out.set(popularity), candidates, metrics: ["hr@10", "ndcg@5"] }));
    const [full, sampled] = [ask("all"), ask("sampled-99")];
    expect(Object.keys(full.metrics)).toEqual(["hr@10", "ndcg@5"]);
    expect(Object.keys(sampled.metrics)).toEqual(["hr@10", "ndcg@5", "all/hr@10", "all/ndcg@5"]);
    expect(sampled.metrics["all/hr@10"]).toBe(full.metrics["hr@10"]);
    expect(sampled.metrics["all/ndcg@5"]).toBe(full.metrics["ndcg@5"]);
    expect(sampled.metrics["hr@10"]).toBeGreaterThan(2 * full.metrics["hr@10"]!);
    expect(sampled.protocols["all/hr@10"]).toBe("leave-one-out, all candidates, honest");
    expect(Object.keys(sampled.spread)).toEqual(["hr@10", "ndcg@5"]);
  });
});

describe("the section evaluation", () => {
  it("has defaults that can be believed", () => {
    expect(parseConfig(evaluationOptions, {}, "evaluation")).toMatchObject({ candidates: "all", negatives: "honest", metrics: [] });
  });

  it.each([{ candidates: "some" }, { metrics: ["hr"] }, { metrics: ["ndcg@0"] }, { evry: 3 }])("refuses %j", (section) => {
    expect(() => parseConfig(evaluationOptions, section, "evaluation")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});
