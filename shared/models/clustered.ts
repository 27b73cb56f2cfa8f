/**
 * Clusters of devices, one model each: a device picks in private the group whose items predict its own choices best, solves its own factors
 * exactly against that group's table, and contributes its share of the gradient in that group's columns, zeros in all others. Where
 * contributions are summed under protection nobody else learns who is in which group. May import math, random, registry.
 *
 * A group's table is [factors common to all | factors of the group]: with `commonRank` 0 groups share nothing, as published; with `groups` 1
 * the model is fcf of rank commonRank + rank. How a group fits is judged on choices that its solve has not seen, each left out in turn:
 * sum over rated (1 - s without it)^2 + a0 * sum over all s^2. Groups begin as independent draws, which is what sets them apart;
 * as with all alternation of membership and models some draws end in a poorer split than others.
 *
 * Price: items x (commonRank + groups x rank) values up and down, and two solves for each group; `sharing` makes the first smaller.
 *
 * Source: Ghosh et al. 2020, https://arxiv.org/abs/2006.04088; local factors beside common ones: Christakopoulou and Karypis 2018,
 * https://doi.org/10.1145/3219819.3220112
 */
import * as v from "valibot";
import { dot, multiplyPacked } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import { createDescent, drawFactors } from "./descent.ts";
import { writeItemGradient } from "./implicit-gradient.ts";
import { createLeaveOutSolve, scoreLeftOut, solveAll } from "./implicit-leave-out.ts";
import { type ImplicitProblem, type ImplicitShared, openImplicit, scoreItems } from "./implicit-solve.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { count, nonNegative, type OptimizerSection, optimizer as optimizerSection, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor } from "./range.ts";

/** Options of clustered models. */
export interface ClusteredOptions {
  readonly kind: "clustered";
  /** How many groups there are; 1 for none. */
  readonly groups: number;
  /** Factors of a group's own. */
  readonly rank: number;
  /** Factors that all groups share. */
  readonly commonRank: number;
  readonly l2: number;
  /** Weight a0 of every (user, item) pair as an unrated one. */
  readonly unratedWeight: number;
  /** Standard deviation of the initial item factors. */
  readonly initialStddev: number;
  readonly optimizer: OptimizerSection;
}

/** The definition of clustered models. */
export const clustered: ModelDefinition<ClusteredOptions> = {
  kind: "clustered",
  summary: "Implicit feedback; groups of devices with a table each, membership chosen on the device and hidden in the sum.",
  source: "Ghosh et al. 2020, https://arxiv.org/abs/2006.04088",
  options: v.strictObject({
    kind: v.literal("clustered"),
    groups: count(1),
    rank: rankOption(8),
    commonRank: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(512)), 0),
    l2: positive(0.01),
    unratedWeight: nonNegative(0.3),
    initialStddev: positive(0.1),
    optimizer: optimizerSection({ kind: "adam" }),
  }),
  rounds: 50,
  // Greatest entry seen over 12 rounds on films and wines: 3.6.
  range: () => rangeFor(8, 19),
  create: (options, shape) => createClustered(options, shape),
};

/** The groups' tables, opened: each [items x (commonRank + rank)]. */
type Groups = readonly ImplicitShared[];

function createClustered(options: ClusteredOptions, { items }: ModelShape): Model<Groups> {
  const { groups, rank, commonRank, l2, unratedWeight } = options;
  const order = commonRank + rank;
  const width = commonRank + groups * rank;
  const problem: ImplicitProblem = { items, rank: order, l2, unratedWeight };
  const tensors = [{ name: "itemFactors", shape: [items, width] }];
  const descent = createDescent(options.optimizer, items * width, tensors);
  const pick = createPicker(problem);

  return {
    kind: "clustered",
    objective: "ranking",
    parameters: {
      shared: tensors,
      contribution: [{ name: "itemGradient", shape: [items, width] }],
      state: descent.state,
    },
    initialize: (rng) => descent.start(drawFactors(rng, items, width, 0, options.initialStddev)),
    open: (itemFactors, held) =>
      Array.from({ length: groups }, (_, group) => {
        const table = new Float64Array(items * order);
        for (let item = 0; item < items; item++) {
          const at = item * width;
          const from = at + commonRank + group * rank;
          table.set(itemFactors.subarray(at, at + commonRank), item * order);
          table.set(itemFactors.subarray(from, from + rank), item * order + commonRank);
        }
        return openImplicit(problem, table, { held });
      }),
    createPrivate: () => new PrivatePart(new Float64Array(1 + order)),
    fit: (shared, _initial, ratings) => new PrivatePart(pick(shared, ratings)),
    contribute(shared, _initial, ratings, _rng, out) {
      const part = pick(shared, ratings);
      const group = part[0]!;
      out.fill(0, 0, items * width);
      writeItemGradient(problem, shared[group]!.itemFactors, part.subarray(1), ratings.items, out, {
        width,
        common: commonRank,
        shift: group * rank,
      });
      return { weight: 1, private: new PrivatePart(part) };
    },
    advance: descent.advance,
    score: (shared, { values }, out, chosen) => scoreItems(shared[values[0]!]!.itemFactors, values.subarray(1), order, out, chosen),
  };
}

/** Picks a person's group and solves their factors: [group | factors]. The first of equals wins. */
function createPicker(problem: ImplicitProblem): (shared: Groups, ratings: UserRatings) => Float64Array {
  const { rank } = problem;
  const solve = createLeaveOutSolve(rank);
  const image = new Float64Array(rank);
  return (shared, ratings) => {
    const part = new Float64Array(1 + rank);
    let least = Number.POSITIVE_INFINITY;
    for (let group = 0; group < shared.length; group++) {
      const table = shared[group]!;
      if (!solveAll(solve, problem, table, ratings)) continue;
      multiplyPacked(table.weightedGram, 0, solve.own, image, rank);
      let loss = dot(solve.own, 0, image, 0, rank);
      for (let index = 0; index < ratings.items.length && loss < least && shared.length > 1; index++) {
        loss += (1 - scoreLeftOut(solve, table.itemFactors, ratings.items[index]! * rank)) ** 2;
      }
      if (loss >= least) continue;
      least = loss;
      part[0] = group;
      part.set(solve.own, 1);
    }
    return part;
  };
}
