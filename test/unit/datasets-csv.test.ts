/** The loader of delimited files: columns, scales, ids, duplicates, errors with file and line. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../simulations/datasets/index.ts";
import { writeFiles, writeOne } from "../support/files.ts";
import { triplesOf } from "../support/triples.ts";

const load = (content: string | Uint8Array, options: Record<string, unknown> = {}, name?: string) =>
  loadDataset({ name: "csv", path: writeOne(content, name), ...options });

describe("the csv loader", () => {
  it("finds columns by their usual names in any order", async () => {
    const dataset = await load("timestamp,rating,movieId,userId\n20,4.5,7,2\n10,3,7,1\n");
    expect(triplesOf(dataset)).toEqual([
      ["1", "7", 3],
      ["2", "7", 4.5],
    ]);
    expect([...dataset.matrix.times!]).toEqual([10, 20]);
    expect(dataset.ratingRange).toEqual([3, 4.5]);
  });

  it("finds columns by the header names it is given", async () => {
    const dataset = await load("who;what;how\na;x;1\nb;y;2\n", { user: "who", item: "what", rating: "how" });
    expect(triplesOf(dataset)).toEqual([
      ["a", "x", 1],
      ["b", "y", 2],
    ]);
  });

  it("finds columns by number, with and without a header", async () => {
    const columns = { user: 3, item: 2, rating: 1 };
    const expected = [
      ["a", "x", 1],
      ["b", "x", 2],
    ];
    expect(triplesOf(await load("1,x,a\n2,x,b\n", columns))).toEqual(expected);
    expect(triplesOf(await load("n,thing,person\n1,x,a\n2,x,b\n", columns))).toEqual(expected);
  });

  it("takes the first three columns of a file without a header", async () => {
    expect(triplesOf(await load("1 5 2\n1  6 4\n 2 5 1 \n"))).toEqual([
      ["1", "5", 2],
      ["1", "6", 4],
      ["2", "5", 1],
    ]);
  });

  it.each([
    ["tab", "1\t5\t2\n1\t6\t4\n"],
    ["::", "1::5::2\n1::6::4\n"],
    ["semicolon", "1;5;2\n1;6;4\n"],
    ["bar", "1|5|2\n1|6|4\n"],
    ["comma and CRLF", "1,5,2\r\n1,6,4\r\n"],
    ["comma and no line end at the end", "1,5,2\n1,6,4"],
    ["comma and CRLF with blank lines", "\r\n1,5,2\r\n\r\n1,6,4\r\n\r\n"],
    ["comma and blanks around fields", " 1 , 5 , 2 \n1,\t6,4\n"],
    ["comma and quotes", '"1","5","2"\n"1","6","4"\n'],
  ])("reads the separator %s", async (_, content) => {
    expect(triplesOf(await load(content))).toEqual([
      ["1", "5", 2],
      ["1", "6", 4],
    ]);
  });

  it("keeps ids as text, whole numbers first and ascending", async () => {
    const dataset = await load("u,i,1\n10,007,2\n9,7,3\n10,9999999999,4\n10,ü,5\n");
    expect(dataset.userIds).toEqual(["9", "10", "u"]);
    expect(dataset.itemIds).toEqual(["7", "007", "9999999999", "i", "ü"]);
  });

  it("reads quoted ids with separators, doubled quotes and line ends in them", async () => {
    const dataset = await load('user,item,rating\n"Doe, ""J""","a\nb",1\nx,y,2\n');
    expect(dataset.userIds).toEqual(['Doe, "J"', "x"]);
    expect(dataset.itemIds).toEqual(["a\nb", "y"]);
  });

  it("skips a byte order mark", async () => {
    const dataset = await load("\ufeffuser,item,rating\n1,2,3\n1,3,4\n");
    expect(dataset.userIds).toEqual(["1"]);
  });

  it("reads any real scale, negative too", async () => {
    const dataset = await load("1,1,-9.75\n1,2,0\n2,1,1e1\n");
    expect(triplesOf(dataset).map(([, , value]) => value)).toEqual([-9.75, 0, 10]);
    expect(dataset.ratingRange).toEqual([-9.75, 10]);
  });

  it("reads choices, leaving values out of account", async () => {
    const dataset = await load("user,item,plays\n1,2,300\n1,3,1\n", { feedback: "implicit" });
    expect(triplesOf(dataset)).toEqual([
      ["1", "2", 1],
      ["1", "3", 1],
    ]);
    expect(dataset).toMatchObject({ feedback: "implicit", ratingRange: [0, 1] });
  });

  it("reads .gz by its own name and by the name without .gz, and hashes the content", async () => {
    const content = "1,2,3\n1,3,4\n";
    const folder = writeFiles({ "a.csv.gz": content });
    const sha256 = createHash("sha256").update(content).digest("hex");
    for (const path of [`${folder}/a.csv.gz`, `${folder}/a.csv`]) {
      expect(await loadDataset({ name: "csv", path })).toMatchObject({ sha256, files: [{ name: "a.csv", sha256 }] });
    }
  });

  it("reads titles from a table beside the ratings", async () => {
    const folder = writeFiles({ "r.csv": "1,2,3\n1,3,4\n", "t.csv": 'id,name\n3,"Three, again"\n' });
    const dataset = await loadDataset({
      name: "csv",
      path: `${folder}/r.csv`,
      titles: { path: `${folder}/t.csv`, item: "id", title: "name" },
    });
    expect(dataset.itemTitles).toEqual([undefined, "Three, again"]);
  });

  it("reads a split that comes with the rows", async () => {
    const dataset = await load("user,item,rating,split\n1,1,1,train\n1,2,2,valid\n1,3,3,test\n", { part: "split" });
    expect([...(await dataset.given!.partition("given"))]).toEqual([0, 1, 2]);
  });
});

describe("duplicate pairs", () => {
  const content = "user,item,rating,time\n1,1,4,20\n1,1,2,30\n1,1,3,10\n1,2,5,1\n";

  it.each([
    ["last", 2],
    ["first", 3],
    ["mean", 3],
    ["max", 4],
  ])("are resolved by %s, in order of time", async (duplicates, value) => {
    const dataset = await load(content, { duplicates });
    expect(triplesOf(dataset)).toEqual([
      ["1", "1", value],
      ["1", "2", 5],
    ]);
    expect(dataset.notes[0]).toContain(`2 duplicate (user, item) rows resolved by rule "${duplicates}"`);
  });

  it("go by the row where times tie or are missing", async () => {
    expect(triplesOf(await load("1,1,4\n1,1,2\n1,2,3\n"))[0]).toEqual(["1", "1", 2]);
    expect(triplesOf(await load("user,item,rating,time\n1,1,4,5\n1,1,2,5\n1,2,3,5\n"))[0]).toEqual(["1", "1", 2]);
  });

  it("are refused under error, naming the line", async () => {
    await expect(load(content, { duplicates: "error" })).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringMatching(/ratings\.csv:3: this pair of user and item stands in the data already/),
    });
  });

  it("are always refused across the parts of a given split", async () => {
    const content = "user,item,rating,split\n1,1,1,train\n1,1,1,test\n";
    await expect(load(content, { part: "split" })).rejects.toMatchObject({ message: expect.stringMatching(/:3: .*another part/) });
  });
});

describe("a broken file", () => {
  it.each([
    ["a rating that is no number", "1,2,3\n1,3,secret\n", {}, /ratings\.csv:2: column 3 \("rating"\) expected a number$/],
    ["an empty rating", "1,2,3\n1,3,\n", {}, /:2: column 3 \("rating"\) expected a number$/],
    ["an empty rating on its first line", "1,2,\n1,3,4\n", {}, /:1: column 3 \("rating"\) expected a number$/],
    ["a rating out of range", "1,2,3\n1,3,770077\n", { ratingRange: [1, 5] }, /:2: column 3 \("rating"\) expected a number in \[1, 5\]$/],
    ["a missing column", "1,2,3\n1,2\n", {}, /:2: expected at least 3 columns, found 2$/],
    ["an empty id", "1,2,3\n,2,3\n", {}, /:2: column 1 \("user"\) expected an id, found nothing$/],
    ["a time that is none", "user,item,rating,date\n1,2,3,soon\n", {}, /:2: column 4 \("time"\) expected a number or an ISO 8601 date/],
    ["a quote never closed", 'user,item,rating\n1,2,3\n"1,2,3\n', {}, /:3: expected the quote that begins here to be closed/],
    ["text after a quote", '1,2,3\n"1"x,2,3\n', {}, /:2: expected a delimiter or the end of the line after a closing quote/],
    ["a line counted behind a quoted line end", '"a\nb",2,3\n1,2,x\n', {}, /:3: column 3/],
    ["no rows", "user,item,rating\n", {}, /expected at least one row of ratings after the header, found none$/],
    ["nothing", "", {}, /expected at least one row of ratings, found none$/],
    [
      "an unknown column",
      "user,item,rating\n1,2,3\n",
      { user: "usr" },
      /:1: expected a header line with a column "usr" \("user"\); did you mean "user"/,
    ],
    ["a column beyond the last", "1,2,3\n", { item: 9 }, /:1: expected a column 9 \("item"\), found 3 columns$/],
    ["no rating column", "user,item\n1,2\n", {}, /"feedback" to implicit$/],
    ["one value alone", "1,2,1\n2,2,1\n", {}, /every rating is the same number/],
    [
      "a part of no split",
      "user,item,rating,split\n1,2,3,dev\n",
      { part: "split" },
      /:2: column 4 \("part"\) expected train, valid or test$/,
    ],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x31, 0]), {}, /expected UTF-8 text, found UTF-16$/],
    ["cut gzip", new Uint8Array([0x1f, 0x8b, 8, 0, 0]), {}, /expected whole gzip data/],
  ])("with %s is refused with file, line and what was expected", async (_, content, options, message) => {
    const failure = load(content, options);
    await expect(failure).rejects.toMatchObject({ name: "CofactorError", code: "DATA_INVALID", message: expect.stringMatching(message) });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringMatching(/secret|770077|soon/) });
  });

  it("that is not there is refused by name", async () => {
    await expect(loadDataset({ name: "csv", path: "/nowhere/r.csv" })).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: "/nowhere/r.csv: expected a file of this name, plain or with .gz; found none",
    });
  });

  it("that is a folder is refused as one", async () => {
    await expect(loadDataset({ name: "csv", path: writeFiles({ x: "" }) })).rejects.toMatchObject({
      message: expect.stringMatching(/expected a file, found a folder$/),
    });
  });
});
