/** The loader of one-line-a-user files. */
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../simulations/datasets/index.ts";
import { writeFiles, writeOne } from "../support/files.ts";
import { triplesOf } from "../support/triples.ts";

describe("the adjacency loader", () => {
  it("reads one line a person from one file", async () => {
    const dataset = await loadDataset({ name: "adjacency", path: writeOne("0 3 1\r\n2\tb 3  \n\n1\n", "a.txt") });
    expect(dataset.userIds).toEqual(["0", "1", "2"]);
    expect(triplesOf(dataset)).toEqual([
      ["0", "1", 1],
      ["0", "3", 1],
      ["2", "3", 1],
      ["2", "b", 1],
    ]);
    expect(dataset.feedback).toBe("implicit");
    expect(dataset.given).toBeUndefined();
  });

  it("keeps the order of the items as the order of the rows", async () => {
    const dataset = await loadDataset({ name: "adjacency", path: writeOne("0 3 1 2\n", "a.txt") });
    expect([...dataset.matrix.rows]).toEqual([1, 2, 0]);
  });

  it("reads train, valid and test from a folder as a given split", async () => {
    const folder = writeFiles({ "train.txt.gz": "0 1 2\n1 1\n", "valid.txt": "0 3\n", "test.txt": "0 4\n1 4\n" });
    const dataset = await loadDataset({ name: "adjacency", path: folder });
    expect(dataset.given?.names).toEqual(["given"]);
    expect([...(await dataset.given!.partition("given"))]).toEqual([0, 0, 1, 2, 0, 2]);
    expect(dataset.files.map(({ name }) => name)).toEqual(["train.txt", "valid.txt", "test.txt"]);
  });

  it.each([
    ["a comma", "0 1\n1,2,3\n", /a\.txt:2: expected ids separated by blanks, found a comma/],
    ["a control character", "0 1\n1 \u0000\n", /a\.txt:2: .*control character/],
    ["no pair", "0\n1\n", /a\.txt: expected lines "user item item \.\.\.", found no pair$/],
  ])("refuses %s", async (_, content, message) => {
    await expect(loadDataset({ name: "adjacency", path: writeOne(content, "a.txt") })).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it("refuses an item in two parts of the split, naming the second", async () => {
    const folder = writeFiles({ "train.txt": "0 1 2\n", "test.txt": "1 1\n0 2\n" });
    await expect(loadDataset({ name: "adjacency", path: folder })).rejects.toMatchObject({
      message: expect.stringMatching(/test\.txt:2: .*another part of the given split/),
    });
  });

  it("refuses a folder without a training file", async () => {
    await expect(loadDataset({ name: "adjacency", path: writeFiles({ "test.txt": "0 1\n" }) })).rejects.toMatchObject({
      message: expect.stringMatching(/train\.txt: expected a file of this name/),
    });
  });
});
