/**
 * Nonnegative matrix factorization of explicit ratings by HALS, federated exactly: devices contribute the statistics of the item side's
 * systems, the server sweeps over them. Factors add up and never cancel, so that each reads as a theme. May import math, random, registry.
 *
 * Objective: sum over ratings (r - r0 - p.q)^2 + l2 [sum_u n_u |p_u|^2 + sum_i n_i |q_i|^2] over p, q >= 0; see nonnegative-ratings.ts.
 *
 * Source: Cichocki and Phan 2009, https://doi.org/10.1587/transfun.E92.A.708
 */
import * as v from "valibot";
import { addDiagonal } from "../math/linear.ts";
import { sweepNonnegative } from "../math/nonnegative.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { createNonnegativeRatings } from "./nonnegative-ratings.ts";
import { count, positive, rank as rankOption } from "./options.ts";
import { rangeFor, ratingSpan } from "./range.ts";
import { type StartSection, startOptions } from "./start.ts";

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

function createNmf(options: NmfOptions, shape: ModelShape): Model<Float64Array> {
  const { rank, l2, sweeps } = options;
  const { items } = shape;
  const { contribution, packed, targetAt, countAt, drawItems, device } = createNonnegativeRatings({ ...options, l1: 0 }, shape);
  return {
    ...device,
    kind: "nmf",
    parameters: { shared: [{ name: "itemFactors", shape: [items, rank] }], contribution, state: [] },
    initialize: (rng) => ({ shared: drawItems(rng), state: new Float64Array(0), round: 0 }),
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
  };
}
