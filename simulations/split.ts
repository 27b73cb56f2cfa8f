/**
 * How data is split into training, validation and test, so that a figure can be believed and repeated.
 * Imports datasets/dataset.ts, partition.ts, shared.
 */
import * as v from "valibot";
import { CofactorError } from "../shared/errors.ts";
import type { RatingMatrix } from "../shared/math/ratings.ts";
import { createRng, type Rng } from "../shared/random.ts";
import { type Dataset, type InteractionMatrix, splitPart } from "./datasets/dataset.ts";
import { hashParts, selectPart } from "./partition.ts";

const seed = v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0);
const fraction = (fallback: number): v.OptionalSchema<v.GenericSchema<number>, number> =>
  v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.9)), fallback);

/** Per person one test and one validation item; order "latest" is by (time, row), "random" by seed. */
export interface LeaveOneOutOptions {
  readonly kind: "leave-one-out";
  readonly order: "latest" | "random";
  /** Read by order "random" alone. */
  readonly seed: number;
}

/** Shares of all ratings, drawn by seed. */
export interface RandomSplitOptions {
  readonly kind: "random";
  readonly testFraction: number;
  readonly validationFraction: number;
  readonly seed: number;
}

/** A split that comes with the data. */
export interface GivenSplitOptions {
  readonly kind: "given";
  /** The first of the data's folds when left out. */
  readonly fold?: string | number | undefined;
  /** Share of the training side cut off by seed, where the fold brings no validation part of its own. */
  readonly validationFraction: number;
  readonly seed: number;
}

/** The section `split` of a scenario. */
export type SplitOptions = LeaveOneOutOptions | RandomSplitOptions | GivenSplitOptions;

/** Schema of the section, with defaults. */
export const splitOptions: v.GenericSchema<unknown, SplitOptions> = v.variant("kind", [
  v.strictObject({ kind: v.literal("leave-one-out"), order: v.optional(v.picklist(["latest", "random"]), "latest"), seed }),
  v.strictObject({ kind: v.literal("random"), testFraction: fraction(0.1), validationFraction: fraction(0.1), seed }),
  v.strictObject({ kind: v.literal("given"), fold: v.optional(v.union([v.string(), v.number()])), validationFraction: fraction(0), seed }),
]);

/** Training, validation and test over the same people and items. */
export interface Split {
  readonly kind: SplitOptions["kind"];
  /** For the label of every figure: "leave-one-out", "given fold 1", ... */
  readonly label: string;
  readonly training: RatingMatrix;
  readonly validation: RatingMatrix;
  readonly test: RatingMatrix;
  /** SHA-256 over the canonical bytes of the three parts; see `hashParts`. */
  readonly hash: string;
  readonly counts: SplitCounts;
  /** What a reader should know: who is not evaluated, ... */
  readonly notes: readonly string[];
}

/** How much fell into each part. */
export interface SplitCounts {
  readonly training: number;
  readonly validation: number;
  readonly test: number;
  /** People with at least one test item. */
  readonly testUsers: number;
  /** People with at least one validation item. */
  readonly validationUsers: number;
}

/**
 * Splits a data set.
 *
 * Guarantees: the parts partition the ratings; the same data and options give the same parts and hash everywhere; training
 * knows nothing of the other parts.
 *
 * @throws CofactorError CONFIG_INVALID for a fold that the data does not have, or fractions that leave nothing to train on
 */
export async function splitDataset(dataset: Dataset, options: SplitOptions): Promise<Split> {
  if (options.kind === "leave-one-out") return leaveOneOut(dataset, options);
  if (options.kind === "random") return random(dataset, options);
  return await given(dataset, options);
}

function leaveOneOut(dataset: Dataset, { order, seed }: LeaveOneOutOptions): Split {
  const { matrix } = dataset;
  const parts = new Uint8Array(matrix.itemIndex.length);
  const root = createRng(seed, "split", "leave-one-out");
  let short = 0;
  for (let user = 0; user < matrix.users; user++) {
    const from = matrix.rowStart[user]!;
    const to = matrix.rowStart[user + 1]!;
    if (to - from < 3) short++;
    else if (order === "latest") markLatest(matrix, from, to, parts);
    else markDrawn(root.fork(user), from, to, parts);
  }
  const notes = [`${short} people with fewer than 3 interactions stay wholly in training and are not evaluated`];
  if (order === "latest" && matrix.times === undefined) {
    notes.push('the data has no times: "latest" means the last row, which may mean nothing; split.order "random" draws instead');
  }
  const label = order === "latest" ? "leave-one-out" : `leave-one-out (drawn, seed ${seed})`;
  return makeSplit("leave-one-out", label, matrix, parts, notes);
}

