/** The tables of figures: those of bundled data are what their scenarios give; the others keep what is said of them. */
import { describe, expect, it } from "vitest";
import { tables } from "../../simulations/tables/declared/index.ts";
import { type PrintedRow, readTable, tablesOf } from "../../simulations/tables/page.ts";
import { differences, remake } from "../../simulations/tables/remake.ts";
import { type Row, resultsPage, type Table } from "../../simulations/tables/table.ts";
import { readText } from "../support/source-tree.ts";

const printed = new Map(tables.map((table) => [table.name, readTable(readText(table.page), table)]));

function cellsOf(table: Table, label: string): readonly string[] {
  return printed.get(table.name)!.find((row) => row.label === label)?.cells ?? [];
}

/** The figures of a cell, without what they vary by. */
function figuresOf(table: Table, { cells }: PrintedRow, title: string): number[] {
  const cell = cells[table.columns.findIndex((column) => column.title === title)]!;
  return cell.split(" / ").map((figure) => Number(figure.split(" ± ")[0]));
}

describe("the tables of figures", () => {
  it("stand on their pages with every row, and no other table does", () => {
    for (const page of new Set(tables.map((table) => table.page))) {
      expect(tablesOf(readText(page))).toEqual(tables.filter((table) => table.page === page).map(({ name }) => name));
    }
    for (const table of tables) {
      expect(printed.get(table.name)!.map(({ label }) => label)).toEqual(table.rows.map(({ label }) => label));
    }
  });

  it.each(tables.filter(({ isQuick }) => isQuick).map((table) => [table.name, table] as const))(
    "%s is what its scenarios give",
    async (_, table) => {
      const remade = await remake(table, { data: undefined, signal: new AbortController().signal, say: () => undefined });
      expect(remade.skipped).toEqual([]);
      expect(differences(remade)).toEqual([]);
    },
  );

  it("say the same wherever a run is shown twice", () => {
    const nameOf = ({ scenario, set = [], seeds = [1], metrics = [] }: Row): string => [scenario, ...set, "", ...seeds, ...metrics].join();
    const sameRun = (a: Row, b: Row): boolean => nameOf(a) === nameOf(b);
    const sources = tables.filter(({ page }) => page === resultsPage);
    const shown = tables.filter(({ page }) => page !== resultsPage);
    expect(shown.length).toBeGreaterThan(0);
    for (const table of shown) {
      for (const row of table.rows) {
        const source = sources.find(({ rows }) => rows.some((other) => sameRun(row, other)))!;
        const other = cellsOf(source, source.rows.find((candidate) => sameRun(row, candidate))!.label);
        for (const [at, column] of table.columns.entries()) {
          const there = source.columns.findIndex(({ title }) => title === column.title);
          if (there >= 0 && column.tolerance === 0)
            expect(`${row.label}: ${cellsOf(table, row.label)[at]}`).toBe(`${row.label}: ${other[there]}`);
        }
      }
    }
  });
});

describe.each(["quick", "start", "movielens", "rankings", "ratings"])("the table %s", (name) => {
  const table = tables.find((candidate) => candidate.name === name)!;
  const rows = printed.get(name)!.map((row, at) => ({ ...row, metrics: table.rows[at]!.metrics! }));

  it("shows a model that beats popularity in every figure", () => {
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const [own, rival] = [figuresOf(table, row, "federated"), figuresOf(table, row, "popularity")];
      expect(own).toHaveLength(row.metrics.length);
      for (const [at, figure] of own.entries()) {
        if (row.metrics[at] === "rmse") expect(figure, row.label).toBeLessThan(rival[at]!);
        else expect(figure, row.label).toBeGreaterThan(rival[at]!);
      }
    }
  });
});

describe.each(["movielens", "rankings", "ratings"])("the table %s", (name) => {
  const table = tables.find((candidate) => candidate.name === name)!;
  const allowed: Readonly<Record<string, number>> = { hr: 0.01, recall: 0.01, ndcg: 0.005, rmse: 0.002 };

  it("shows that nothing is lost by federation, by the same objective in one place", () => {
    for (const [at, row] of printed.get(name)!.entries()) {
      const [own, central] = [figuresOf(table, row, "federated"), figuresOf(table, row, "centralised")];
      for (const [index, metric] of table.rows[at]!.metrics!.entries()) {
        const bound = allowed[metric.split("@")[0]!]!;
        expect(Math.abs(own[index]! - central[index]!), `${row.label}, ${metric}`).toBeLessThanOrEqual(bound);
      }
    }
  });
});

it("shows canaries near chance where nothing leaks, and that they find everything where it does", () => {
  const table = tables.find(({ name }) => name === "personal")!;
  for (const row of printed.get("personal")!) {
    const [canary] = figuresOf(table, row, "canary");
    if (row.label.includes("LEAKING")) expect(canary, row.label).toBeGreaterThanOrEqual(0.99);
    else expect(canary, row.label).toBeLessThanOrEqual(0.15);
  }
});
