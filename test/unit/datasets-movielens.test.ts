/** The loaders of MovieLens folders. */
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../simulations/datasets/index.ts";
import { writeFiles } from "../support/files.ts";
import { triplesOf } from "../support/triples.ts";

const ratings = "2\t1\t3\t100\n1\t2\t5\t50\n1\t1\t4\t60\n";
const flags = (...on: number[]) => Array.from({ length: 19 }, (_, genre) => (on.includes(genre) ? "1" : "0")).join("|");
const filmLines = `1|Caf\u00e9 (1975)|01-Jan-1975||x|${flags(1, 18)}\n2|"Two"||||${flags(0, 5)}\n`;
const films = new Uint8Array(Buffer.from(filmLines, "latin1"));

describe("the MovieLens 100K loader", () => {
  it("reads ratings, Latin-1 titles and what people said of themselves", async () => {
    const folder = writeFiles({ "u.data.gz": ratings, "u.item": films, "u.user": "1|24|M|technician|85711\n2|53|F|other|94043\n" });
    const dataset = await loadDataset({ name: "ml-100k", path: folder });
    expect(triplesOf(dataset)).toEqual([
      ["1", "1", 4],
      ["1", "2", 5],
      ["2", "1", 3],
    ]);
    expect(dataset.itemTitles).toEqual(["Café (1975)", '"Two"']);
    expect(dataset.userAttributes?.map(({ name, values }) => [name, values])).toEqual([
      ["age", ["24", "53"]],
      ["gender", ["M", "F"]],
      ["occupation", ["technician", "other"]],
    ]);
    expect(dataset.given).toBeUndefined();
  });

  it("reads genres and years as public features of the films, and has none without their file", async () => {
    const { itemFeatures } = await loadDataset({ name: "ml-100k", path: writeFiles({ "u.data": ratings, "u.item": films }) });
    const { names, count, values } = itemFeatures!;
    expect([names.length, count, values.length]).toEqual([20, 20, 40]);
    const said = [0, 1].map((film) => names.flatMap((name, f) => (values[film * 20 + f] === 0 ? [] : [[name, values[film * 20 + f]]])));
    expect(said).toEqual([
      [
        ["Action", 1],
        ["Western", 1],
        ["year", -1],
        ["yearSquared", 0.5],
      ],
      [["Comedy", 1]],
    ]);
    expect((await loadDataset({ name: "ml-100k", path: writeFiles({ "u.data": ratings }) })).itemFeatures).toBeUndefined();
  });

  it("offers the official folds that are there", async () => {
    const folder = writeFiles({ "u.data": ratings, "u3.base": "2\t1\t3\t100\n1\t1\t4\t60\n", "u3.test.gz": "1\t2\t5\t50\n" });
    const dataset = await loadDataset({ name: "ml-100k", path: folder });
    expect(dataset.given?.names).toEqual(["3"]);
    expect([...(await dataset.given!.partition("3"))]).toEqual([0, 2, 0]);
  });

  it.each([
    ["misses a rating", "2\t1\t3\t100\n", "1\t2\t5\t50\n", /expected the fold's files to hold every rating/],
    ["has a rating twice", "2\t1\t3\t100\n1\t1\t4\t60\n1\t2\t5\t50\n", "1\t2\t5\t50\n", /u1\.test:1: expected each rating in one part/],
    ["has another value", "2\t1\t3\t100\n1\t1\t4\t60\n", "1\t2\t1\t50\n", /u1\.test:1: expected a rating that the data holds$/],
    ["has an unknown person", "9\t1\t3\t100\n", "1\t2\t5\t50\n", /u1\.base:1: expected a rating that the data holds$/],
  ])("refuses a fold that %s", async (_, base, test, message) => {
    const dataset = await loadDataset({ name: "ml-100k", path: writeFiles({ "u.data": ratings, "u1.base": base, "u1.test": test }) });
    await expect(dataset.given!.partition("1")).rejects.toMatchObject({ code: "DATA_INVALID", message: expect.stringMatching(message) });
  });

  it("refuses a rating off the scale and a pair that stands twice", async () => {
    await expect(loadDataset({ name: "ml-100k", path: writeFiles({ "u.data": "1\t1\t6\t1\n" }) })).rejects.toMatchObject({
      message: expect.stringMatching(/u\.data:1: column 3 \("rating"\) expected a number in \[1, 5\]$/),
    });
    await expect(loadDataset({ name: "ml-100k", path: writeFiles({ "u.data": "1\t1\t5\t1\n1\t1\t5\t1\n" }) })).rejects.toMatchObject({
      message: expect.stringMatching(/u\.data:2: /),
    });
  });
});

describe("the MovieLens CSV loader", () => {
  it("reads ratings and titles, years in a column of their own too", async () => {
    const folder = writeFiles({
      "ratings.csv": "userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n1,5,0.5,1\n2,7,5,2\n",
      "movies.csv": 'movieId,title,year,genres\n31,"Minds, Dangerous",1995,Drama\n5,NA,NA,Drama\n7,Seven,NA,Crime\n',
    });
    const dataset = await loadDataset({ name: "ml-latest", path: folder });
    expect(dataset.itemIds).toEqual(["5", "7", "31"]);
    expect(dataset.itemTitles).toEqual([undefined, "Seven", "Minds, Dangerous (1995)"]);
    expect(dataset.ratingRange).toEqual([0.5, 5]);
  });
});
