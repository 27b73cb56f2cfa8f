/** Tables of figures: how cells are made of runs, how a page is written and read again, and what a check finds. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Result } from "../../simulations/result.ts";
import { baseline, fact, federated, figureNames, fourColumns, secondsPerRound } from "../../simulations/tables/columns.ts";
import { tables } from "../../simulations/tables/declared/index.ts";
import { commandOf, jobOf, scenarioFolder } from "../../simulations/tables/job.ts";
import { cellOf, type PrintedRow, readTable, renderTable, replaceTable, tablesOf } from "../../simulations/tables/page.ts";
import { differencesFrom, remake } from "../../simulations/tables/remake.ts";
import { type Row, type Table, table } from "../../simulations/tables/table.ts";

const row: Row = { label: "one", scenario: "quick.yaml", metrics: ["hr@10", "ndcg@10"], facts: { epsilon: "5" } };
const resultOf = (hr: number, seconds = 1): Result =>
  ({
    metrics: { test: { "hr@10": hr, "ndcg@10": 0.25 }, baselines: { popularity: { "hr@10": 0.125 } } },
    timing: { roundSecondsMedian: seconds },
  }) as unknown as Result;

describe("a cell", () => {
  it("shows a figure to four digits, several in a row, and a dash for what the run does not have", () => {
    expect(cellOf(federated(), row, [resultOf(0.12345)])).toBe(".1235 / .2500");
    expect(cellOf(baseline("popularity", "popularity"), row, [resultOf(0.5)])).toBe(".1250 / –");
    expect(cellOf(baseline("centralised", "centralised"), row, [resultOf(0.5)])).toBe("–");
    expect(cellOf(federated(), { ...row, metrics: ["hr@10"] }, [resultOf(1.5)])).toBe("1.5000");
  });

  it("shows the mean over seeds and how far the furthest is from it", () => {
    const results = [resultOf(0.1), resultOf(0.2), resultOf(0.6)];
    expect(cellOf(federated(), { ...row, metrics: ["hr@10"] }, results)).toBe(".3000 ± .3000");
  });

  it("names metrics and tells facts", () => {
    expect(cellOf(figureNames, { ...row, metrics: ["rmse"] }, [resultOf(1)])).toBe("RMSE");
    expect(cellOf(figureNames, row, [resultOf(1)])).toBe("HR@10 / NDCG@10");
    expect(cellOf(fact("epsilon"), row, [resultOf(1)])).toBe("5");
    expect(cellOf(fact("other"), row, [resultOf(1)])).toBe("–");
  });
});

const small: Table = table({
  name: "small",
  title: "Small",
  about: "Words.",
  head: "data",
  columns: [figureNames, federated(), secondsPerRound],
  rows: [row, { ...row, label: "two" }],
});
const printed: PrintedRow[] = [
  { label: "one", cells: ["HR@10", ".5000", "1.00"], source: "from here" },
  { label: "two", cells: ["HR@10", ".6000", "2.00"], source: "from there" },
];

describe("a page", () => {
  it("is read as it was written, whatever stands around the table", () => {
    const page = replaceTable("# Page\n", small, renderTable(small, printed));
    expect(page).toMatch(/^# Page\n\n<!-- table: small -->\n### Small\n/);
    expect(readTable(page, small)).toEqual(printed);
    const again = replaceTable(`${page}\nbehind\n`, small, renderTable(small, printed.slice(0, 1)));
    expect(readTable(again, small)).toEqual(printed.slice(0, 1));
    expect(again.endsWith("behind\n")).toBe(true);
    expect(tablesOf(again)).toEqual(["small"]);
  });

  it("has nothing of a table of other columns", () => {
    const page = replaceTable("", small, renderTable(small, printed));
    expect(readTable(page, { ...small, columns: fourColumns })).toEqual([]);
  });
});

describe("a check", () => {
  const remade = (cells: readonly string[], skipped: readonly string[] = []) => ({
    table: small,
    rows: [{ ...printed[0]!, cells }, printed[1]!],
    skipped,
  });

  it("finds a figure that differs in the last digit, and no difference of times", () => {
    expect(differencesFrom(printed, remade(["HR@10", ".5000", "9.00"]))).toEqual([]);
    expect(differencesFrom(printed, remade(["HR@10", ".5001", "1.00"]))).toEqual([
      "small: one: federated: the page says .5000, the run .5001",
    ]);
  });

  it("lets figures lie as far apart as their column allows, and no further", () => {
    const loose = (cell: string) => ({
      ...remade(["HR@10", cell, "1.00"]),
      table: { ...small, columns: [figureNames, federated("federated", 0.02), secondsPerRound] },
    });
    expect(differencesFrom(printed, loose(".5150"))).toEqual([]);
    expect(differencesFrom(printed, loose(".5250"))).toHaveLength(1);
    expect(differencesFrom(printed, loose("–"))).toHaveLength(1);
  });

  it("finds rows that the page lacks, sources that changed, and leaves rows without data alone", () => {
    expect(differencesFrom([], remade(["HR@10", ".5000", "1.00"]))).toHaveLength(1);
    expect(differencesFrom(printed.slice(0, 1), remade(["HR@10", ".5000", "1.00"]))).toEqual([
      "small: expected the rows one, two; the page has one",
    ]);
    expect(differencesFrom([{ ...printed[0]!, source: "else" }, printed[1]!], remade(["HR@10", ".5000", "1.00"]))).toHaveLength(1);
    expect(differencesFrom(printed, remade(["HR@10", ".9", "1.00"], ["one"]))).toEqual([]);
  });
});

describe("the declared tables", () => {
  it.each(tables.map((each) => [each.name, each] as const))("%s: resolves every row, names each once", async (_, { rows }) => {
    expect(new Set(rows.map(({ label }) => label)).size).toBe(rows.length);
    for (const each of rows) {
      const job = await jobOf(each, 1, undefined);
      expect(job.args.slice(0, 2)).toEqual(["simulate", `${scenarioFolder}/${each.scenario}`]);
      expect(await commandOf(each)).toContain(each.scenario);
    }
  });

  it("give a run one name wherever its data lies, and another one for another seed or setting", async () => {
    const digest = async (each: Row, seed: number, data?: string): Promise<string> => (await jobOf(each, seed, data)).digest;
    const films: Row = { label: "films", scenario: "movielens-100k.yaml" };
    const names = [await digest(films, 1), await digest(films, 2), await digest({ ...films, set: ["rounds=2"] }, 1)];
    expect(new Set(names).size).toBe(3);
    expect(await digest(films, 1, "/somewhere")).toBe(names[0]);
    expect((await jobOf(films, 1, "/nowhere")).missing).toBe("ml-100k");
  });
});

describe("remaking", () => {
  it("runs a row in a process, keeps its result, and takes it the next time; rows without data are skipped", {
    timeout: 120_000,
  }, async () => {
    const tiny: Row = { ...row, metrics: ["rmse"], set: ["rounds=1", "baselines=[]", "evaluation.every=0"] };
    const cache = mkdtempSync(join(tmpdir(), "tables-"));
    const lines: string[] = [];
    const one = { ...small, rows: [tiny, { label: "films", scenario: "movielens-100k.yaml" }] };
    const options = { data: undefined, cache, signal: new AbortController().signal, say: (line: string) => void lines.push(line) };
    const first = await remake(one, options);
    expect(first.rows[0]!.cells.slice(0, 2)).toEqual(["RMSE", expect.stringMatching(/^\.\d{4}$/)]);
    expect(first.rows[0]!.source).toMatch(
      /random 10 % test.*food-world-cup, 1,276 people.*`npx cofactor simulate .*quick\.yaml --set rounds=1/,
    );
    expect(first.skipped).toEqual(["films"]);
    expect(lines.some((line) => line.includes("round 1/1"))).toBe(true);
    lines.length = 0;
    expect(await remake(one, options)).toEqual(first);
    expect(lines.some((line) => line.includes("round 1/1"))).toBe(false);
  });

  it("ends when it is told to", async () => {
    const cache = mkdtempSync(join(tmpdir(), "tables-"));
    const options = { data: undefined, cache, signal: AbortSignal.abort(), say: () => undefined };
    await expect(remake({ ...small, rows: [row] }, options)).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
