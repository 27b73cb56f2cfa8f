/**
 * One number for each item, and one for each of a few directions of the whole table: vector-based adaptation, seen as a public linear map.
 * Imports the seam, rows, scaling, math, random, valibot.
 *
 * VeRA writes a change of a table as diag(b) B diag(d) A with public random B, [items x rank], and A, [rank x width], and trains the vectors b,
 * [items], and d, [rank], alone. That is linear in neither: here b and d are taken around ones, where a change of b_j moves item j along its own
 * direction B_j A, and a change of d_k moves all items along B_jk A_k. Of these items + rank tables one is superfluous (all d_k together do what all
 * b_j together do). The others, made orthonormal, are the map: a device sends the gradient by b and d, and what is read of the sum is the nearest
 * table that b and d can make. Hence a row learns one direction a round: drawn
 * anew in every round (the default) they cover everything in time; drawn once, as the paper has it, a model learns a line for each item. What a
 * deeper network makes up for elsewhere, nothing makes up for here.
 *
 * Tensors of one column are sent whole. `scaling` as in low-rank.ts, with 1 for rank. Costs rank x items x width a contribution.
 *
 * Source: Kopiczko et al. 2024, https://arxiv.org/abs/2310.11454
 */
import * as v from "valibot";
import { CofactorError } from "../errors.ts";
import { addScaled, dot } from "../math/linear.ts";
import { sizeOf } from "../models/model.ts";
import { createRng, type Rng } from "../random.ts";
import { rowTensors } from "./rows.ts";
import { type Scaling, scalingFactor } from "./scaling.ts";
import type { SharingDefinition } from "./sharing.ts";

/** Options of vectors instead of tables. */
export interface VeraOptions {
  readonly kind: "vera";
  /** Directions of the whole table. */
  readonly rank: number;
  readonly redraw: "never" | "each-round";
  readonly scaling: Scaling;
}

/** The map of one tensor in one round. */
interface VectorMap {
  /** [items x width] each row of norm 1: the direction of the item. */
  readonly rows: Float64Array;
  /** [(rank - 1) x items x width] orthonormal tables, every row orthogonal to the item's direction. */
  readonly tables: Float64Array;
}

/** Vectors instead of tables. */
export const vera: SharingDefinition<VeraOptions> = {
  kind: "vera",
  summary: "One number for each item, along public directions, and a few for the whole table.",
  source: "Kopiczko et al. 2024, https://arxiv.org/abs/2310.11454",
  options: v.strictObject({
    kind: v.literal("vera"),
    rank: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)), 4),
    redraw: v.optional(v.picklist(["never", "each-round"]), "each-round"),
    scaling: v.optional(v.picklist(["none", "standard", "rs"]), "none"),
  }),
  create({ rank, redraw, scaling }, { items, contribution, label }) {
    const tensors = rowTensors("vera", contribution, items);
    if (tensors.every(({ width }) => width === 1) || rank > items) {
      throw new CofactorError(
        "CONFIG_INVALID",
        `sharing "vera" expected rows of several values and "rank" up to ${items}, the items, got rank ${rank} and rows of ${Math.max(...tensors.map(({ width }) => width))}; nearest: sharing all`,
      );
    }
    // What the directions of the whole table are alone: those of the items have one of them already.
    const tables = rank - 1;
    const spec = tensors.flatMap(({ name, width }) => {
      const perItem = { name, shape: [items] };
      return width === 1 || tables === 0 ? [perItem] : [perItem, { name: `${name} directions`, shape: [tables] }];
    });
    const size = sizeOf(spec);
    const whole = sizeOf(contribution);
    let known: { readonly round: number; readonly maps: readonly (VectorMap | undefined)[] } | undefined;
    const mapsIn = (round: number): readonly (VectorMap | undefined)[] => {
      const key = redraw === "never" ? 0 : round;
      if (known?.round !== key) {
        const rngOf = (name: string): Rng => createRng(0, "vera", label, name, key);
        known = {
          round: key,
          maps: tensors.map(({ name, width }) => (width === 1 ? undefined : drawMap(items, rank, width, rngOf(name)))),
        };
      }
      return known.maps;
    };
    // Numbers of the whole table travel divided by the root of the items: then none is larger than the root of a row's length says.
    const root = Math.sqrt(items);
    const gainOf = (width: number): number => scalingFactor(scaling, width, 1);
    const variance = tensors.reduce((sum, { width }) => sum + (width === 1 ? items : gainOf(width) ** 2 * items * rank), 0) / whole;
    return {
      kind: "vera",
      size,
      spec,
      encode(values, round) {
        const out = new Float64Array(size);
        let to = 0;
        for (const [index, map] of mapsIn(round).entries()) {
          const { at, width } = tensors[index]!;
          if (map === undefined) out.set(values.subarray(at, at + items), to);
          else {
            const length = items * width;
            for (let item = 0; item < items; item++) out[to + item] = dot(values, at + item * width, map.rows, item * width, width);
            for (let k = 0; k < tables; k++) out[to + items + k] = dot(values, at, map.tables, k * length, length) / root;
          }
          to += map === undefined ? items : items + tables;
        }
        return out;
      },
      decode(sum, round) {
        const out = new Float64Array(whole);
        let from = 0;
        for (const [index, map] of mapsIn(round).entries()) {
          const { at, width } = tensors[index]!;
          if (map === undefined) out.set(sum.subarray(from, from + items), at);
          else {
            const length = items * width;
            const gain = gainOf(width);
            for (let item = 0; item < items; item++) {
              addScaled(out, at + item * width, gain * sum[from + item]!, map.rows, item * width, width);
            }
            for (let k = 0; k < tables; k++) addScaled(out, at, gain * root * sum[from + items + k]!, map.tables, k * length, length);
          }
          from += map === undefined ? items : items + tables;
        }
        return out;
      },
      noiseGain: Math.sqrt(variance),
      entryGain: Math.sqrt(Math.max(...tensors.map(({ width }) => width))),
    };
  },
};

/** B and A of normal numbers; the rows B_j A made unit; the tables B_jk A_k made orthonormal, and orthogonal to the rows, twice for the roundings. */
function drawMap(items: number, rank: number, width: number, rng: Rng): VectorMap {
  const left = Float64Array.from({ length: items * rank }, () => rng.normal());
  const right = Float64Array.from({ length: rank * width }, () => rng.normal());
  const length = items * width;
  const rows = new Float64Array(length);
  const tables = new Float64Array((rank - 1) * length);
  for (let item = 0; item < items; item++) {
    const at = item * width;
    for (let k = 0; k < rank; k++) {
      addScaled(rows, at, left[item * rank + k]!, right, k * width, width);
      if (k < rank - 1) addScaled(tables, k * length + at, left[item * rank + k]!, right, k * width, width);
    }
    normalize(rows, at, width);
  }
  for (let k = 0; k < rank - 1; k++) {
    const at = k * length;
    for (let pass = 0; pass < 2; pass++) {
      for (let from = 0; from < length; from += width)
        addScaled(tables, at + from, -dot(tables, at + from, rows, from, width), rows, from, width);
      for (let other = 0; other < at; other += length)
        addScaled(tables, at, -dot(tables, at, tables, other, length), tables, other, length);
    }
    normalize(tables, at, length);
  }
  return { rows, tables };
}

/** Makes a vector of norm 1, in place. */
function normalize(values: Float64Array, at: number, length: number): void {
  const norm = Math.sqrt(dot(values, at, values, at, length));
  for (let i = at; i < at + length; i++) values[i] = values[i]! / norm;
}
