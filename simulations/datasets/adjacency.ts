/** Choices from files with one line a person: "user item item ...". Imports finish.ts. */
import { join } from "node:path";
import * as v from "valibot";
import { type DuplicateRule, duplicateRules } from "./assemble.ts";
import { type DataFile, dataError, findDataFile, kindOfPath, readDataFile } from "./data-file.ts";
import { type DatasetDefinition, splitPart } from "./dataset.ts";
import { finishDataset } from "./finish.ts";
import { InteractionLog } from "./interaction-log.ts";
import { pathOption } from "./section.ts";

/** Options of the adjacency loader. */
export interface AdjacencyOptions {
  readonly name: "adjacency";
  /** One file, or the folder of `train`, `valid` and `test`. */
  readonly path: string;
  readonly train: string;
  readonly valid: string;
  readonly test: string;
  readonly duplicates: DuplicateRule;
}

/** Files of one line a person, as the graph recommenders' codes use them. */
export const adjacency: DatasetDefinition<AdjacencyOptions> = {
  name: "adjacency",
  summary: "choices, one line a person: user item item ...; with a given split when train and test are separate files",
  source: "yours, or a data set in the form of the LightGCN line of codes",
  licence: "that of your data",
  bundled: false,
  usage: "dataset: { name: adjacency, path: FILE or FOLDER with train.txt, valid.txt, test.txt }",
  options: v.strictObject({
    name: v.literal("adjacency"),
    path: pathOption("expected a file with one line a person, or the folder of train.txt, valid.txt and test.txt (plain or .gz)"),
    train: v.optional(v.string(), "train.txt"),
    valid: v.optional(v.string(), "valid.txt"),
    test: v.optional(v.string(), "test.txt"),
    duplicates: v.optional(v.picklist(duplicateRules), "last"),
  }),
  async load(options) {
    const log = new InteractionLog(1 << 20);
    const files: DataFile[] = [];
    const isFolder = (await kindOfPath(options.path)) === "folder";
    if (isFolder) {
      for (const [name, part] of [
        [options.train, splitPart.training],
        [options.valid, splitPart.validation],
        [options.test, splitPart.test],
      ] as const) {
        const path = join(options.path, name);
        if (part !== splitPart.training && (await findDataFile(path)) === undefined) continue;
        const file = await readDataFile(path);
        files.push(file);
        readAdjacency(file, part, log);
      }
    } else {
      const file = await readDataFile(options.path);
      files.push(file);
      readAdjacency(file, splitPart.training, log);
    }
    return finishDataset(log, {
      name: options.name,
      feedback: "implicit",
      duplicates: options.duplicates,
      ratingFiles: files,
      hasParts: files.length > 1,
    });
  },
};

/**
 * Appends every pair of a file to the log. Blanks and tabs separate; a line may name a person without items.
 *
 * @throws CofactorError DATA_INVALID when the file has no pair at all, or holds a comma
 */
function readAdjacency(file: DataFile, part: number, log: InteractionLog): void {
  const { bytes } = file;
  log.startFile(file.path);
  const before = log.length;
  let line = 1;
  let user = -1;
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte === 0x0a) {
      line++;
      user = -1;
      at++;
    } else if (byte === 0x20 || byte === 0x09 || byte === 0x0d) at++;
    else {
      const from = at;
      while (at < bytes.length && bytes[at]! > 0x20) {
        if (bytes[at] === 0x2c)
          throw dataError(file.path, line, "expected ids separated by blanks, found a comma; for CSV set the name to csv");
        at++;
      }
      // A control character that neither separates nor belongs to an id.
      if (at === from) throw dataError(file.path, line, "expected ids separated by blanks, found a control character");
      if (user < 0) user = log.users.ofBytes(bytes, from, at);
      else log.push(user, log.items.ofBytes(bytes, from, at), 1, Number.NaN, line, part);
    }
  }
  if (log.length === before) throw dataError(file.path, undefined, 'expected lines "user item item ...", found no pair');
}
