/** Tables as Markdown, between markers of a page; and what stands there already. Imports table.ts. */
import type { Column, Row, Table } from "./table.ts";

/** A printed table: lines of cells, the label first. */
export interface PrintedRow {
  readonly label: string;
  /** [columns]. */
  readonly cells: readonly string[];
  /** Protocol, data and command; empty where the table shows no sources. */
  readonly source: string;
}

/** A table's block, with its markers. */
export function renderTable(table: Table, rows: readonly PrintedRow[]): string {
  const { columns } = table;
  const isText = (column: Column): boolean =>
    column.title === "figure" || table.rows.some(({ facts }) => facts?.[column.title] !== undefined);
  const lines = [
    marker(table.name),
    `### ${table.title}`,
    "",
    ...(table.about === "" ? [] : [table.about, ""]),
    `| ${[table.head, ...columns.map(({ title }) => title)].join(" | ")} |`,
    `|---|${columns.map((column) => (isText(column) ? "---|" : "---:|")).join("")}`,
    ...rows.map(({ label, cells }) => `| ${[label, ...cells].join(" | ")} |`),
    ...(table.hasSources ? ["", ...rows.map(({ label, source }) => `- ${label}: ${source}`)] : []),
    endMarker,
  ];
  return lines.join("\n");
}

/** The rows of a table that a page has; none where it has no such table, or one of other columns. */
export function readTable(page: string, table: Table): PrintedRow[] {
  const block = blockOf(page, table.name);
  if (block === undefined) return [];
  const lines = page.slice(block.from, block.to).split("\n");
  const rows = lines.filter((line) => line.startsWith("| ")).map((line) => line.slice(2, -2).split(" | "));
  const head = [table.head, ...table.columns.map(({ title }) => title)];
  if (rows[0]?.join("|") !== head.join("|")) return [];
  return rows.slice(1).map(([label = "", ...cells]) => {
    const start = `- ${label}: `;
    return { label, cells, source: lines.find((line) => line.startsWith(start))?.slice(start.length) ?? "" };
  });
}

/** The page with a table's block put in the place of the old one, or at the end. */
export function replaceTable(page: string, table: Table, text: string): string {
  const block = blockOf(page, table.name);
  if (block === undefined) return `${page.trimEnd()}\n\n${text}\n`;
  return `${page.slice(0, block.from)}${text}${page.slice(block.to)}`;
}

/** The names of the tables that a page has, in order. */
export function tablesOf(page: string): string[] {
  return Array.from(page.matchAll(/^<!-- table: (\S+) -->$/gm), (match) => match[1]!);
}

/** A cell: each figure's mean over the seeds, and how far from it the furthest lies. */
export function cellOf(column: Column, row: Row, results: readonly Parameters<Column["read"]>[0][]): string {
  const read = results.map((result) => column.read(result, row));
  const first = read[0]!;
  if (typeof first === "string") return first === "" ? "–" : first;
  const figures = first.map((_, at) => {
    const values = read.map((each) => (each as readonly (number | undefined)[])[at]);
    if (!values.every((value) => value !== undefined && Number.isFinite(value))) return "–";
    const known = values as number[];
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    const furthest = Math.max(...known.map((value) => Math.abs(value - mean)));
    return known.length === 1 ? column.print(mean) : `${column.print(mean)} ± ${column.print(furthest)}`;
  });
  return figures.every((figure) => figure === "–") ? "–" : figures.join(" / ");
}

const endMarker = "<!-- end of table -->";

function marker(name: string): string {
  return `<!-- table: ${name} -->`;
}

function blockOf(page: string, name: string): { readonly from: number; readonly to: number } | undefined {
  const from = page.indexOf(marker(name));
  if (from < 0) return undefined;
  const end = page.indexOf(endMarker, from);
  return { from, to: end < 0 ? page.length : end + endMarker.length };
}
