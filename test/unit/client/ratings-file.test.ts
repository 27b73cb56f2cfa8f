/** Ratings from a file: what is read, and what an error says about it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createClient } from "../../../client/index.ts";
import { namingLines, readRatingsFile } from "../../../client/ratings-file.node.ts";

const folder = mkdtempSync(join(tmpdir(), "cofactor-ratings-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "mine.csv");

function read(text: string): ReturnType<typeof readRatingsFile> {
  writeFileSync(path, text);
  return readRatingsFile(path);
}

describe("readRatingsFile", () => {
  it("reads items and values, past a header, a mark of the encoding, empty lines and both line ends", () => {
    expect(read("item,value\r\n17,4.5\r\n\r\n52, -2\n")).toEqual({
      pairs: [
        [17, 4.5],
        [52, -2],
      ],
      lines: [2, 4],
    });
    expect(read("\uFEFF3,1e-3")).toEqual({ pairs: [[3, 0.001]], lines: [1] });
    expect(read("")).toEqual({ pairs: [], lines: [] });
  });

  it.each([
    ["17,4.5\n52\n", 2],
    ["17,4.5,9\n", 1],
    ["item,value\n17,\n", 2],
    ["17,4.5\nitem,value\n", 2],
    ["17;4.5\n18;2\n", 2],
    ["17,4.5\n987.25,2\n", 2],
    ["17,4.5\n18,Infinity\n", 2],
  ])("refuses %j by its line, without its content", (text, line) => {
    expect(() => read(text)).toThrow(`:${line}: expected`);
    expect(() => read(text)).not.toThrow(/987/);
  });

  it("refuses a file that is not there", () => {
    expect(() => readRatingsFile(join(folder, "none.csv"))).toThrow(/cannot be read/);
  });

  it("says of which lines the ratings are of one item", () => {
    const file = read("item,value\n5,1\n9,1\n\n5,2\n");
    try {
      createClient({ url: "http://127.0.0.1:1", run: "films-1", ratings: file.pairs });
      expect.unreachable();
    } catch (error) {
      expect(namingLines(error, "mine.csv", file)).toMatchObject({
        code: "DATA_INVALID",
        message: expect.stringMatching(/^mine\.csv: .*lines 2 and 5/),
      });
    }
    const other = new Error("other");
    expect(namingLines(other, "mine.csv", file)).toBe(other);
  });
});
