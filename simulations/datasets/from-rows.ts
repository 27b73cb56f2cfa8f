/** A data set from rows in memory, for callers that have their own. Imports finish.ts. */
import { createHash } from "node:crypto";
import { CofactorError } from "../../shared/errors.ts";
import type { DuplicateRule } from "./assemble.ts";
import { type Dataset, splitPart } from "./dataset.ts";
import { finishDataset } from "./finish.ts";
import { InteractionLog } from "./interaction-log.ts";

/** One interaction: person, item, value (1 for implicit feedback), and when, if known. */
export type InteractionRow = readonly [user: string | number, item: string | number, value: number, time?: number];

/** What to say about the rows. */
export interface FromRowsOptions {
  readonly name: string;
  readonly feedback?: "explicit" | "implicit";
  /** Default "last". */
  readonly duplicates?: DuplicateRule;
  readonly ratingRange?: readonly [number, number];
}

/**
 * Builds a data set from rows. Its sha256 is that of the rows as JSON lines.
 *
 * @throws CofactorError DATA_INVALID for no rows, an empty id, a value that is not finite or out of range, or a duplicate under "error"
 */
export function datasetFromRows(rows: readonly InteractionRow[], options: FromRowsOptions): Dataset {
  const log = new InteractionLog(rows.length);
  const hash = createHash("sha256");
  const [low, high] = options.ratingRange ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  const feedback = options.feedback ?? "explicit";
  log.startFile(options.name);
  if (rows.length === 0) throw new CofactorError("DATA_INVALID", `${options.name}: expected at least one row`);
  for (const [index, [user, item, value, time]] of rows.entries()) {
    const isValid = String(user) !== "" && String(item) !== "" && value >= low && value <= high;
    if (!isValid)
      throw new CofactorError("DATA_INVALID", `${options.name}:${index + 1}: expected a user, an item and a finite value in range`);
    log.push(
      log.users.of(String(user)),
      log.items.of(String(item)),
      feedback === "implicit" ? 1 : value,
      time ?? Number.NaN,
      index + 1,
      splitPart.training,
    );
    hash.update(`${JSON.stringify([String(user), String(item), value, time ?? null])}\n`);
  }
  return finishDataset(log, {
    name: options.name,
    feedback,
    duplicates: options.duplicates ?? "last",
    ratingRange: options.ratingRange,
    ratingFiles: [{ name: options.name, sha256: hash.digest("hex") }],
  });
}
