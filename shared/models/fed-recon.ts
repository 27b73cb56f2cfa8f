/**
 * Stateless devices, trained for what they are served by: a device solves its own factors from scratch on part of its choices (the support),
 * the items being fixed, and contributes the gradient of the item factors on the others (the query). Nothing is kept between rounds: a person
 * who never took part is served as everyone is, by one local solve on all choices. May import math, random, registry.
 *
 * `query`: "random", as published: a share of the choices, drawn anew in each round. "each": every choice in turn, all others its support;
 * exact, from one decomposition, with nothing drawn. "all": support and query are all choices; the model is then fcf, bit for bit.
 *
 * Loss on a query: (1 - s)^2 + a0 s^2 and the penalty of a rated item of fcf.ts, s = q.p with the support's p, taken as fixed, as published.
 * Items that the person has not chosen come in as they do in fcf.ts. "random" makes up for what is missing: a query stands for n/|query|
 * choices; on the support a0 and the penalty of p are taken times |support|/n, so that scores have the size that they have with all choices.
 *
 * Source: Singhal et al. 2021, https://arxiv.org/abs/2102.03448
 */
import * as v from "valibot";
import type { UserRatings } from "../math/ratings.ts";
import type { Rng } from "../random.ts";
import { createDescent } from "./descent.ts";
import { createLocalSolve } from "./fed-recon-solve.ts";
import { writeItemGradient } from "./implicit-gradient.ts";
import { createLeaveOutSolve, scoreLeftOut, solveAll, writeFactorsLeftOut } from "./implicit-leave-out.ts";
import { type ImplicitProblem, type ImplicitShared, openImplicit, scoreItems } from "./implicit-solve.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { shuffle } from "./negatives.ts";
import { count, nonNegative, type OptimizerSection, optimizer as optimizerSection, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor } from "./range.ts";
import { type StartSection, startFactors, startOptions } from "./start.ts";

/** Options of federated reconstruction. */
export interface FedReconOptions {
  readonly kind: "fed-recon";
  readonly rank: number;
  readonly l2: number;
  /** Weight a0 of every (user, item) pair as an unrated one. */
  readonly unratedWeight: number;
  readonly query: "each" | "random" | "all";
  /** Of `query: random`: the share of a person's choices that is the query. */
  readonly queryShare: number;
  /** How own factors are solved: exactly, or, as published, by descent from zero; "each" is exact always. */
  readonly solver: "exact" | "descent";
  readonly localSteps: number;
  /** Step of the descent in units of 1 / trace of the person's system, so that it is stable for everyone. */
  readonly localLearningRate: number;
  /** Standard deviation of the initial item factors. */
  readonly initialStddev: number;
  /** How the item factors begin. */
  readonly start: StartSection;
  readonly optimizer: OptimizerSection;
}

/** The definition of federated reconstruction. */
export const fedRecon: ModelDefinition<FedReconOptions> = {
  kind: "fed-recon",
  summary: "Implicit feedback; stateless devices: own factors from some choices, item gradient from the ones left out.",
  source: "Singhal et al. 2021, https://arxiv.org/abs/2102.03448",
  options: v.strictObject({
    kind: v.literal("fed-recon"),
    rank: rankOption(8),
    l2: positive(0.01),
    unratedWeight: nonNegative(0.3),
    query: v.optional(v.picklist(["each", "random", "all"]), "each"),
    queryShare: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(0.99)), 0.5),
    solver: v.optional(v.picklist(["exact", "descent"]), "exact"),
    localSteps: count(50),
    localLearningRate: v.optional(v.pipe(v.number(), v.minValue(1e-6), v.maxValue(1)), 1),
    initialStddev: positive(0.1),
    ...startOptions,
    optimizer: optimizerSection({ kind: "adam" }),
  }),
  rounds: 50,
  // Greatest entry seen over 12 rounds on films and wines: 4.0; with a random query of half the choices 9.1, of a tenth 27.
  range: ({ query, queryShare }) => rangeFor(query === "random" ? 8 / queryShare : 8, 20),
  create: (options, shape) => createFedRecon(options, shape),
};

/** Writes a person's contribution; returns their own factors. */
type Contribute = (shared: ImplicitShared, ratings: UserRatings, rng: Rng, out: Float64Array) => Float64Array;

