/**
 * Last.fm of HetRec 2011: artists that people tagged, with the day, or listened to, without one. Imports delimited.ts, finish.ts.
 *
 * The cut: people with fewer than `minRows` rows of the file are left out, rows being counted as they stand there, so that several
 * tags for one artist count as several. With tags and 5 rows these are the 1,600 people, 12,454 artists and 185,650 rows of published
 * tables; a person's tags of an artist then become one choice, on the day of the first.
 */
import { join } from "node:path";
import * as v from "valibot";
import { type DataFile, dataError, readDataFile } from "./data-file.ts";
import { type DatasetDefinition, splitPart } from "./dataset.ts";
import { DelimitedReader } from "./delimited.ts";
import { finishDataset } from "./finish.ts";
import { InteractionLog } from "./interaction-log.ts";
import { pathOption } from "./section.ts";

/** Options of the loader. */
export interface LastFm2kOptions {
  readonly name: "lastfm-2k";
  readonly path: string;
  readonly choices: "tagged" | "listened";
  /** The fewest rows of a person who is kept. */
  readonly minRows: number;
}

const files = { tagged: "user_taggedartists.dat", listened: "user_artists.dat" } as const;
const headers = { tagged: ["userID", "artistID", "tagID", "day", "month", "year"], listened: ["userID", "artistID", "weight"] } as const;

/** Last.fm, 2,000 people. */
export const lastFm2k: DatasetDefinition<LastFm2kOptions> = {
  name: "lastfm-2k",
  summary: "Last.fm (HetRec 2011): artists that 1,892 people tagged or listened to; by default those 1,600 with five tags or more",
  source: "https://grouplens.org/datasets/hetrec-2011/ (Cantador, Brusilovsky and Kuflik 2011, https://doi.org/10.1145/2043932.2044016)",
  licence: "non-commercial use",
  bundled: false,
  usage: "dataset: { name: lastfm-2k, path: FOLDER with user_taggedartists.dat, choices: tagged or listened, minRows: 5 }",
  options: v.strictObject({
    name: v.literal("lastfm-2k"),
    path: pathOption("expected the folder of hetrec2011-lastfm-2k (plain or .gz), from https://grouplens.org/datasets/hetrec-2011/"),
    choices: v.optional(v.picklist(["tagged", "listened"]), "tagged"),
    minRows: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1)), 5),
  }),
  async load({ name, path, choices, minRows }) {
    const file = await readDataFile(join(path, files[choices]));
    const counts = new Map<string, number>();
    readRows(file, choices, (user) => counts.set(user, (counts.get(user) ?? 0) + 1));
    const log = new InteractionLog();
    log.startFile(file.path);
    readRows(file, choices, (user, artist, time, line) => {
      if (counts.get(user)! >= minRows) log.push(log.users.of(user), log.items.of(artist), 1, time, line, splitPart.training);
    });
    if (log.length === 0) throw dataError(file.path, undefined, `expected people with ${minRows} rows or more ("dataset.minRows")`);
    const kept = [...counts.values()].filter((count) => count >= minRows).length;
    const cut = `${kept} of ${counts.size} people have ${minRows} or more of the file's rows and are kept, with ${log.length} rows`;
    return finishDataset(log, { name, feedback: "implicit", duplicates: "first", ratingFiles: [file], notes: [cut] });
  },
};

/** @param onRow gets the ids, seconds since 1970 or NaN, and the line */
function readRows(
  file: DataFile,
  choices: LastFm2kOptions["choices"],
  onRow: (user: string, artist: string, time: number, line: number) => void,
): void {
  const reader = new DelimitedReader(file, { delimiter: "\t", quotes: false });
  const header = headers[choices];
  const isHeader = reader.next() && header.every((column, at) => reader.text(at) === column);
  if (!isHeader) throw dataError(file.path, 1, `expected the columns ${header.join(", ")}`);
  while (reader.next()) {
    const user = reader.text(0);
    const artist = reader.text(1);
    if (user === "" || artist === "" || reader.fields < header.length) {
      throw dataError(file.path, reader.line, `expected ${header.length} columns, the first two not empty`);
    }
    onRow(user, artist, choices === "tagged" ? timeOf(reader, file) : Number.NaN, reader.line);
  }
}

function timeOf(reader: DelimitedReader, file: DataFile): number {
  const [day, month, year] = [3, 4, 5].map((column) => Number(reader.text(column)));
  const time = Date.UTC(year!, month! - 1, day!) / 1000;
  if (!Number.isFinite(time)) throw dataError(file.path, reader.line, "expected a day, a month and a year");
  return time;
}
