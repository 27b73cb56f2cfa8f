/** Remakes tables by running their rows, and tells where a page says something else. Imports the rest of this folder. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../package-root.ts";
import type { Result } from "../result.ts";
import { commandOf, jobOf } from "./job.ts";
import { cellOf, type PrintedRow, readTable, renderTable, replaceTable } from "./page.ts";
import { codeDigest, type JobOptions, runJob } from "./run-job.ts";
import type { Column, Row, Table } from "./table.ts";

/** How tables are remade. */
export interface RemakeOptions {
  /** Folder that holds the data that is not bundled, a folder for each set; undefined where there is none. */
  readonly data: string | undefined;
  readonly workers?: number | undefined;
  /** Take finished results of other code too: for going on after a change that touches no figure. */
  readonly isStaleTaken?: boolean;
  /** Default: ".cofactor/tables" of the checkout, which git ignores. */
  readonly cache?: string;
  readonly signal: AbortSignal;
  say(line: string): void;
}

/** A table remade. */
export interface Remade {
  readonly table: Table;
  readonly rows: readonly PrintedRow[];
  /** Labels of rows that were not run, since their data is not there. */
  readonly skipped: readonly string[];
}

/**
 * Runs the rows of a table whose data is there; the others stay as the page has them, or dashes where it has none.
 *
 * @throws CofactorError CANCELLED when the signal came: what is finished is kept
 */
export async function remake(table: Table, options: RemakeOptions): Promise<Remade> {
  const { data, workers, isStaleTaken = false, signal, say } = options;
  const cache = options.cache ?? join(packageRoot(), ".cofactor", "tables");
  const common = { cache, code: codeDigest(), isStaleTaken, workers, signal };
  const printed = readTable(readPage(table), table);
  const rows: PrintedRow[] = [];
  const skipped: string[] = [];
  for (const row of table.rows) {
    const seeds = row.seeds ?? [1];
    const { missing } = await jobOf(row, seeds[0] ?? 1, data);
    if (missing !== undefined) {
      say(`${table.name}: ${row.label}: skipped, no folder "${missing}" in --data`);
      skipped.push(row.label);
      const old = printed.find(({ label }) => label === row.label);
      rows.push(
        old ?? { label: row.label, cells: table.columns.map(() => "–"), source: await commandOf(withColumn(row, table.columns[0]!)) },
      );
      continue;
    }
    const cells: string[] = [];
    const known = new Map<string, Result[]>();
    let source: string | undefined;
    for (const column of table.columns) {
      const whole = withColumn(row, column);
      const key = JSON.stringify(column.set);
      const results = known.get(key) ?? [];
      for (const seed of seeds.slice(results.length)) {
        const title = [table.name, row.label, ...(column.set === undefined ? [] : [column.title])].join(": ");
        const onLine: JobOptions["onLine"] = (line) => say(`${title}${seeds.length === 1 ? "" : `, seed ${seed}`}: ${line}`);
        results.push(await runJob(await jobOf(whole, seed, data), { ...common, onLine }));
      }
      known.set(key, results);
      cells.push(cellOf(column, row, results));
      source ??= await sourceOf(whole, results[0]!);
    }
    say(`${table.name}: ${row.label}: ${cells.join(" | ")}`);
    rows.push({ label: row.label, cells, source: source ?? "" });
  }
  return { table, rows, skipped };
}

/** The row with a column's overrides. */
function withColumn(row: Row, { set }: Column): Row {
  return set === undefined ? row : { ...row, set: [...(row.set ?? []), ...set] };
}

/** Writes a table that was remade into its page. */
export function writeTable({ table, rows }: Remade): void {
  writeFileSync(join(packageRoot(), table.page), replaceTable(readPage(table), table, renderTable(table, rows)));
}

/** Where a page says something else than its table remade: a sentence each. Times are not compared, nor rows without their data. */
export function differences(remade: Remade): string[] {
  return differencesFrom(readTable(readPage(remade.table), remade.table), remade);
}

/** As `differences`, from what the page has; none where it has no such table. */
export function differencesFrom(printed: readonly PrintedRow[], { table, rows, skipped }: Remade): string[] {
  if (printed.length === 0) return [`${table.page} expected the table "${table.name}" with its columns; run "npm run tables"`];
  const found: string[] = [];
  const labels = printed.map(({ label }) => label).join(", ");
  const expected = rows.map(({ label }) => label).join(", ");
  if (labels !== expected) found.push(`${table.name}: expected the rows ${expected}; the page has ${labels}`);
  for (const row of rows.filter(({ label }) => !skipped.includes(label))) {
    const old = printed.find(({ label }) => label === row.label);
    if (old === undefined) continue;
    for (const [at, column] of table.columns.entries()) {
      if (!isSame(old.cells[at] ?? "", row.cells[at] ?? "", column)) {
        found.push(`${table.name}: ${row.label}: ${column.title}: the page says ${old.cells[at]}, the run ${row.cells[at]}`);
      }
    }
    if (table.hasSources && old.source !== row.source)
      found.push(`${table.name}: ${row.label}: the page says ${old.source}, the run ${row.source}`);
  }
  return found;
}

function isSame(printed: string, remade: string, { tolerance }: Column): boolean {
  if (printed === remade || tolerance === Number.POSITIVE_INFINITY) return true;
  const numbers = (cell: string): number[] => Array.from(cell.matchAll(/-?\d*\.?\d+/g), ([text]) => Number(text));
  const [a, b] = [numbers(printed), numbers(remade)];
  return tolerance > 0 && a.length === b.length && a.every((figure, at) => Math.abs(figure - b[at]!) <= tolerance);
}

/** Protocol, data and command of a row in a line. */
async function sourceOf(row: Row, { dataset, protocol, protocols, served, isLeaking }: Result): Promise<string> {
  const first = row.metrics?.[0];
  const said = (first === undefined ? undefined : protocols[first]) ?? protocol;
  const { name, users, items, ratings, sha256, splitHash, notes } = dataset;
  const counts = [users, items, ratings].map((count) => count.toLocaleString("en"));
  return [
    `${isLeaking ? "LEAKING; " : ""}${said}; ${served}`,
    `${name}, ${counts[0]} people, ${counts[1]} items, ${counts[2]} ratings, sha256 ${sha256.slice(0, 12)}, split ${splitHash.slice(0, 12)}`,
    ...notes,
    await commandOf(row),
  ].join("; ");
}

function readPage({ page }: Table): string {
  try {
    return readFileSync(join(packageRoot(), page), "utf8");
  } catch {
    return "";
  }
}
