/** Official folds from files of their own: which part each rating of a matrix belongs to. Imports delimited-ratings.ts. */
import { type DataFile, dataError } from "./data-file.ts";
import type { Dataset } from "./dataset.ts";
import { type RatingsFormat, readRatings } from "./delimited-ratings.ts";
import { InteractionLog } from "./interaction-log.ts";

const unset = 255;

/**
 * Finds every row of a fold's files in the data.
 *
 * @returns [ratings] of `splitPart`
 * @throws CofactorError DATA_INVALID unless the files hold each rating of the data exactly once, with the same value
 */
export function partitionFromFiles(
  dataset: Dataset,
  files: readonly { readonly file: DataFile; readonly part: number }[],
  format: RatingsFormat,
): Uint8Array {
  const { matrix } = dataset;
  const userIndex = new Map(dataset.userIds.map((id, index) => [id, index]));
  const itemIndex = new Map(dataset.itemIds.map((id, index) => [id, index]));
  const parts = new Uint8Array(matrix.itemIndex.length).fill(unset);
  for (const { file, part } of files) {
    const log = new InteractionLog();
    readRatings(file, format, log);
    const users = log.users.sorted();
    const items = log.items.sorted();
    for (let row = 0; row < log.length; row++) {
      const user = userIndex.get(users.ids[users.rankOf[log.user[row]!]!]!) ?? -1;
      const item = itemIndex.get(items.ids[items.rankOf[log.item[row]!]!]!) ?? -1;
      const at = user < 0 || item < 0 ? -1 : find(matrix.itemIndex, matrix.rowStart[user]!, matrix.rowStart[user + 1]!, item);
      if (at < 0 || matrix.values[at] !== log.value[row])
        throw dataError(file.path, log.line[row], "expected a rating that the data holds");
      if (parts[at] !== unset)
        throw dataError(file.path, log.line[row], "expected each rating in one part of the fold, this one is in two");
      parts[at] = part;
    }
  }
  if (parts.includes(unset)) {
    const names = files.map(({ file }) => file.path).join(" and ");
    throw dataError(names, undefined, "expected the fold's files to hold every rating of the data together, some are missing");
  }
  return parts;
}

/** Position of `item` in the ascending part of `indices`, or -1. */
function find(indices: Int32Array, from: number, to: number, item: number): number {
  let low = from;
  let high = to - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (indices[middle]! < item) low = middle + 1;
    else if (indices[middle]! > item) high = middle - 1;
    else return middle;
  }
  return -1;
}