/** Marks the last two by (time, row). */
function markLatest({ times, rows }: InteractionMatrix, from: number, to: number, parts: Uint8Array): void {
  const isLater = (a: number, b: number): boolean => {
    if (times !== undefined && times[a] !== times[b]) return times[a]! > times[b]!;
    return rows[a]! > rows[b]!;
  };
  let last = from;
  let second = -1;
  for (let at = from + 1; at < to; at++) {
    if (isLater(at, last)) {
      second = last;
      last = at;
    } else if (second < 0 || isLater(at, second)) second = at;
  }
  parts[last] = splitPart.test;
  parts[second] = splitPart.validation;
}

function markDrawn(rng: Rng, from: number, to: number, parts: Uint8Array): void {
  const test = from + rng.below(to - from);
  let validation = from + rng.below(to - from - 1);
  if (validation >= test) validation++;
  parts[test] = splitPart.test;
  parts[validation] = splitPart.validation;
}

function random(dataset: Dataset, { testFraction, validationFraction, seed }: RandomSplitOptions): Split {
  const { matrix } = dataset;
  const count = matrix.itemIndex.length;
  if (testFraction + validationFraction >= 1) {
    throw new CofactorError("CONFIG_INVALID", '"split": expected testFraction + validationFraction below 1');
  }
  const parts = new Uint8Array(count);
  const test = Math.round(count * testFraction);
  const drawn = draw(createRng(seed, "split", "random"), everything(count), test + Math.round(count * validationFraction));
  for (let at = 0; at < drawn.length; at++) parts[drawn[at]!] = at < test ? splitPart.test : splitPart.validation;
  return makeSplit("random", `random ${percent(testFraction)} test, seed ${seed}`, matrix, parts, []);
}

async function given(dataset: Dataset, { fold, validationFraction, seed }: GivenSplitOptions): Promise<Split> {
  const { matrix, given: folds } = dataset;
  if (folds === undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"split.kind" given: the data "${dataset.name}" comes without a split; expected leave-one-out or random`,
    );
  }
  const name = fold === undefined ? folds.names[0]! : String(fold);
  if (!folds.names.includes(name)) {
    throw new CofactorError("CONFIG_INVALID", `"split.fold" expected one of ${folds.names.join(", ")}, got "${name}"`);
  }
  const parts = await folds.partition(name);
  const notes: string[] = [];
  const hasValidation = parts.includes(splitPart.validation);
  if (hasValidation && validationFraction > 0)
    notes.push("split.validationFraction was not used: the fold has a validation part of its own");
  if (!hasValidation && validationFraction > 0) {
    const training = everything(parts.length).filter((at) => parts[at] === splitPart.training);
    for (const at of draw(createRng(seed, "split", "given", name), training, Math.round(training.length * validationFraction))) {
      parts[at] = splitPart.validation;
    }
    notes.push(`validation: ${percent(validationFraction)} of the training side, seed ${seed}`);
  }
  return makeSplit("given", folds.names.length === 1 ? "given split" : `given fold ${name}`, matrix, parts, notes);
}

/** The first `count` of a random order of `from`, which is reordered. */
function draw(rng: Rng, from: Int32Array, count: number): Int32Array {
  for (let at = 0; at < count; at++) {
    const other = at + rng.below(from.length - at);
    const kept = from[at]!;
    from[at] = from[other]!;
    from[other] = kept;
  }
  return from.subarray(0, count);
}

function everything(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, index) => index);
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(4))} %`;
}

function makeSplit(kind: Split["kind"], label: string, matrix: RatingMatrix, parts: Uint8Array, notes: readonly string[]): Split {
  const training = selectPart(matrix, parts, splitPart.training);
  const validation = selectPart(matrix, parts, splitPart.validation);
  const test = selectPart(matrix, parts, splitPart.test);
  const counts = {
    training: training.values.length,
    validation: validation.values.length,
    test: test.values.length,
    testUsers: usersWithRatings(test),
    validationUsers: usersWithRatings(validation),
  };
  return { kind, label, training, validation, test, hash: hashParts([training, validation, test]), counts, notes };
}

function usersWithRatings({ users, rowStart }: RatingMatrix): number {
  let count = 0;
  for (let user = 0; user < users; user++) if (rowStart[user + 1]! > rowStart[user]!) count++;
  return count;
}
