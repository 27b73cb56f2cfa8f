/** Real data sets beside the project load with the counts that are known of them; skipped with a reason where they are absent. */
// Counts as the data's own description states them. No row of this data stands in the repository.
import { expect, it } from "vitest";
import { type DatasetSection, loadDataset } from "../../simulations/datasets/index.ts";
import { splitDataset } from "../../simulations/split.ts";
import { describeWithData } from "../support/shared-data.ts";
import { describeDataset, type ExpectedDataset } from "./dataset.ts";

interface Case extends ExpectedDataset {
  readonly folder: string;
  readonly section: DatasetSection;
  readonly file?: string;
  /** [training, validation, test] of the first given fold. */
  readonly given?: readonly [number, number, number];
  readonly sha256?: string;
  readonly note?: string;
}

const cases: readonly Case[] = [
  {
    folder: "ml-100k",
    section: { name: "ml-100k" },
    ...{ users: 943, items: 1682, ratings: 100_000 },
    given: [80_000, 0, 20_000],
    sha256: "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490",
  },
  {
    folder: "ml-latest-small",
    section: { name: "ml-latest" },
    ...{ users: 671, items: 9066, ratings: 100_004 },
    sha256: "4648bcd05e40e0654697daac07fc98221ebe0dfa57c93f8fe89bbf720d90c8ab",
  },
  {
    folder: "gowalla",
    section: { name: "gowalla" },
    ...{ users: 29_858, items: 40_981, ratings: 1_027_370 },
    given: [719_081, 91_047, 217_242],
  },
  { folder: "lastfm-lightgcn", section: { name: "adjacency" }, ...{ users: 1885, items: 17_388, ratings: 91_779 } },
  {
    folder: "ml-1m-implicit",
    section: { name: "ml-1m-implicit" },
    ...{ users: 6039, items: 3628, ratings: 836_478 },
    given: [590_733, 80_897, 164_848],
  },
  {
    folder: "filmtrust",
    file: "ratings.txt",
    section: { name: "csv", user: 1, item: 2, rating: 3 },
    ...{ users: 1508, items: 2071, ratings: 35_497 - 3 },
    note: '3 duplicate (user, item) rows resolved by rule "last" by row',
  },
  {
    folder: "lastfm-2k",
    section: { name: "lastfm-2k" },
    ...{ users: 1600, items: 12_454, ratings: 70_508 },
    sha256: "c4a9ffae9ab47a9f9b2f0678ab1f7e5c1db4ca818837d8cddd1f5699c5bbf048",
    note: '115142 duplicate (user, item) rows resolved by rule "first" by (time, row)',
  },
  {
    folder: "lastfm-2k",
    section: { name: "lastfm-2k", choices: "listened", minRows: 1 },
    ...{ users: 1892, items: 17_632, ratings: 92_834 },
  },
  {
    folder: "amazon-video",
    section: { name: "amazon-video" },
    ...{ users: 8072, items: 11_830, ratings: 63_836 },
    sha256: "a1292e4a4dba6c37be6ae5dc83d4404af96bf3eace4c8954e2f4e8360a3cdd76",
  },
  {
    folder: "douban-monti",
    file: "ratings.csv",
    section: { name: "csv", part: "split" },
    ...{ users: 2999, items: 3000, ratings: 136_891 },
    given: [123_202, 0, 13_689],
  },
];

for (const { folder, file, section, given, sha256, note, ...expected } of cases) {
  describeWithData(folder, (path) => {
    const full = { ...section, path: file === undefined ? path : `${path}/${file}` };
    describeDataset(full, expected);

    it("holds the split and the content that its description states", async () => {
      const dataset = await loadDataset(full);
      if (sha256 !== undefined) expect(dataset.sha256).toBe(sha256);
      if (note !== undefined) expect(dataset.notes).toContain(note);
      expect(dataset.notes.some((text) => text.includes("duplicate"))).toBe(note !== undefined);
      expect(dataset.given === undefined).toBe(given === undefined && section.name !== "adjacency");
      if (given === undefined) return;
      const { counts } = await splitDataset(dataset, { kind: "given", validationFraction: 0, seed: 0 });
      expect([counts.training, counts.validation, counts.test]).toEqual(given);
    });
  });
}

describeWithData("ml-100k", (path) => {
  it("has titles in Latin-1, and tests u1 to u5 that partition the ratings", async () => {
    const dataset = await loadDataset({ name: "ml-100k", path });
    expect(dataset.itemTitles![dataset.itemIds.indexOf("1")]).toBe("Toy Story (1995)");
    expect(dataset.itemTitles!.filter((title) => title === undefined || title.includes("\ufffd"))).toEqual([]);
    const times = new Uint8Array(100_000);
    for (const fold of ["1", "2", "3", "4", "5"]) {
      for (const [at, part] of (await dataset.given!.partition(fold)).entries()) if (part === 2) times[at]!++;
    }
    expect(times.every((count) => count === 1)).toBe(true);
  });
});

describeWithData("filmtrust", (path) => {
  it("is refused under duplicates: error, naming the line", async () => {
    await expect(loadDataset({ name: "csv", path: `${path}/ratings.txt`, duplicates: "error" })).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringMatching(/ratings\.txt\.gz:\d+: this pair of user and item stands in the data already/),
    });
  });
});
