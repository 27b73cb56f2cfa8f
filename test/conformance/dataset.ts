/** What every data set must keep, whoever wrote its loader. */
import { describe, expect, it } from "vitest";
import { type DatasetSection, datasets, loadDataset } from "../../simulations/datasets/index.ts";
import { type SplitOptions, splitDataset } from "../../simulations/split.ts";

/** How large the data is known to be. */
export interface ExpectedDataset {
  readonly users: number;
  readonly items: number;
  readonly ratings: number;
}

/** The suite for one data set, read as `section` says. */
export function describeDataset(section: DatasetSection, expected: ExpectedDataset): void {
  describe(`data set ${section.name}`, () => {
    it("is in the list, with source, licence and usage", () => {
      const definition = datasets.find(({ name }) => name === section.name);
      expect(definition).toBeDefined();
      for (const text of [definition!.summary, definition!.source, definition!.licence, definition!.usage]) expect(text).not.toBe("");
    });

    it("has the size it is known to have", async () => {
      const { matrix } = await loadDataset(section);
      expect({ users: matrix.users, items: matrix.items, ratings: matrix.values.length }).toEqual(expected);
    });

    it("gives well-formed rows: items ascend, each once, every value finite and in range", async () => {
      const { matrix, ratingRange, feedback, userIds, itemIds } = await loadDataset(section);
      const count = matrix.values.length;
      expect([matrix.rowStart.length, matrix.itemIndex.length, matrix.rows.length]).toEqual([matrix.users + 1, count, count]);
      expect([matrix.rowStart[0], matrix.rowStart[matrix.users]]).toEqual([0, count]);
      let broken = 0;
      for (let user = 0; user < matrix.users; user++) {
        for (let at = matrix.rowStart[user]!; at < matrix.rowStart[user + 1]!; at++) {
          const item = matrix.itemIndex[at]!;
          if (item < 0 || item >= matrix.items || (at > matrix.rowStart[user]! && item <= matrix.itemIndex[at - 1]!)) broken++;
          const value = matrix.values[at]!;
          if (!(value >= ratingRange[0] && value <= ratingRange[1]) || (feedback === "implicit" && value !== 1)) broken++;
          if (matrix.times !== undefined && !Number.isFinite(matrix.times[at]!)) broken++;
        }
      }
      expect(broken).toBe(0);
      expect(new Set(matrix.rows).size).toBe(count);
      expect([new Set(userIds).size, new Set(itemIds).size]).toEqual([matrix.users, matrix.items]);
    });

    it("has titles and attributes for its own ids, where it has any", async () => {
      const { matrix, itemTitles, userAttributes = [] } = await loadDataset(section);
      if (itemTitles !== undefined) {
        expect(itemTitles.length).toBe(matrix.items);
        expect(itemTitles.some((title) => title !== undefined)).toBe(true);
      }
      expect(new Set(userAttributes.map(({ name }) => name)).size).toBe(userAttributes.length);
      for (const { name, values, bands } of userAttributes) {
        expect(name).not.toBe("");
        expect(values.length).toBe(matrix.users);
        expect(values.some((value) => value !== undefined)).toBe(true);
        expect(values.filter((value) => value === "")).toEqual([]);
        if (bands === undefined) continue;
        expect(bands).toEqual([...new Set(bands)].sort((a, b) => a - b));
        expect(bands.length > 0 && bands[0]! >= 1 && bands.every(Number.isInteger)).toBe(true);
        expect(values.filter((value) => value !== undefined && !/^\d+$/.test(value))).toEqual([]);
      }
    });

    it("has finite features of its own items, each named once, where it has any", async () => {
      const { matrix, itemFeatures } = await loadDataset(section);
      if (itemFeatures === undefined) return;
      const { names, count, values } = itemFeatures;
      expect([names.length, new Set(names).size, values.length]).toEqual([count, count, matrix.items * count]);
      expect(values.every((value) => Math.abs(value) < 10)).toBe(true);
    });

    it("is the same when it is read again", async () => {
      const [first, second] = [await loadDataset(section), await loadDataset(section)];
      expect(first.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(second.sha256).toBe(first.sha256);
      expect(Buffer.from(second.matrix.values.buffer).equals(Buffer.from(first.matrix.values.buffer))).toBe(true);
      expect(Buffer.from(second.matrix.itemIndex.buffer).equals(Buffer.from(first.matrix.itemIndex.buffer))).toBe(true);
      expect(second.userIds).toEqual(first.userIds);
    });

    it("splits into parts that keep every rating, by each kind it allows", async () => {
      const dataset = await loadDataset(section);
      const kinds: SplitOptions[] = [
        { kind: "leave-one-out", order: "latest", seed: 0 },
        { kind: "random", testFraction: 0.1, validationFraction: 0.1, seed: 1 },
        ...(dataset.given?.names ?? []).map((fold) => ({ kind: "given" as const, fold, validationFraction: 0.1, seed: 1 })),
      ];
      for (const options of kinds) {
        const { counts } = await splitDataset(dataset, options);
        expect(counts.training + counts.validation + counts.test).toBe(expected.ratings);
        expect(counts.validation).toBeGreaterThan(0);
        expect(counts.test).toBeGreaterThan(0);
      }
    });
  });
}
