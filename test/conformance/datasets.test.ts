/** Every bundled data set gives what the seam promises. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { datasets, loadDataset } from "../../simulations/datasets/index.ts";
import { bundledPath } from "../../simulations/package-root.ts";
import { describeDataset, type ExpectedDataset } from "./dataset.ts";

const sizes: Readonly<Record<string, ExpectedDataset>> = {
  "xwines-starter": { users: 1499, items: 449, ratings: 38_245 },
  "food-world-cup": { users: 1276, items: 40, ratings: 23_943 },
};
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

for (const { name, bundled } of datasets) if (bundled) describeDataset({ name }, sizes[name]!);

describe.each(Object.keys(sizes))("the bundled files of %s", (name) => {
  const readme = readFileSync(bundledPath(name, "README.md"), "utf8");
  const files = readdirSync(dirname(bundledPath(name, "README.md"))).filter((file) => file !== "README.md");

  it("are the ones the README names, byte for byte", () => {
    const listed = [...readme.matchAll(/^\| (\S+) \| `([0-9a-f]{64})` \| `([0-9a-f]{64})` \|$/gm)].map(([, file, stored, content]) => ({
      file,
      stored,
      content,
    }));
    const found = files.map((file) => {
      const bytes = readFileSync(bundledPath(name, file));
      return { file, stored: sha256(bytes), content: sha256(file.endsWith(".gz") ? gunzipSync(bytes) : bytes) };
    });
    const byFile = (a: { file: string | undefined }, b: { file: string | undefined }) => (a.file! < b.file! ? -1 : 1);
    expect(found.sort(byFile)).toEqual(listed.sort(byFile));
  });

  it("come with source, licence, changes and citation", () => {
    for (const word of ["**Source**", "**Licence**", "**Changed**", "**Citation**"]) expect(readme).toContain(word);
    expect(files.some((file) => file.startsWith("LICENSE."))).toBe(true);
  });

  it("are what the loader says it read", async () => {
    for (const file of (await loadDataset({ name })).files) expect(readme).toContain(file.sha256);
  });
});

describe("the bundled data", () => {
  it("has a name for every item, and days for every wine", async () => {
    const wines = await loadDataset({ name: "wines" });
    const food = await loadDataset({ name: "food" });
    expect([...wines.itemTitles!, ...food.itemTitles!].filter((title) => title === undefined)).toEqual([]);
    expect(wines.itemTitles![wines.itemIds.indexOf("100001")]).toBe("Espumante Moscatel (Casa Perini, Brazil)");
    expect(wines.matrix.times).toBeDefined();
    expect(food.matrix.times).toBeUndefined();
    expect(food.userAttributes!.map(({ name }) => name)).toEqual([
      "knowledge",
      "interest",
      "gender",
      "age",
      "income",
      "education",
      "region",
    ]);
  });
});
