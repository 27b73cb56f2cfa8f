/** Terms as vectors. */
import { describe, expect, it } from "vitest";
import { termVectors, wordsOf } from "../../shared/math/tf-idf.ts";

describe("words", () => {
  it("are runs of letters and digits of any script, in lower case, written one way", () => {
    expect(wordsOf("Rosé, 12% — Ταβέρνα")).toEqual(["rosé", "12", "ταβέρνα"]);
    // Fullwidth letters, and an accent that is a character of its own.
    expect(wordsOf("ＲＥＤ rose\u0301")).toEqual(["red", "rosé"]);
    expect(wordsOf(" -- ")).toEqual([]);
  });
});

describe("term vectors", () => {
  it("weigh a term by how rare it is, worked by hand", () => {
    const { names, count, values } = termVectors([["red", "dry", "dry"], ["red"], ["dry", "all"], ["red", "once", "all"]], 10);
    // "once" tells no two texts alike.
    expect(names).toEqual(["all", "dry", "red"]);
    const rare = Math.log(5 / 3) + 1;
    const common = Math.log(5 / 4) + 1;
    const norm = Math.hypot(2 * rare, common);
    const expected = [0, (2 * rare) / norm, common / norm, 0, 0, 1];
    for (const [at, value] of expected.entries()) expect(values[at]).toBeCloseTo(value, 14);
    for (let text = 0; text < 4; text++) expect(Math.hypot(...values.subarray(text * count, (text + 1) * count))).toBeCloseTo(1, 14);
  });

  it("leave out what every text has and what one has, and keep the most common, by name where they tie", () => {
    const texts = [
      ["x", "b", "c", "a"],
      ["x", "a", "b", "c"],
      ["x", "a"],
      ["x", "z"],
    ];
    expect(termVectors(texts, 2).names).toEqual(["a", "b"]);
    expect(termVectors(texts, 0)).toEqual({ names: [], count: 0, values: new Float64Array(0) });
    expect([...termVectors(texts, 9).values.subarray(9)]).toEqual([0, 0, 0]);
  });
});
