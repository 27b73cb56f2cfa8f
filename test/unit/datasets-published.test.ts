/** Loaders of published data on files of a few lines; the real files are read by the conformance suite where they are there. */
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../simulations/datasets/index.ts";
import { writeFiles } from "../support/files.ts";
import { triplesOf } from "../support/triples.ts";

const tagHead = "userID\tartistID\ttagID\tday\tmonth\tyear\n";
const tags = `${tagHead}2\t52\t13\t2\t4\t2009\r\n2\t52\t15\t1\t4\t2009\r\n2\t7\t15\t1\t5\t2009\r\n3\t52\t13\t1\t1\t2008\r\n`;

describe("lastfm-2k", () => {
  it("cuts by rows of the file, then makes a person's tags of an artist one choice on the day of the first", async () => {
    const path = writeFiles({ "user_taggedartists.dat": tags });
    const dataset = await loadDataset({ name: "lastfm-2k", path, minRows: 3 });
    expect(triplesOf(dataset)).toEqual([
      ["2", "7", 1],
      ["2", "52", 1],
    ]);
    expect([...dataset.matrix.times!]).toEqual([Date.UTC(2009, 4, 1) / 1000, Date.UTC(2009, 3, 1) / 1000]);
    expect(dataset.feedback).toBe("implicit");
    expect(dataset.notes[0]).toBe("1 of 2 people have 3 or more of the file's rows and are kept, with 3 rows");
    const everyone = await loadDataset({ name: "lastfm-2k", path, minRows: 1 });
    expect(everyone.userIds).toEqual(["2", "3"]);
  });

  it("reads what people listened to, without a time", async () => {
    const path = writeFiles({ "user_artists.dat": "userID\tartistID\tweight\n2\t51\t13883\n2\t52\t11690\n" });
    const dataset = await loadDataset({ name: "lastfm-2k", path, choices: "listened", minRows: 2 });
    expect(triplesOf(dataset)).toEqual([
      ["2", "51", 1],
      ["2", "52", 1],
    ]);
    expect(dataset.matrix.times).toBeUndefined();
  });

  it.each([
    ["other columns", "user\tartist\n1\t2\n", {}, /user_taggedartists\.dat:1: expected the columns userID, artistID, tagID/],
    ["a short row", `${tagHead}2\t52\t13\n`, {}, /:2: expected 6 columns/],
    ["a day that is none", `${tagHead}2\t52\t13\tx\t4\t2009\n`, { minRows: 1 }, /:2: expected a day, a month and a year/],
    ["a cut that leaves nobody", tags, { minRows: 9 }, /expected people with 9 rows or more/],
  ])("refuses %s", async (_, content, options, message) => {
    const path = writeFiles({ "user_taggedartists.dat": content });
    await expect(loadDataset({ name: "lastfm-2k", path, ...options })).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringMatching(message),
    });
  });
});

describe("amazon-video", () => {
  it("reads ratings.dat from its folder, with times", async () => {
    const path = writeFiles({ "ratings.dat": "A1,B7,5.0,1198195200\r\nA2,B7,2.0,1281052800\r\n" });
    const dataset = await loadDataset({ name: "amazon-video", path });
    expect(triplesOf(dataset)).toEqual([
      ["A1", "B7", 5],
      ["A2", "B7", 2],
    ]);
    expect([...dataset.matrix.times!]).toEqual([1198195200, 1281052800]);
    expect((await loadDataset({ name: "amazon-video", path: `${path}/ratings.dat` })).sha256).toBe(dataset.sha256);
  });

  it("refuses a rating beyond the scale", async () => {
    const path = writeFiles({ "ratings.dat": "A1,B7,6.0,1198195200\n" });
    await expect(loadDataset({ name: "amazon-video", path })).rejects.toMatchObject({ code: "DATA_INVALID" });
  });
});

describe.each(["gowalla", "ml-1m-implicit"])("%s", (name) => {
  it("reads a given split under its own name, and takes no file for the folder", async () => {
    const path = writeFiles({ "train.txt": "0 1 2\n", "valid.txt": "0 3\n", "test.txt": "0 4\n" });
    const dataset = await loadDataset({ name, path });
    expect(dataset.name).toBe(name);
    expect([...(await dataset.given!.partition("given"))]).toEqual([0, 0, 1, 2]);
    await expect(loadDataset({ name, path: `${path}/nothing` })).rejects.toMatchObject({ code: "DATA_INVALID" });
  });
});
