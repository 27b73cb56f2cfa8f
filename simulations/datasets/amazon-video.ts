/** Ratings of Amazon's videos as personalized federated recommenders use them. Imports delimited-ratings.ts, finish.ts. */
import { join } from "node:path";
import * as v from "valibot";
import { kindOfPath, readDataFile } from "./data-file.ts";
import type { DatasetDefinition } from "./dataset.ts";
import { type RatingsFormat, readRatings } from "./delimited-ratings.ts";
import { finishDataset } from "./finish.ts";
import { InteractionLog } from "./interaction-log.ts";
import { pathOption } from "./section.ts";

/** Options of the loader. */
export interface AmazonVideoOptions {
  readonly name: "amazon-video";
  /** ratings.dat, or its folder. */
  readonly path: string;
}

const source = "https://github.com/Zhangcx19/IJCAI-23-PFedRec, data/amazon/ratings.dat";
const format: RatingsFormat = {
  delimiter: ",",
  header: false,
  quotes: false,
  user: 1,
  item: 2,
  rating: 3,
  time: 4,
  feedback: "explicit",
  ratingRange: [1, 5],
};

/** Amazon-Video as PFedRec publishes it: cut to people with five ratings or more by its authors. */
export const amazonVideo: DatasetDefinition<AmazonVideoOptions> = {
  name: "amazon-video",
  summary: "Amazon-Video: 63,836 ratings of 11,830 products by 8,072 people with five or more",
  source: `${source} (Zhang et al. 2023, https://doi.org/10.24963/ijcai.2023/507)`,
  licence: "none stated",
  bundled: false,
  usage: "dataset: { name: amazon-video, path: FOLDER with ratings.dat }",
  options: v.strictObject({
    name: v.literal("amazon-video"),
    path: pathOption(`expected ratings.dat (plain or .gz) or its folder, from ${source}`),
  }),
  async load({ name, path }) {
    const file = await readDataFile((await kindOfPath(path)) === "folder" ? join(path, "ratings.dat") : path);
    const log = new InteractionLog();
    readRatings(file, format, log);
    return finishDataset(log, { name, feedback: "explicit", duplicates: "error", ratingRange: [1, 5], ratingFiles: [file] });
  },
};
