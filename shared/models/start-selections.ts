/** Ways from an item's many public features to a few factors. A new one is an entry of the list. Imports math, random. */
import { eigenOf } from "../math/definite.ts";
import { addOuter, dot, packedSize } from "../math/linear.ts";
import type { Rng } from "../random.ts";

/** Features of mean zero over the items. */
export interface CenteredFeatures {
  readonly items: number;
  readonly count: number;
  /** [items x count]. */
  readonly values: Float64Array;
  /** [count]. */
  readonly variances: Float64Array;
}

/** A way to choose. */
export interface Selection {
  readonly name: string;
  /**
   * [items x width] at most `width` columns of mean zero, fewer where the features vary in fewer; row-major.
   * @param rng only what draws reads it
   */
  columns(features: CenteredFeatures, width: number, rng: Rng): Float64Array;
}

/** The ways that a start may name. */
export const selections: readonly Selection[] = [
  {
    name: "components",
    columns(features, width) {
      const { items, count, values } = features;
      const covariance = new Float64Array(packedSize(count));
      for (let item = 0; item < items; item++) addOuter(covariance, 0, 1 / items, values, item * count, count);
      const { values: variances, vectors } = eigenOf(covariance, count);
      const order = descending(Float64Array.from(variances), varying(Float64Array.from(variances))).slice(0, width);
      const columns = new Float64Array(items * order.length);
      const axis = new Float64Array(count);
      for (const [place, component] of order.entries()) {
        for (let f = 0; f < count; f++) axis[f] = vectors[f * count + component]!;
        for (let item = 0; item < items; item++) columns[item * order.length + place] = dot(axis, 0, values, item * count, count);
      }
      return columns;
    },
  },
  {
    name: "variance",
    columns: (features, width) => pick(features, descending(features.variances, varying(features.variances)).slice(0, width)),
  },
  {
    name: "uniform",
    columns(features, width) {
      const known = varying(features.variances);
      const taken = Math.min(width, known.length);
      return pick(
        features,
        Array.from({ length: taken }, (_, place) => known[Math.floor(((place + 0.5) * known.length) / taken)]!),
      );
    },
  },
  {
    name: "random",
    columns(features, width, rng) {
      const known = varying(features.variances);
      for (let place = 0; place < Math.min(width, known.length); place++) {
        const other = place + rng.below(known.length - place);
        [known[place], known[other]] = [known[other]!, known[place]!];
      }
      return pick(features, known.slice(0, width));
    },
  },
];

/** Variances of less than this share of the greatest are rounding. */
const leastShare = 1e-12;

/** The columns that vary, ascending. */
function varying(variances: Float64Array): number[] {
  const greatest = variances.reduce((most, variance) => Math.max(most, variance), 0);
  return [...variances.keys()].filter((column) => variances[column]! > leastShare * greatest);
}

/** Columns by variance, the greatest first; equal ones in their order. */
function descending(variances: Float64Array, columns: readonly number[]): number[] {
  return [...columns].sort((a, b) => variances[b]! - variances[a]! || a - b);
}

function pick({ items, count, values }: CenteredFeatures, columns: readonly number[]): Float64Array {
  const width = columns.length;
  return Float64Array.from({ length: items * width }, (_, at) => values[Math.floor(at / width) * count + columns[at % width]!]!);
}
