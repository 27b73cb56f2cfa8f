/** The wines as the demo's page shows them, in the order of the run's catalogue. Imports datasets. */
import { readDataFile } from "../datasets/data-file.ts";
import type { Dataset } from "../datasets/dataset.ts";
import { readTable } from "../datasets/table.ts";
import { bundledPath } from "../package-root.ts";

/** One wine. */
export interface Wine {
  readonly name: string;
  readonly winery: string;
  readonly country: string;
  readonly region: string;
  /** Red, White, Sparkling, ... */
  readonly type: string;
  readonly grapes: readonly string[];
  readonly food: readonly string[];
  readonly body: string;
  /** Percent of the volume. */
  readonly alcohol: number;
  /** How many of the data's people rated it. */
  readonly raters: number;
}

const columns = ["wine", "name", "winery", "country", "region", "type", "grapes", "goes_with", "body", "abv"] as const;

/** [items] the bundled wines. @throws CofactorError DATA_INVALID when the file lacks a column */
export async function readWines({ itemIds, matrix }: Dataset): Promise<Wine[]> {
  const rows = readTable(await readDataFile(bundledPath("xwines-starter", "wines.csv")), columns);
  const byId = new Map(rows.map((row) => [row["wine"], row]));
  const raters = new Int32Array(matrix.items);
  for (const item of matrix.itemIndex) raters[item] = raters[item]! + 1;
  return itemIds.map((id, item) => {
    const row = byId.get(id) ?? {};
    const text = (column: (typeof columns)[number]): string => row[column] ?? "";
    const list = (column: (typeof columns)[number]): string[] => text(column).split("|").filter(Boolean);
    return {
      name: text("name"),
      winery: text("winery"),
      country: text("country"),
      region: text("region"),
      type: text("type"),
      grapes: list("grapes"),
      food: list("goes_with"),
      body: text("body"),
      alcohol: Number(text("abv")),
      raters: raters[item]!,
    };
  });
}
