/** The MovieLens releases that come as CSV: latest, latest-small, 20M, 25M, 32M. Imports finish.ts. */
import { join } from "node:path";
import * as v from "valibot";
import { findDataFile, readDataFile } from "./data-file.ts";
import type { DatasetDefinition } from "./dataset.ts";
import { readRatings } from "./delimited-ratings.ts";
import { finishDataset } from "./finish.ts";
import { InteractionLog } from "./interaction-log.ts";
import { pathOption } from "./section.ts";
import { alignTexts, readTable, type TableRow } from "./table.ts";

/** Options of the loader. */
export interface MovieLensLatestOptions {
  readonly name: "ml-latest";
  readonly path: string;
}

/** MovieLens as a folder of ratings.csv and movies.csv. */
export const movieLensLatest: DatasetDefinition<MovieLensLatestOptions> = {
  name: "ml-latest",
  aliases: ["ml-latest-small", "ml-20m", "ml-25m", "ml-32m"],
  summary: "MovieLens as CSV (latest, latest-small, 20M, 25M, 32M): ratings 0.5 to 5 by halves, with times and titles",
  source: "https://grouplens.org/datasets/movielens/ (Harper and Konstan 2015, https://doi.org/10.1145/2827872)",
  licence: "GroupLens terms: no redistribution without permission, no commercial use",
  bundled: false,
  usage: "dataset: { name: ml-latest, path: FOLDER with ratings.csv and movies.csv }",
  options: v.strictObject({
    name: v.literal("ml-latest"),
    path: pathOption(
      "expected the folder of a MovieLens release with ratings.csv (plain or .gz), from https://grouplens.org/datasets/movielens/",
    ),
  }),
  async load({ name, path }) {
    const ratings = await readDataFile(join(path, "ratings.csv"));
    const moviesPath = await findDataFile(join(path, "movies.csv"));
    const movies = moviesPath === undefined ? undefined : await readDataFile(moviesPath);
    const rows = movies === undefined ? [] : readTable(movies, ["movieId", "title"]);
    const log = new InteractionLog(1 << 18);
    readRatings(
      ratings,
      { delimiter: ",", user: "userId", item: "movieId", rating: "rating", time: "timestamp", feedback: "explicit", ratingRange: [0.5, 5] },
      log,
    );
    return finishDataset(log, {
      name,
      feedback: "explicit",
      duplicates: "error",
      ratingRange: [0.5, 5],
      ratingFiles: [ratings],
      ...(movies === undefined ? {} : { otherFiles: [movies], titles: (ids) => alignTexts(ids, rows, "movieId", titleOf) }),
    });
  },
};

/** The title with its year, which some copies keep in a column of its own; "NA" is how one of them writes a missing title. */
function titleOf(row: TableRow): string | undefined {
  const { title, year } = row as { title?: string; year?: string };
  if (title === undefined || (title === "NA" && year === "NA")) return undefined;
  return year === undefined || year === "NA" ? title : `${title} (${year})`;
}
