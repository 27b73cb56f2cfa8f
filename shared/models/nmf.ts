/**
 * Nonnegative matrix factorization of explicit ratings by HALS, federated exactly: devices contribute the statistics of the item side's
 * systems, the server sweeps over them. Factors add up and never cancel, so that each reads as a theme. May import math, random, registry.
 *
 * Objective: sum over ratings (r - r0 - p.q)^2 + l2 [sum_u n_u |p_u|^2 + sum_i n_i |q_i|^2] over p, q >= 0, with r0 the least rating, so
 * that what is factored is nonnegative. Contribution per rated item: p p', (r - r0) p and a count.
 * Who has no ratings, or no factors, is predicted the global mean.
 *
 * Source: Cichocki and Phan 2009, https://doi.org/10.1587/transfun.E92.A.708
 */
import * as v from "valibot";
import { addDiagonal, addOuter, addScaled, dot, packedSize } from "../math/linear.ts";
import { sweepNonnegative } from "../math/nonnegative.ts";
import type { UserRatings } from "../math/ratings.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { count, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor, ratingSpan } from "./range.ts";
import { type StartSection, startFactors, startOptions } from "./start.ts";

/** Options of nonnegative factorization. */
export interface NmfOptions {
  readonly kind: "nmf";
  readonly rank: number;
  /** Penalty, counted once for every rating of a user or an item. */
  readonly l2: number;
  /** Passes over the entries of a factor vector in a round. */
  readonly sweeps: number;
  /** How the item factors begin. */
  readonly start: StartSection;
}

/** The definition of nonnegative factorization. */
export const nmf: ModelDefinition<NmfOptions> = {
  kind: "nmf",
  summary: "Explicit ratings; nonnegative factors by HALS from summed statistics, equal to centralised.",
  source: "Cichocki and Phan 2009, https://doi.org/10.1587/transfun.E92.A.708",
  options: v.strictObject({ kind: v.literal("nmf"), rank: rankOption(8), l2: positive(0.15), sweeps: count(5), ...startOptions }),
  rounds: 30,
  range: (_options, shape) => rangeFor(4 * ratingSpan(shape), 22),
  create: (options, shape) => createNmf(options, shape),
};

/** How many sweeps fit a person to fixed items from the start. */
const fitSweeps = 30;

function createNmf({ rank, l2, sweeps, start }: NmfOptions, shape: ModelShape): Model<Float64Array> {
  const { items } = shape;
  const [least, greatest] = shape.ratingRange ?? [0, Number.POSITIVE_INFINITY];
  const fallback = shape.globalMean ?? least;
  const packed = packedSize(rank);
  const targetAt = items * packed;
  const countAt = targetAt + items * rank;
  // A start at which rank equal factors predict the mean.
  const level = Math.sqrt(Math.max(0.1, fallback - least) / rank);
  const ownStart = (): Float64Array => new Float64Array(rank).fill(level);
  const normal = new Float64Array(packed);
  const target = new Float64Array(rank);
  const outer = new Float64Array(packed);

  function sweepUser(factors: Float64Array, initial: Float64Array, ratings: UserRatings, times: number): Float64Array {
    if (ratings.items.length === 0) return new Float64Array(rank);
    const own = initial.slice();
    normal.fill(0);
    target.fill(0);
    for (let index = 0; index < ratings.items.length; index++) {
      const at = ratings.items[index]! * rank;
      addOuter(normal, 0, 1, factors, at, rank);
      addScaled(target, 0, ratings.values[index]! - least, factors, at, rank);
    }
    addDiagonal(normal, 0, rank, l2 * ratings.items.length);
    sweepNonnegative(normal, 0, target, 0, own, 0, rank, times);
    return own;
  }

  return {
    kind: "nmf",
    objective: "rating",
    parameters: {
      shared: [{ name: "itemFactors", shape: [items, rank] }],
      contribution: [
        { name: "itemGram", shape: [items, packed] },
        { name: "itemTarget", shape: [items, rank] },
        { name: "itemCount", shape: [items] },
      ],
      state: [],
    },
    initialize: (rng) => ({
      shared: startFactors(start, shape, { rank, stddev: 1 }, rng).map((value) => level * Math.exp(0.5 * value)),
      state: new Float64Array(0),
      round: 0,
    }),
    open: (factors) => factors,
    createPrivate: () => new PrivatePart(ownStart()),
    fit: (factors, _initial, ratings) => new PrivatePart(sweepUser(factors, ownStart(), ratings, fitSweeps)),
    contribute(factors, initial, ratings, _rng, out) {
      const own = sweepUser(factors, initial.values, ratings, sweeps);
      out.fill(0, 0, countAt + items);
      outer.fill(0);
      addOuter(outer, 0, 1, own, 0, rank);
      for (let index = 0; index < ratings.items.length; index++) {
        const item = ratings.items[index]!;
        out.set(outer, item * packed);
        addScaled(out, targetAt + item * rank, ratings.values[index]! - least, own, 0, rank);
        out[countAt + item] = 1;
      }
      return { weight: 1, private: new PrivatePart(own) };
    },
    advance(current, aggregate) {
      const { values } = aggregate;
      const shared = current.shared.slice();
      const normals = values.slice(0, targetAt);
      for (let item = 0; item < items; item++) {
        const ratingCount = values[countAt + item]!;
        // Where nobody in the cohort rated the item, the row that stands stays.
        if (!(ratingCount >= 0.5)) continue;
        addDiagonal(normals, item * packed, rank, l2 * ratingCount);
        sweepNonnegative(normals, item * packed, values, targetAt + item * rank, shared, item * rank, rank, sweeps);
      }
      return { shared, state: current.state, round: current.round + 1 };
    },
    itemVectors: (values) => ({ values, length: rank, stride: rank }),
    score(factors, own, out, chosen) {
      const hasFactors = own.values.some((value) => value > 0);
      const length = chosen?.length ?? items;
      for (let index = 0; index < length; index++) {
        const rating = hasFactors ? least + dot(own.values, 0, factors, (chosen?.[index] ?? index) * rank, rank) : fallback;
        out[index] = Math.min(greatest, Math.max(least, rating));
      }
    },
  };
}
