/** Genres and year of the films of MovieLens 100K as numbers. Imports the dataset seam, table.ts. */
import type { NamedFeatures } from "./dataset.ts";
import { alignTexts, type TableRow } from "./table.ts";

/** The genres that a film can be of, any number of them, in the order of u.item's columns. */
export const genres: readonly string[] = [
  "Action",
  "Adventure",
  "Animation",
  "Children's",
  "Comedy",
  "Crime",
  "Documentary",
  "Drama",
  "Fantasy",
  "Film-Noir",
  "Horror",
  "Musical",
  "Mystery",
  "Romance",
  "Sci-Fi",
  "Thriller",
  "War",
  "Western",
];

/**
 * 1 for each genre that a film is of, and its year: (year - 1990) / 15, years before 1945 as 1945, so that it is of order one.
 * Edge cases: a film that the table has not, or without a year, has zeros.
 *
 * @param rows with columns "item", "released" (ending in the year) and one per genre ("0" or "1")
 */
export function filmFeatures(ids: readonly string[], rows: readonly TableRow[]): NamedFeatures {
  const columns: number[][] = genres.map((genre) =>
    alignTexts(ids, rows, "item", (row) => row[genre]).map((text) => (text === "1" ? 1 : 0)),
  );
  const years = alignTexts(ids, rows, "item", (row) => /\d{4}$/.exec(row["released"] ?? "")?.[0]);
  columns.push(years.map((year) => (year === undefined ? 0 : (Math.max(1945, Number(year)) - 1990) / 15)));
  const names = [...genres, "year"];
  const values = Float64Array.from({ length: ids.length * names.length }, (_, at) => {
    return columns[at % names.length]![Math.floor(at / names.length)]!;
  });
  return { names, count: names.length, values };
}
