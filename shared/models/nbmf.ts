/**
 * Masked nonnegative / binary matrix factorization of explicit ratings, federated exactly: a person is a code of a few bits (and a bias),
 * solved on the device; devices contribute the statistics of the item side's systems, the server sweeps over them. May import math, random,
 * registry.
 *
 * Model: r = mean + b_u + b_i + w_i.(h_u - 1/2) + noise of variance s2, with w >= 0 and h in {0, 1}^k; only what was rated counts. Measured
 * from 1/2, half a code says nothing: biases mean what they mean elsewhere. Loss, over codes at s2 = 0:
 * sum over ratings (error)^2 + l2 sum_i |w_i|^2 + biasL2 (sum_u b_u^2 + sum_i b_i^2);
 * at s2 > 0 -2 s2 times the logarithm of the likelihood, all codes summed and user biases integrated out, plus the items' penalties.
 * Contribution per rated item, with z = (h - 1/2, 1): the means of z z' and of (r - mean - b_u) z under what the device knows; the count is
 * the last entry of z z'. No round raises the loss (alternating minimization; expectation and maximization).
 *
 * Source: Terui et al. 2025, https://doi.org/10.3389/fdata.2025.1599704 (no biases there, s2 = 0, codes by
 * an Ising machine, projected gradients for w); expectation and maximization: Dempster et al. 1977, https://doi.org/10.1111/j.2517-6161.1977.tb01600.x
 */
import * as v from "valibot";
import { addDiagonal, addScaled, dot, packedSize } from "../math/linear.ts";
import { type SweepBounds, sweepNonnegative } from "../math/nonnegative.ts";
import { biasedItemSide, drawFactors } from "./descent.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { type CodePosterior, createCodeSolver, unknownBit, unknownPerson } from "./nbmf-code.ts";
import { count, nonNegative, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor, ratingSpan } from "./range.ts";

/** Options of nonnegative / binary factorization. */
export interface NbmfOptions {
  readonly kind: "nbmf";
  /** Bits of a code. To 16 all codes are looked at, beyond a search finds a good one. */
  readonly rank: number;
  /** Penalty of an item's factors. */
  readonly l2: number;
  /** Penalty of biases, people's and items'. */
  readonly biasL2: number;
  /** s2, in squared rating units: every code counts by how likely it is. 0 takes the best code alone, as published. */
  readonly noiseVariance: number;
  /** "real" lets a code be anywhere in [0, 1]^k: what binary codes are to be compared with. */
  readonly code: "binary" | "real";
  /** Passes over the entries of an item's row in a round. */
  readonly sweeps: number;
  /** Scale of the initial item factors, in rating units. */
  readonly initialStddev: number;
}

/** The definition of nonnegative / binary factorization. */
export const nbmf: ModelDefinition<NbmfOptions> = {
  kind: "nbmf",
  summary:
    "Explicit ratings; a person is a secret code of a few bits, nonnegative item factors from summed statistics, equal to centralised.",
  source: "Terui et al. 2025, https://doi.org/10.3389/fdata.2025.1599704",
  options: v.strictObject({
    kind: v.literal("nbmf"),
    rank: rankOption(8),
    l2: positive(6),
    biasL2: positive(3),
    noiseVariance: nonNegative(0.6),
    code: v.optional(v.picklist(["binary", "real"]), "binary"),
    sweeps: count(5),
    initialStddev: positive(0.3),
  }),
  rounds: 20,
  range: (_options, shape) => rangeFor(2 * ratingSpan(shape), 22),
  create: (options, shape) => createNbmf(options, shape),
};

/** An item's factors are nonnegative, its bias is not. */
const itemBounds: SweepBounds = { free: 1 };

function createNbmf(options: NbmfOptions, shape: ModelShape): Model<Float64Array> {
  const { rank, l2, biasL2, sweeps, initialStddev } = options;
  const { items } = shape;
  const [least, greatest] = shape.ratingRange ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const globalMean = shape.globalMean ?? 0;
  const solver = createCodeSolver({ ...options, globalMean });
  const order = rank + 1;
  const packed = packedSize(order);
  const targetAt = items * packed;

  /** [order] code and bias. */
  function toPart({ code, bias }: CodePosterior): PrivatePart {
    const own = new Float64Array(order);
    own.set(code);
    own[rank] = bias;
    return new PrivatePart(own);
  }

  return {
    kind: "nbmf",
    objective: "rating",
    parameters: {
      shared: [biasedItemSide(items, rank)],
      contribution: [
        { name: "itemGram", shape: [items, packed] },
        { name: "itemTarget", shape: [items, order] },
      ],
      state: [],
    },
    initialize: (rng) => ({ shared: drawFactors(rng, items, rank, 1, initialStddev).map(Math.abs), state: new Float64Array(0), round: 0 }),
    open: (itemSide) => itemSide,
    createPrivate: () => toPart(unknownPerson(rank)),
    fit: (itemSide, initial, ratings) => toPart(solver.solve(itemSide, ratings, initial.values.subarray(0, rank))),
    contribute(itemSide, initial, ratings, _rng, out) {
      const posterior = solver.solve(itemSide, ratings, initial.values.subarray(0, rank));
      out.fill(0, 0, items * (packed + order));
      for (let index = 0; index < ratings.items.length; index++) {
        const item = ratings.items[index]!;
        const at = targetAt + item * order;
        // The same mean of z z' for every rated item.
        out.set(posterior.second, item * packed);
        addScaled(out, at, ratings.values[index]! - globalMean, posterior.mean, 0, order);
        addScaled(out, at, -1, posterior.biased, 0, order);
      }
      return { weight: 1, private: toPart(posterior) };
    },
    advance(current, aggregate) {
      const { values } = aggregate;
      const shared = current.shared.slice();
      const normals = values.slice(0, targetAt);
      for (let item = 0; item < items; item++) {
        const last = (item + 1) * packed - 1;
        // Where nobody in the cohort rated the item, the row that stands stays.
        if (!(normals[last]! >= 0.5)) continue;
        addDiagonal(normals, item * packed, order, l2);
        normals[last] = normals[last]! + biasL2 - l2;
        sweepNonnegative(normals, item * packed, values, targetAt + item * order, shared, item * order, order, sweeps, itemBounds);
      }
      return { shared, state: current.state, round: current.round + 1 };
    },
    itemVectors: (values) => ({ values, length: rank, stride: rank + 1 }),
    score(itemSide, own, out, chosen) {
      const centered = own.values.map((value, f) => (f < rank ? value - unknownBit : value));
      const length = chosen?.length ?? items;
      for (let index = 0; index < length; index++) {
        const at = (chosen?.[index] ?? index) * order;
        const rating = globalMean + centered[rank]! + itemSide[at + rank]! + dot(centered, 0, itemSide, at, rank);
        out[index] = Math.min(greatest, Math.max(least, rating));
      }
    },
  };
}
