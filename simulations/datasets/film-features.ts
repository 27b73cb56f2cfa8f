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
 * 1 for each genre that a film is of; y = (year - 1990) / 15, years before 1945 as 1945; and y^2 / 2, since classics are another matter
 * than films that are merely older. All of order one. Edge cases: a film that the table has not, or without a year, has zeros.
 *
 * @param rows with columns "item", "released" (ending in the year) and one per genre ("0" or "1")
 */
export function filmFeatures(ids: readonly string[], rows: readonly TableRow[]): NamedFeatures {
  const flags = genres.map((genre) => alignTexts(ids, rows, "item", (row) => row[genre]).map((text) => (text === "1" ? 1 : 0)));
  const years = alignTexts(ids, rows, "item", (row) => /\d{4}$/.exec(row["released"] ?? "")?.[0]).map((text) =>
    text === undefined ? 0 : (Math.max(1945, Number(text)) - 1990) / 15,
  );
  const columns: readonly (readonly number[])[] = [...flags, years, years.map((year) => (year * year) / 2)];
  const count = columns.length;
  const values = Float64Array.from({ length: ids.length * count }, (_, at) => columns[at % count]![Math.floor(at / count)]!);
  return { names: [...genres, "year", "yearSquared"], count, values };
}
