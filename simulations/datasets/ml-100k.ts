/** MovieLens 100K as GroupLens publishes it: u.data, titles, genres and years, people, official folds. Imports film-features.ts, finish.ts, folds.ts. */
import { join } from "node:path";
import * as v from "valibot";
import { type DataFile, findDataFile, readDataFile } from "./data-file.ts";
import { type Dataset, type DatasetDefinition, splitPart } from "./dataset.ts";
import { type RatingsFormat, readRatings } from "./delimited-ratings.ts";
import { filmFeatures, genres } from "./film-features.ts";
import { finishDataset } from "./finish.ts";
import { partitionFromFiles } from "./folds.ts";
import { InteractionLog } from "./interaction-log.ts";
import { pathOption } from "./section.ts";
import { alignAttributes, alignTexts, readTable } from "./table.ts";

/** Options of the loader. */
export interface MovieLens100kOptions {
  readonly name: "ml-100k";
  readonly path: string;
}

const format: RatingsFormat = {
  delimiter: "\t",
  header: false,
  quotes: false,
  user: 1,
  item: 2,
  rating: 3,
  time: 4,
  feedback: "explicit",
  ratingRange: [1, 5],
};
const foldNames = ["1", "2", "3", "4", "5", "a", "b"];
const filmColumns = ["item", "title", "released", "videoReleased", "link", "unknown", ...genres];
/** Those that GroupLens uses for MovieLens 1M. */
const ageBands = [18, 25, 35, 45, 50, 56];
const userColumns = ["user", "age", "gender", "occupation", "zip"];

/** MovieLens 100K. */
export const movieLens100k: DatasetDefinition<MovieLens100kOptions> = {
  name: "ml-100k",
  aliases: ["movielens-100k"],
  summary: "MovieLens 100K: 100,000 ratings of 1,682 films by 943 people, with the official folds 1 to 5, a and b",
  source: "https://grouplens.org/datasets/movielens/100k/ (Harper and Konstan 2015, https://doi.org/10.1145/2827872)",
  licence: "GroupLens terms: research use, no redistribution",
  bundled: false,
  usage: "dataset: { name: ml-100k, path: FOLDER with u.data }",
  options: v.strictObject({
    name: v.literal("ml-100k"),
    path: pathOption("expected the folder of MovieLens 100K (u.data, plain or .gz), from https://grouplens.org/datasets/movielens/100k/"),
  }),
  async load({ name, path }) {
    const ratings = await readDataFile(join(path, "u.data"));
    const films = await readIfThere(join(path, "u.item"));
    const people = await readIfThere(join(path, "u.user"));
    const log = new InteractionLog(100_000);
    readRatings(ratings, format, log);
    const bars = { delimiter: "|", quotes: false, encoding: "latin1" } as const;
    const filmRows = films === undefined ? [] : readTable(films, [], { ...bars, names: filmColumns });
    const peopleRows = people === undefined ? [] : readTable(people, [], { ...bars, names: userColumns });
    const dataset = finishDataset(log, {
      name,
      feedback: "explicit",
      duplicates: "error",
      ratingRange: [1, 5],
      ratingFiles: [ratings],
      otherFiles: [films, people].filter((file) => file !== undefined),
      ...(films === undefined
        ? {}
        : {
            titles: (ids) => alignTexts(ids, filmRows, "item", (row) => row["title"]),
            features: (ids) => filmFeatures(ids, filmRows),
          }),
      ...(people === undefined
        ? {}
        : {
            attributes: (ids) =>
              alignAttributes(ids, peopleRows, "user", userColumns.slice(1, 4)).map((attribute) =>
                attribute.name === "age" ? { ...attribute, bands: ageBands } : attribute,
              ),
          }),
    });
    return await withFolds(dataset, path);
  },
};

async function readIfThere(path: string): Promise<DataFile | undefined> {
  return (await findDataFile(path)) === undefined ? undefined : await readDataFile(path);
}

/** Adds the folds whose test file is there; their files are read when a fold is asked for. */
async function withFolds(dataset: Dataset, path: string): Promise<Dataset> {
  const found = await Promise.all(foldNames.map((fold) => findDataFile(join(path, `u${fold}.test`))));
  const names = foldNames.filter((_, index) => found[index] !== undefined);
  if (names.length === 0) return dataset;
  return {
    ...dataset,
    given: {
      names,
      async partition(fold) {
        const base = await readDataFile(join(path, `u${fold}.base`));
        const test = await readDataFile(join(path, `u${fold}.test`));
        const files = [
          { file: base, part: splitPart.training },
          { file: test, part: splitPart.test },
        ];
        return partitionFromFiles(dataset, files, format);
      },
    },
  };
}
