/**
 * The seam for data sets: what a loader gives back and how it is described. One file per loader; index.ts lists them;
 * the suite in test/conformance/dataset.ts proves each. May import shared.
 */
import type * as v from "valibot";
import type { RatingMatrix } from "../../shared/math/ratings.ts";
import type { ItemFeatures } from "../../shared/models/model.ts";

/** Which part of a split an interaction belongs to: 0 training, 1 validation, 2 test. */
export const splitPart = { training: 0, validation: 1, test: 2 } as const;

/** Ratings row by row, with when and where each was found. */
export interface InteractionMatrix extends RatingMatrix {
  /** [ratings] when each was given, in the source's own unit (dates: seconds since 1970); undefined when the source has no times. */
  readonly times: Float64Array | undefined;
  /** [ratings] position in the files read, from 0: what breaks ties of time. */
  readonly rows: Int32Array;
}

/** Splits that come with the data. */
export interface GivenFolds {
  /** Names of the folds, at least one; the first is the default. */
  readonly names: readonly string[];
  /**
   * Which part each rating of the matrix belongs to: [ratings] of `splitPart`. The caller may write to it.
   *
   * @throws CofactorError DATA_INVALID when the fold's files do not fit the data
   */
  partition(name: string): Promise<Uint8Array>;
}

/** A fact about every person, for reports by group. */
export interface UserAttribute {
  readonly name: string;
  /** [users] the answer, or undefined when unknown. */
  readonly values: readonly (string | undefined)[];
  /** Where answers are whole numbers, not below 0: the least of each band that reports group them by, ascending, from 1. */
  readonly bands?: readonly number[];
}

/** Public facts about every item, by name. */
export interface NamedFeatures extends ItemFeatures {
  /** [count]. */
  readonly names: readonly string[];
}

/** A file that was read. */
export interface ReadFile {
  /** Name inside the data set, without a folder. */
  readonly name: string;
  /** SHA-256 of the unpacked content, hexadecimal. */
  readonly sha256: string;
}

/**
 * Real people's ratings, ready to split.
 *
 * Guarantees: indices follow the ids in order (whole numbers ascending, then other ids by code unit), so they do not depend on
 * the order of rows; within a row items ascend and occur once; every value is finite and inside `ratingRange`.
 */
export interface Dataset {
  readonly name: string;
  readonly matrix: InteractionMatrix;
  /** [users] the source's ids, as text. */
  readonly userIds: readonly string[];
  /** [items] the source's ids, as text. */
  readonly itemIds: readonly string[];
  /** [items] names to show, where the source has them. */
  readonly itemTitles?: readonly (string | undefined)[];
  /** What models may learn from beside ratings, where the source tells it. */
  readonly itemFeatures?: NamedFeatures;
  readonly userAttributes?: readonly UserAttribute[];
  /** "implicit": every value is 1 and means "chosen". */
  readonly feedback: "explicit" | "implicit";
  /** Least and greatest rating: declared by the source or, failing that, observed. [0, 1] for implicit feedback. */
  readonly ratingRange: readonly [number, number];
  /** Names the ratings read: of one file its content's SHA-256; of several, that of their lines "<sha256>  <name>\n". */
  readonly sha256: string;
  readonly files: readonly ReadFile[];
  /** What a reader of a figure should know: how duplicates were resolved, that times are missing, ... */
  readonly notes: readonly string[];
  readonly given?: GivenFolds;
}

/** A data set's entry in the index. `name` is what `dataset.name` of a scenario says. */
export interface DatasetDefinition<Options extends { name: string } = { name: string }> {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One sentence for `cofactor datasets`. */
  readonly summary: string;
  /** Where the data comes from: a link, and a citation where the authors ask for one. */
  readonly source: string;
  readonly licence: string;
  /** True when the data is part of the package. */
  readonly bundled: boolean;
  /** What to write into a scenario to use it. */
  readonly usage: string;
  /** Schema of the section `{name, ...}`; strict, with a default or a message for every option. */
  readonly options: v.GenericSchema<unknown, Options>;
  /**
   * Reads the data.
   *
   * @throws CofactorError DATA_INVALID naming file and line, and what was expected there
   */
  load(options: Options): Promise<Dataset>;
}
