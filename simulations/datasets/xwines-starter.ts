/** X-Wines, the bundled starter selection. Imports finish.ts, ../package-root.ts. */
import * as v from "valibot";
import { bundledPath } from "../package-root.ts";
import { readDataFile } from "./data-file.ts";
import type { DatasetDefinition } from "./dataset.ts";
import { readRatings } from "./delimited-ratings.ts";
import { finishDataset } from "./finish.ts";
import { InteractionLog } from "./interaction-log.ts";
import { alignTexts, readTable, type TableRow } from "./table.ts";
import { wineColumns, wineFeatures } from "./wine-features.ts";

/** Options of the loader: none. */
export interface XWinesOptions {
  readonly name: "xwines-starter";
}

/** Wines rated by people of the open Web. */
export const xWinesStarter: DatasetDefinition<XWinesOptions> = {
  name: "xwines-starter",
  aliases: ["wines"],
  summary: "X-Wines starter: wines rated 1 to 5 by halves, with days, names and what the labels say",
  source: "https://github.com/rogerioxavier/X-Wines (de Azambuja et al. 2023, https://doi.org/10.3390/bdcc7010020)",
  licence: "CC0 1.0",
  bundled: true,
  usage: "dataset: { name: xwines-starter }",
  options: v.strictObject({ name: v.literal("xwines-starter") }),
  async load({ name }) {
    const ratings = await readDataFile(bundledPath(name, "ratings.csv"));
    const wines = await readDataFile(bundledPath(name, "wines.csv"));
    const rows = readTable(wines, ["wine", "name", "winery", ...wineColumns]);
    const log = new InteractionLog();
    readRatings(ratings, { user: "user", item: "wine", rating: "rating", time: "date", feedback: "explicit", ratingRange: [1, 5] }, log);
    return finishDataset(log, {
      name,
      feedback: "explicit",
      duplicates: "error",
      ratingRange: [1, 5],
      ratingFiles: [ratings],
      otherFiles: [wines],
      titles: (ids) => alignTexts(ids, rows, "wine", titleOf),
      features: (ids) => wineFeatures(ids, rows),
    });
  },
};

/** Names of wines repeat across wineries, so the winery and its country belong to the title. */
function titleOf(row: TableRow): string {
  return `${row["name"]} (${row["winery"]}, ${row["country"]})`;
}
