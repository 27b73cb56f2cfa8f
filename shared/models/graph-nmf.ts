/**
 * Graph-regularized, sparse nonnegative factorization of explicit ratings, federated exactly: as nmf.ts, with factors of items drawn
 * towards those of items alike by their public features, and few factors a person. May import math, random, registry.
 *
 * Objective over p, q >= 0: sum over ratings (r - r0 - p.q)^2 + sum_u n_u (l2 |p_u|^2 + l1 |p_u|_1) + l2 sum_i n_i |q_i|^2
 * + graphWeight / 2 sum_ij a_ij |q_i - q_j|^2 (that is graphWeight tr Q'L Q), with a the graph of item-graph.ts. The server sweeps
 * over one item after the other, each beside its neighbors' newest factors: no round raises the objective. Devices do as those of
 * nmf.ts; the graph is public and stays in the server's state. An item that nobody ever rated gets its neighbors' mean.
 * Without public features what is left is sparse factorization.
 *
 * `graphWeight` counts as ratings do: it is one rating's worth a unit of degree, beside the ratings of the whole cohort.
 *
 * Source: Cai et al. 2011, https://doi.org/10.1109/TPAMI.2010.231 (multiplicative there); sparse codes: Hoyer 2002,
 * https://arxiv.org/abs/cs/0202009; sweeps: Cichocki and Phan 2009, https://doi.org/10.1587/transfun.E92.A.708
 */
import * as v from "valibot";
import { addDiagonal, addScaled } from "../math/linear.ts";
import { sweepNonnegative } from "../math/nonnegative.ts";
import { knownFeatures } from "./item-features.ts";
import { nearestItems, openGraph } from "./item-graph.ts";
import { type Model, type ModelDefinition, type ModelShape, sizeOf, tensorOf } from "./model.ts";
import { createNonnegativeRatings } from "./nonnegative-ratings.ts";
import { count, nonNegative, positive, rank as rankOption } from "./options.ts";
import { rangeFor, ratingSpan } from "./range.ts";
import { type StartSection, startOptions } from "./start.ts";

/** Options of graph-regularized factorization. */
export interface GraphNmfOptions {
  readonly kind: "graph-nmf";
  readonly rank: number;
  /** Penalty, counted once for every rating of a user or an item. */
  readonly l2: number;
  /** Penalty of the sum of a person's factors, counted likewise. */
  readonly l1: number;
  /** How strongly alike items are drawn together, in ratings. */
  readonly graphWeight: number;
  /** How many nearest an item is joined with. */
  readonly neighbors: number;
  /** Passes over the entries of a factor vector in a round. */
  readonly sweeps: number;
  /** How the item factors begin. */
  readonly start: StartSection;
}

/** The definition of graph-regularized factorization. */
export const graphNmf: ModelDefinition<GraphNmfOptions> = {
  kind: "graph-nmf",
  summary: "Explicit ratings; sparse nonnegative factors, items drawn towards those alike by public features, equal to centralised.",
  source: "Cai et al. 2011, https://doi.org/10.1109/TPAMI.2010.231",
  options: v.strictObject({
    kind: v.literal("graph-nmf"),
    rank: rankOption(8),
    l2: positive(0.1),
    l1: nonNegative(0.01),
    graphWeight: nonNegative(5),
    neighbors: count(10),
    sweeps: count(5),
    ...startOptions,
  }),
  rounds: 30,
  range: (_options, shape) => rangeFor(4 * ratingSpan(shape), 22),
  create: (options, shape) => createGraphNmf(options, shape),
};

function createGraphNmf(options: GraphNmfOptions, shape: ModelShape): Model<Float64Array> {
  const { rank, l2, graphWeight, sweeps } = options;
  const { items } = shape;
  const { contribution, packed, targetAt, countAt, drawItems, device } = createNonnegativeRatings(options, shape);
  // The one thing known of the features everywhere is how many there are.
  const neighbors = (shape.itemFeatures?.count ?? 0) > 0 ? Math.min(options.neighbors, items - 1) : 0;
  const state = [
    { name: "nearest", shape: [items, neighbors, 2] },
    { name: "isRated", shape: [items] },
  ];
  const nearestOf = (values: Float64Array): Float64Array => tensorOf(values, state, "nearest");
  const pull = new Float64Array(rank);

  return {
    ...device,
    kind: "graph-nmf",
    parameters: { shared: [{ name: "itemFactors", shape: [items, rank] }], contribution, state },
    initialize(rng) {
      const features = knownFeatures(shape);
      const initial = new Float64Array(sizeOf(state));
      if (features !== undefined) nearestOf(initial).set(nearestItems(features, items, neighbors));
      return { shared: drawItems(rng), state: initial, round: 0 };
    },
    advance(current, aggregate) {
      const { values } = aggregate;
      const graph = openGraph(nearestOf(current.state), items, neighbors);
      const shared = current.shared.slice();
      const nextState = current.state.slice();
      const isRated = tensorOf(nextState, state, "isRated");
      const normals = values.slice(0, targetAt);
      for (let item = 0; item < items; item++) {
        const ratingCount = values[countAt + item]!;
        if (ratingCount >= 0.5) isRated[item] = 1;
        // Where nobody in this cohort rated what others rated before, the row that stands stays.
        else if (isRated[item] === 1) continue;
        const known = ratingCount >= 0.5 ? 1 : 0;
        pull.fill(0);
        addScaled(pull, 0, known, values, targetAt + item * rank, rank);
        for (let at = graph.rowStart[item]!; at < graph.rowStart[item + 1]!; at++) {
          addScaled(pull, 0, graphWeight * graph.weight[at]!, shared, graph.neighbor[at]! * rank, rank);
        }
        if (known === 0) normals.fill(0, item * packed, (item + 1) * packed);
        addDiagonal(normals, item * packed, rank, known * l2 * ratingCount + graphWeight * graph.degree[item]!);
        sweepNonnegative(normals, item * packed, pull, 0, shared, item * rank, rank, sweeps);
      }
      return { shared, state: nextState, round: current.round + 1 };
    },
  };
}
