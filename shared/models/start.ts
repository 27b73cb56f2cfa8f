/**
 * How the items' factors begin: drawn; from public features of the items (tags, words of a text, numbers), which cost no privacy; or with factors
 * that agents found in people's ratings without anybody seeing these (shared/peer/spectral), brought by whoever initializes the model.
 * One mechanism for every model with item factors. Imports errors, math, random, item-features.ts, start-selections.ts.
 *
 * Source: public features in private factorization, Curmei et al. 2023, https://arxiv.org/abs/2309.11516
 */
import * as v from "valibot";
import { CofactorError } from "../errors.ts";
import { addScaled } from "../math/linear.ts";
import type { Rng } from "../random.ts";
import { drawFactors } from "./descent.ts";
import { knownFeatures } from "./item-features.ts";
import type { ModelShape } from "./model.ts";
import { positive } from "./options.ts";
import { type CenteredFeatures, selections } from "./start-selections.ts";

/** The section `start` of a model. */
export type StartSection =
  | { readonly kind: "random" }
  | {
      readonly kind: "features";
      /** How features become factors: the first principal components, or columns: of the greatest variance, evenly spaced, or drawn. */
      readonly selection: string;
      /** Standard deviation of the widest factor, as a multiple of what is drawn otherwise; the others keep their proportion to it. */
      readonly scale: number;
    }
  | {
      readonly kind: "spectral";
      /** As above. */
      readonly scale: number;
      /** How they are found: over how many agents people are dealt out, in how many iterations, with how many phases of mixing each. */
      readonly agents: number;
      readonly rounds: number;
      readonly mixing: number;
    };

const count = (least: number, fallback: number): v.OptionalSchema<v.GenericSchema<number>, number> =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(10_000)), fallback);

/** The option `start`, to be spread into a model's options. */
export const startOptions: { readonly start: v.OptionalSchema<v.GenericSchema<unknown, StartSection>, { readonly kind: "random" }> } = {
  start: v.optional(
    v.variant("kind", [
      v.strictObject({ kind: v.literal("random") }),
      v.strictObject({
        kind: v.literal("features"),
        selection: v.optional(v.picklist(selections.map(({ name }) => name)), "components"),
        scale: positive(1),
      }),
      v.strictObject({ kind: v.literal("spectral"), scale: positive(1), agents: count(6, 20), rounds: count(1, 6), mixing: count(1, 10) }),
    ]),
    { kind: "random" },
  ),
};

/** The table to fill. */
export interface StartTable {
  readonly rank: number;
  /** Zeros behind the factors of a row; default 0. */
  readonly extra?: number;
  readonly stddev: number;
}

/**
 * Item factors to begin with: [items x (rank + extra)].
 *
 * Factors beyond the number of features that vary are drawn. What is drawn is the same whichever way the section says.
 * @throws CofactorError CONFIG_INVALID when features are asked for and their values are not here
 */
export function startFactors(section: StartSection, shape: ModelShape, { rank, extra = 0, stddev }: StartTable, rng: Rng): Float64Array {
  const rows = drawFactors(rng, shape.items, rank, extra, stddev);
  if (section.kind === "random") return rows;
  const columns = section.kind === "features" ? chosen(section.selection, shape, rank, rng.fork("start")) : given(shape, rank);
  const width = columns.length / shape.items;
  const unit = (section.scale * stddev) / widest(columns, width);
  for (let item = 0; item < shape.items; item++) {
    for (let f = 0; f < width; f++) rows[item * (rank + extra) + f] = unit * columns[item * width + f]!;
  }
  return rows;
}

/** Columns that features become. */
function chosen(name: string, shape: ModelShape, rank: number, rng: Rng): Float64Array {
  return selections.find((selection) => selection.name === name)!.columns(centered(shape), rank, rng);
}

/** The first columns of what is brought. */
function given({ items, itemStart }: ModelShape, rank: number): Float64Array {
  if (itemStart === undefined || itemStart.values.length !== items * itemStart.count || !itemStart.values.every(Number.isFinite)) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"model.start" spectral expected finite factors of ${items} items, which agents found (simulate, or defineRun with itemStart), got ${itemStart === undefined ? "none" : `${itemStart.values.length} values of ${itemStart.count}`}`,
    );
  }
  const { count, values } = itemStart;
  const width = Math.min(rank, count);
  return Float64Array.from({ length: items * width }, (_, at) => values[Math.floor(at / width) * count + (at % width)]!);
}

function centered(shape: ModelShape): CenteredFeatures {
  const { items } = shape;
  const features = knownFeatures(shape);
  if (features === undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"model.start" expected items with public features (serve --item-features, or defineRun), got none',
    );
  }
  const { count, values } = features;
  const mean = new Float64Array(count);
  for (let item = 0; item < items; item++) addScaled(mean, 0, 1 / items, values, item * count, count);
  const away = values.slice();
  const variances = new Float64Array(count);
  for (let item = 0; item < items; item++) {
    addScaled(away, item * count, -1, mean, 0, count);
    for (let f = 0; f < count; f++) variances[f] = variances[f]! + away[item * count + f]! ** 2 / items;
  }
  return { items, count, values: away, variances };
}

/** Root of the mean square of the widest column; 1 where all are zero. */
function widest(columns: Float64Array, width: number): number {
  const squares = new Float64Array(width);
  for (let at = 0; at < columns.length; at++) squares[at % width] = squares[at % width]! + columns[at]! ** 2;
  return Math.sqrt(squares.reduce((most, sum) => Math.max(most, sum), 0) / (columns.length / width)) || 1;
}
