/** The last step of every loader: from a log to a `Dataset`, with its range, hash and notes. May import shared. */
import { assemble, type DuplicateRule } from "./assemble.ts";
import { combinedSha256 } from "./data-file.ts";
import type { Dataset, GivenFolds, NamedFeatures, ReadFile, UserAttribute } from "./dataset.ts";
import type { InteractionLog } from "./interaction-log.ts";

/** What a loader knows beside the rows. */
export interface DatasetFacts {
  readonly name: string;
  readonly feedback: "explicit" | "implicit";
  readonly duplicates: DuplicateRule;
  /** The files that hold the ratings, in the order read. */
  readonly ratingFiles: readonly ReadFile[];
  /** Other files that were read. */
  readonly otherFiles?: readonly ReadFile[];
  /** Declared by the source; observed when left out. */
  readonly ratingRange?: readonly [number, number] | undefined;
  readonly notes?: readonly string[];
  /** True when the rows say which part of one given split they belong to. */
  readonly hasParts?: boolean;
  readonly titles?: (itemIds: readonly string[]) => (string | undefined)[];
  readonly features?: (itemIds: readonly string[]) => NamedFeatures;
  readonly attributes?: (userIds: readonly string[]) => UserAttribute[];
}

/** The name of the one fold of data whose rows carry their part. */
const onlyFold = "given";

/** @throws CofactorError DATA_INVALID as `assemble` does */
export function finishDataset(log: InteractionLog, facts: DatasetFacts): Dataset {
  const { matrix, userIds, itemIds, parts, duplicates } = assemble(log, facts.duplicates);
  const notes = [...(facts.notes ?? [])];
  if (duplicates > 0) notes.push(duplicateNote(duplicates, facts.duplicates, log.hasTimes));
  if (matrix.times === undefined) notes.push("the data has no times: the order of a person's interactions is that of the rows");
  const given: GivenFolds | undefined =
    facts.hasParts === true ? { names: [onlyFold], partition: () => Promise.resolve(parts.slice()) } : undefined;
  return {
    name: facts.name,
    matrix,
    userIds,
    itemIds,
    feedback: facts.feedback,
    ratingRange: facts.ratingRange ?? (facts.feedback === "implicit" ? [0, 1] : observedRange(matrix.values)),
    sha256: combinedSha256(facts.ratingFiles),
    files: [...facts.ratingFiles, ...(facts.otherFiles ?? [])].map(({ name, sha256 }) => ({ name, sha256 })),
    notes,
    ...(facts.titles === undefined ? {} : { itemTitles: facts.titles(itemIds) }),
    ...(facts.features === undefined ? {} : { itemFeatures: facts.features(itemIds) }),
    ...(facts.attributes === undefined ? {} : { userAttributes: facts.attributes(userIds) }),
    ...(given === undefined ? {} : { given }),
  };
}

function duplicateNote(count: number, rule: DuplicateRule, hasTimes: boolean): string {
  const order = rule === "last" || rule === "first" ? (hasTimes ? " by (time, row)" : " by row") : "";
  return `${count} duplicate (user, item) ${count === 1 ? "row" : "rows"} resolved by rule "${rule}"${order}`;
}

function observedRange(values: Float64Array): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