function createFedRecon(options: FedReconOptions, shape: ModelShape): Model<ImplicitShared> {
  const { items } = shape;
  const { rank, l2, unratedWeight } = options;
  const problem = { items, rank, l2, unratedWeight };
  const tensors = [{ name: "itemFactors", shape: [items, rank] }];
  const descent = createDescent(options.optimizer, items * rank, tensors);
  const solve = createLocalSolve(problem, options);
  const contribute: Readonly<Record<FedReconOptions["query"], () => Contribute>> = {
    each: () => leaveEachOut(problem),
    random: () => splitAtRandom(problem, options.queryShare, solve),
    all: () => (shared, ratings, _rng, out) => {
      const own = solve(shared, ratings, 1);
      writeItemGradient(problem, shared.itemFactors, own, ratings.items, out);
      return own;
    },
  };
  const contributeTo = contribute[options.query]();

  return {
    kind: "fed-recon",
    objective: "ranking",
    parameters: {
      shared: tensors,
      contribution: [{ name: "itemGradient", shape: [items, rank] }],
      state: descent.state,
    },
    initialize: (rng) => descent.start(startFactors(options.start, shape, { rank, stddev: options.initialStddev }, rng)),
    open: (itemFactors, held) => openImplicit(problem, itemFactors, { held }),
    createPrivate: () => new PrivatePart(new Float64Array(rank)),
    fit: (shared, _initial, ratings) => new PrivatePart(solve(shared, ratings, 1)),
    contribute: (shared, _initial, ratings, rng, out) => ({
      weight: 1,
      private: new PrivatePart(contributeTo(shared, ratings, rng, out)),
    }),
    advance: descent.advance,
    itemVectors: ({ itemFactors }) => ({ values: itemFactors, length: rank, stride: rank }),
    score: (shared, own, out, chosen) => scoreItems(shared.itemFactors, own.values, rank, out, chosen),
  };
}

const nothing = new Int32Array(0);

/** Every choice in turn is the query. Cost: three solves. */
function leaveEachOut(problem: ImplicitProblem): Contribute {
  const { rank, l2, unratedWeight } = problem;
  const leaving = createLeaveOutSolve(rank);
  const penalty = 2 * l2 * (1 + unratedWeight);
  return (shared, ratings, _rng, out) => {
    const { itemFactors } = shared;
    const isKnown = solveAll(leaving, problem, shared, ratings);
    writeItemGradient(problem, itemFactors, leaving.own, isKnown ? nothing : ratings.items, out);
    for (let index = 0; isKnown && index < ratings.items.length; index++) {
      const at = ratings.items[index]! * rank;
      const score = scoreLeftOut(leaving, itemFactors, at);
      writeFactorsLeftOut(leaving, score);
      const slope = 2 * (score - 1) + 2 * unratedWeight * score;
      for (let f = 0; f < rank; f++) out[at + f] = slope * leaving.row[f]! + penalty * itemFactors[at + f]!;
    }
    return leaving.own.slice();
  };
}

/** Part of the choices, drawn, are the query; who has one choice alone learns from it as fcf does. */
function splitAtRandom(problem: ImplicitProblem, queryShare: number, solve: ReturnType<typeof createLocalSolve>): Contribute {
  const { rank } = problem;
  return (shared, ratings, rng, out) => {
    const order = ratings.items.slice();
    const total = order.length;
    const size = total < 2 ? 0 : Math.min(total - 1, Math.max(1, Math.round(queryShare * total)));
    shuffle(order, rng);
    const support = order.subarray(size).sort();
    const query = size === 0 ? support : order.subarray(0, size).sort();
    const own = solve(
      shared,
      { items: support, values: new Float64Array(support.length).fill(1) },
      total === 0 ? 1 : support.length / total,
    );
    writeItemGradient(problem, shared.itemFactors, own, query, out);
    if (size === 0) return own;
    for (const item of support) out.fill(0, item * rank, (item + 1) * rank);
    const scale = total / size;
    for (const item of query) for (let at = item * rank; at < (item + 1) * rank; at++) out[at] = scale * out[at]!;
    return own;
  };
}
