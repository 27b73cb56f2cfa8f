/** Ratings or choices from any delimited file. Imports delimited-ratings.ts, finish.ts. */
import * as v from "valibot";
import { type DuplicateRule, duplicateRules } from "./assemble.ts";
import type { Column } from "./columns.ts";
import { type DataFile, dataError, readDataFile } from "./data-file.ts";
import type { DatasetDefinition } from "./dataset.ts";
import { readRatings } from "./delimited-ratings.ts";
import { finishDataset } from "./finish.ts";
import { InteractionLog } from "./interaction-log.ts";
import { columnOption, pathOption } from "./section.ts";
import { alignTexts, readTable } from "./table.ts";

/** Options of the generic loader; see the README for each. */
export interface CsvOptions {
  readonly name: "csv";
  readonly path: string;
  readonly delimiter?: string | undefined;
  readonly header?: boolean | undefined;
  readonly quotes: boolean;
  readonly user?: Column | undefined;
  readonly item?: Column | undefined;
  readonly rating?: Column | undefined;
  readonly time?: Column | undefined;
  /** Column that holds train, valid or test, for split kind "given". */
  readonly part?: Column | undefined;
  readonly feedback: "explicit" | "implicit";
  readonly duplicates: DuplicateRule;
  readonly ratingRange?: [number, number] | undefined;
  /** A table of names for items: `item` and `title` are header names. */
  readonly titles?:
    | { readonly path: string; readonly item: string; readonly title: string; readonly delimiter?: string | undefined }
    | undefined;
}

const delimiter = v.optional(v.pipe(v.string(), v.regex(/^[\t -~]{1,4}$/, "expected 1 to 4 ASCII characters, such as a comma or a tab")));
const range = v.pipe(
  v.tuple([v.pipe(v.number(), v.finite()), v.pipe(v.number(), v.finite())]),
  v.check(([low, high]) => low < high, "expected [least, greatest] rating"),
);

/** The generic delimited file. */
export const csv: DatasetDefinition<CsvOptions> = {
  name: "csv",
  aliases: ["tsv"],
  summary: "any delimited file: CSV, TSV, ::, blanks; ratings on any scale, or choices",
  source: "yours",
  licence: "that of your data",
  bundled: false,
  usage: "dataset: { name: csv, path: FILE, user: COLUMN, item: COLUMN, rating: COLUMN, time: COLUMN }",
  options: v.strictObject({
    name: v.literal("csv"),
    path: pathOption("expected the path of a delimited file of ratings (plain or .gz)"),
    delimiter,
    header: v.optional(v.boolean()),
    quotes: v.optional(v.boolean(), true),
    user: v.optional(columnOption),
    item: v.optional(columnOption),
    rating: v.optional(columnOption),
    time: v.optional(columnOption),
    part: v.optional(columnOption),
    feedback: v.optional(v.picklist(["explicit", "implicit"]), "explicit"),
    duplicates: v.optional(v.picklist(duplicateRules), "last"),
    ratingRange: v.optional(range),
    titles: v.optional(
      v.strictObject({ path: v.string(), item: v.optional(v.string(), "item"), title: v.optional(v.string(), "title"), delimiter }),
    ),
  }),
  async load(options) {
    const file = await readDataFile(options.path);
    const log = new InteractionLog();
    readRatings(file, options, log);
    const { titles } = options;
    const titleFile: DataFile | undefined = titles === undefined ? undefined : await readDataFile(titles.path);
    const rows = titles === undefined || titleFile === undefined ? undefined : readTable(titleFile, [titles.item, titles.title], titles);
    const dataset = finishDataset(log, {
      name: options.name,
      feedback: options.feedback,
      duplicates: options.duplicates,
      ratingRange: options.ratingRange,
      ratingFiles: [file],
      hasParts: options.part !== undefined,
      ...(titleFile === undefined ? {} : { otherFiles: [titleFile] }),
      ...(rows === undefined || titles === undefined
        ? {}
        : { titles: (ids: readonly string[]) => alignTexts(ids, rows, titles.item, (row) => row[titles.title]) }),
    });
    if (dataset.feedback === "explicit" && dataset.ratingRange[0] === dataset.ratingRange[1]) {
      throw dataError(file.path, undefined, 'every rating is the same number: set "feedback" to implicit');
    }
    return dataset;
  },
};
