/** Splits: order, ties, folds, fractions, hashes. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../shared/registry.ts";
import type { Dataset } from "../../simulations/datasets/dataset.ts";
import { datasetFromRows, type InteractionRow } from "../../simulations/datasets/from-rows.ts";
import { loadDataset } from "../../simulations/datasets/index.ts";
import { toImplicit } from "../../simulations/partition.ts";
import { splitDataset, splitOptions } from "../../simulations/split.ts";
import { writeFiles } from "../support/files.ts";
import { triplesOf } from "../support/triples.ts";

const split = (dataset: Dataset, section: Record<string, unknown>) => splitDataset(dataset, parseConfig(splitOptions, section, "split"));
const of = (rows: InteractionRow[]) => datasetFromRows(rows, { name: "rows" });

describe("leave-one-out", () => {
  it("takes the latest as test, the second latest as validation and the rest for training", async () => {
    const dataset = of([
      ["a", 1, 5, 30],
      ["a", 2, 4, 10],
      ["a", 3, 3, 20],
      ["a", 4, 2, 40],
      ["b", 1, 1, 3],
      ["b", 2, 2, 2],
      ["b", 3, 3, 1],
    ]);
    const { training, validation, test, counts, label } = await split(dataset, { kind: "leave-one-out" });
    expect(triplesOf(dataset, test)).toEqual([
      ["a", "4", 2],
      ["b", "1", 1],
    ]);
    expect(triplesOf(dataset, validation)).toEqual([
      ["a", "1", 5],
      ["b", "2", 2],
    ]);
    expect(triplesOf(dataset, training)).toEqual([
      ["a", "2", 4],
      ["a", "3", 3],
      ["b", "3", 3],
    ]);
    expect(counts).toEqual({ training: 3, validation: 2, test: 2, testUsers: 2, validationUsers: 2 });
    expect(label).toBe("leave-one-out");
  });

  it("breaks ties of time by the row in the file", async () => {
    const dataset = of([
      ["a", 3, 1, 7],
      ["a", 1, 1, 7],
      ["a", 9, 2, 7],
      ["a", 2, 1, 7],
    ]);
    const { validation, test } = await split(dataset, { kind: "leave-one-out" });
    expect(triplesOf(dataset, test)).toEqual([["a", "2", 1]]);
    expect(triplesOf(dataset, validation)).toEqual([["a", "9", 2]]);
  });

  it("leaves people with fewer than three interactions wholly in training and says so", async () => {
    const dataset = of([
      ["a", 1, 1, 1],
      ["a", 2, 2, 2],
      ["b", 1, 1, 1],
      ["c", 1, 1, 1],
      ["c", 2, 1, 2],
      ["c", 3, 1, 3],
    ]);
    const { training, counts, notes } = await split(dataset, { kind: "leave-one-out" });
    expect(training.rowStart).toEqual(Int32Array.of(0, 2, 3, 4));
    expect(counts).toMatchObject({ test: 1, testUsers: 1 });
    expect(notes).toEqual(["2 people with fewer than 3 interactions stay wholly in training and are not evaluated"]);
  });

  it("warns where the data has no times, and draws by seed on request", async () => {
    const dataset = await loadDataset({ name: "food-world-cup" });
    const latest = await split(dataset, { kind: "leave-one-out" });
    expect(latest.notes.join()).toContain("the data has no times");
    const drawn = await split(dataset, { kind: "leave-one-out", order: "random", seed: 3 });
    const again = await split(dataset, { kind: "leave-one-out", order: "random", seed: 3 });
    const other = await split(dataset, { kind: "leave-one-out", order: "random", seed: 4 });
    expect(drawn.hash).toBe(again.hash);
    expect(new Set([latest.hash, drawn.hash, other.hash]).size).toBe(3);
    expect(drawn.counts.test).toBe(latest.counts.test);
    // Drawn items come from everywhere, the last rows do not.
    expect(new Set(drawn.test.itemIndex).size).toBe(40);
    expect(drawn.label).toBe("leave-one-out (drawn, seed 3)");
  });
});

describe("a random split", () => {
  it("holds out the shares asked for, the same for the same seed", async () => {
    const dataset = await loadDataset({ name: "food-world-cup" });
    const section = { kind: "random", testFraction: 0.2, validationFraction: 0.05, seed: 1 };
    const first = await split(dataset, section);
    expect(first.counts).toMatchObject({ test: Math.round(23_943 * 0.2), validation: Math.round(23_943 * 0.05) });
    expect((await split(dataset, section)).hash).toBe(first.hash);
    expect((await split(dataset, { ...section, seed: 2 })).hash).not.toBe(first.hash);
    expect(first.label).toBe("random 20 % test, seed 1");
  });

  it("refuses shares that leave nothing to train on", async () => {
    await expect(split(of([["a", 1, 1]]), { kind: "random", testFraction: 0.6, validationFraction: 0.4 })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});

describe("a given split", () => {
  const folder = () => writeFiles({ "train.txt": "0 1 2 3 4 5 6 7 8 9 10\n", "test.txt": "0 11\n" });

  it("is the data's own", async () => {
    const dataset = await loadDataset({ name: "adjacency", path: folder() });
    const { counts, label } = await split(dataset, { kind: "given" });
    expect(counts).toMatchObject({ training: 10, validation: 0, test: 1 });
    expect(label).toBe("given split");
  });

  it("cuts a validation part off the training side when asked, never off the test side", async () => {
    const dataset = await loadDataset({ name: "adjacency", path: folder() });
    const { counts, test } = await split(dataset, { kind: "given", validationFraction: 0.3, seed: 5 });
    expect(counts).toMatchObject({ training: 7, validation: 3, test: 1 });
    expect(triplesOf(dataset, test)).toEqual([["0", "11", 1]]);
  });

  it("leaves the fold as it was for the next split", async () => {
    const dataset = await loadDataset({ name: "adjacency", path: folder() });
    await split(dataset, { kind: "given", validationFraction: 0.3 });
    expect((await split(dataset, { kind: "given" })).counts.training).toBe(10);
  });

  it("refuses a fold the data does not have, and data without folds", async () => {
    const dataset = await loadDataset({ name: "adjacency", path: folder() });
    await expect(split(dataset, { kind: "given", fold: 1 })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: '"split.fold" expected one of given, got "1"',
    });
    await expect(split(of([["a", 1, 1]]), { kind: "given" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe("the section split", () => {
  it.each([{ kind: "half" }, { kind: "random", testFraction: 2 }, { kind: "leave-one-out", fold: 1 }, { kind: "given", seed: -1 }])(
    "refuses %j",
    (section) => {
      expect(() => parseConfig(splitOptions, section, "split")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    },
  );
});

describe("toImplicit", () => {
  it("turns every rating into a choice and leaves the ratings alone", () => {
    const { matrix } = of([
      ["a", 1, 4],
      ["a", 2, -1],
    ]);
    expect([...toImplicit(matrix).values]).toEqual([1, 1]);
    expect([...matrix.values]).toEqual([4, -1]);
  });
});
