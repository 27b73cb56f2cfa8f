/** What the label of an X-Wines wine says, as numbers. Imports the dataset seam, table.ts. */
import type { NamedFeatures } from "./dataset.ts";
import { alignTexts, type TableRow } from "./table.ts";

/** Columns of the table; those of lists separate their entries by bars. */
const columns = ["type", "country", "body", "acidity", "grapes", "goes_with"] as const;

/**
 * 1 for each type, country, body, acidity, grape and dish that a wine is of, or goes with; those of fewer than five wines are left out, in the
 * order of the columns and then of the alphabet. Edge cases: a wine that the table has not has zeros.
 */
export function wineFeatures(ids: readonly string[], rows: readonly TableRow[]): NamedFeatures {
  const names: string[] = [];
  const flags: Uint8Array[] = [];
  for (const column of columns) {
    const entries = alignTexts(ids, rows, "wine", (row) => row[column]).map((text) => new Set(text?.split("|") ?? []));
    for (const entry of [...new Set(entries.flatMap((set) => [...set]))].sort()) {
      const flag = Uint8Array.from(entries, (set) => (set.has(entry) ? 1 : 0));
      if (flag.reduce((sum, value) => sum + value, 0) < 5) continue;
      names.push(`${column} ${entry}`);
      flags.push(flag);
    }
  }
  const count = names.length;
  const values = Float64Array.from({ length: ids.length * count }, (_, at) => flags[at % count]![Math.floor(at / count)]!);
  return { names, count, values };
}
