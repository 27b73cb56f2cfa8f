/** Food World Cup, the bundled survey of cuisines. Imports finish.ts, ../package-root.ts. */
import * as v from "valibot";
import { bundledPath } from "../package-root.ts";
import { readDataFile } from "./data-file.ts";
import type { DatasetDefinition } from "./dataset.ts";
import { readRatings } from "./delimited-ratings.ts";
import { finishDataset } from "./finish.ts";
import { InteractionLog } from "./interaction-log.ts";
import { alignAttributes, alignTexts, readTable } from "./table.ts";

/** Options of the loader: none. */
export interface FoodWorldCupOptions {
  readonly name: "food-world-cup";
}

/** Cuisines rated by respondents of a survey, with what they said of themselves. */
export const foodWorldCup: DatasetDefinition<FoodWorldCupOptions> = {
  name: "food-world-cup",
  aliases: ["food"],
  summary: "Food World Cup: cuisines of 40 countries rated 1 to 5, with people's gender, age band, income, education and region",
  source: "https://github.com/fivethirtyeight/data/tree/master/food-world-cup (FiveThirtyEight 2014, changed)",
  licence: "CC BY 4.0",
  bundled: true,
  usage: "dataset: { name: food-world-cup }",
  options: v.strictObject({ name: v.literal("food-world-cup") }),
  async load({ name }) {
    const ratings = await readDataFile(bundledPath(name, "ratings.csv"));
    const items = await readDataFile(bundledPath(name, "items.csv"));
    const users = await readDataFile(bundledPath(name, "users.csv"));
    const itemRows = readTable(items, ["item", "cuisine"]);
    const attributes = ["knowledge", "interest", "gender", "age", "income", "education", "region"];
    const userRows = readTable(users, ["user", ...attributes]);
    const log = new InteractionLog();
    readRatings(ratings, { user: "user", item: "item", rating: "rating", feedback: "explicit", ratingRange: [1, 5] }, log);
    return finishDataset(log, {
      name,
      feedback: "explicit",
      duplicates: "error",
      ratingRange: [1, 5],
      ratingFiles: [ratings],
      otherFiles: [items, users],
      notes: ["rows stand in the order of the cuisines, so the last one is not the latest: split at random"],
      titles: (ids) => alignTexts(ids, itemRows, "item", (row) => row["cuisine"]),
      attributes: (ids) => alignAttributes(ids, userRows, "user", attributes),
    });
  },
};
