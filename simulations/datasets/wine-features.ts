/** What the label of a wine tells, as tags. Imports the dataset seam, table.ts, shared. */
import { termVectors } from "../../shared/math/tf-idf.ts";
import type { NamedFeatures } from "./dataset.ts";
import type { TableRow } from "./table.ts";

/** Columns with one tag, and those with several between bars. */
export const wineColumns: readonly string[] = ["country", "region", "type", "grapes", "goes_with", "body", "acidity"];

/** So many tags at most, the most common: models that fit tastes over features pay for each with its square and cube. */
const limit = 40;

/**
 * Country, region, type, grapes, food, body and acidity as tags ("country=Brazil"), weighed by how rare they are; norm 1 a wine.
 * Edge cases: a wine that the table has not has zeros.
 */
export function wineFeatures(ids: readonly string[], rows: readonly TableRow[]): NamedFeatures {
  const byId = new Map(rows.map((row) => [row["wine"], row]));
  const tags = ids.map((id) => wineColumns.flatMap((column) => tagsOf(byId.get(id)?.[column] ?? "", column)));
  return termVectors(tags, limit);
}

function tagsOf(cell: string, column: string): string[] {
  return cell
    .split("|")
    .filter((tag) => tag !== "")
    .map((tag) => `${column}=${tag}`);
}
