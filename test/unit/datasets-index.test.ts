/** Data sets by name and alias; errors that name the nearest. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { datasetFromRows } from "../../simulations/datasets/from-rows.ts";
import { listDatasets, loadDataset, resolveDataset } from "../../simulations/datasets/index.ts";
import { packageRoot } from "../../simulations/package-root.ts";
import { triplesOf } from "../support/triples.ts";

describe("the list of data sets", () => {
  it("counts what is bundled and says how to use each", async () => {
    const rows = await listDatasets();
    expect(rows.find(({ name }) => name === "xwines-starter")).toMatchObject({
      users: 1499,
      items: 449,
      ratings: 38_245,
      licence: "CC0 1.0",
    });
    expect(rows.find(({ name }) => name === "food-world-cup")).toMatchObject({
      users: 1276,
      items: 40,
      ratings: 23_943,
      licence: "CC BY 4.0",
    });
    for (const row of rows) {
      expect(row.usage).toContain(row.name);
      expect(row.bundled).toBe(row.users !== undefined);
    }
  });

  it("resolves an alias", () => {
    expect(resolveDataset({ name: "wines" }).options.name).toBe("xwines-starter");
  });

  it.each([
    [{ name: "ml-100" }, /"dataset\.name" expected one of .*, got "ml-100"; did you mean "ml-100k"\?/],
    [{ name: "ml-100k" }, /"dataset\.path": expected the folder of MovieLens 100K .*grouplens\.org/],
    [{ name: "wines", pth: "x" }, /"dataset\.pth" is not a known key/],
    [{ name: "csv", path: "x", duplicates: "any" }, /"dataset\.duplicates"/],
    [{ name: "csv", path: "x", delimeter: "," }, /"dataset\.delimeter" is not a known key; did you mean "delimiter"\?/],
    [{ name: "csv", path: "x", user: 0 }, /"dataset\.user"/],
  ])("refuses the section %j", (section, message) => {
    expect(() => resolveDataset(section)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) }),
    );
  });

  it("refuses a section without being asked for the data", async () => {
    await expect(loadDataset({ name: "nothing" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe("datasetFromRows", () => {
  it("builds a data set from rows in memory", () => {
    const dataset = datasetFromRows(
      [
        ["b", 2, 3, 10],
        ["a", 1, 4, 20],
        ["b", 2, 5, 30],
      ],
      { name: "mine" },
    );
    expect(triplesOf(dataset)).toEqual([
      ["a", "1", 4],
      ["b", "2", 5],
    ]);
    expect(dataset.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([[[]], [[["", 1, 1]]], [[["a", 1, Number.NaN]]], [[["a", 1, Number.POSITIVE_INFINITY]]]])("refuses %j", (rows) => {
    expect(() => datasetFromRows(rows as never, { name: "mine" })).toThrow(expect.objectContaining({ code: "DATA_INVALID" }));
  });
});

describe("the package root", () => {
  it("is the folder of the package's own package.json", () => {
    expect(existsSync(join(packageRoot(), "simulations", "datasets", "bundled", "xwines-starter", "README.md"))).toBe(true);
  });
});
