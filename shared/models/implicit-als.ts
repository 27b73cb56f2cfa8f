/**
 * Alternating least squares for implicit feedback, federated exactly: devices contribute the statistics of the item side's
 * normal equations, the server solves them. Equal to the centralised algorithm; with solver
 * "cg" each system is solved inexactly, from the last round's solution. May import math, random, registry.
 *
 * Objective: that of fcf.ts. Contribution: p p' for the Gram matrix of all users, and per rated item p p', p and a count.
 *
 * Source: Hu, Koren and Volinsky 2008, https://doi.org/10.1109/ICDM.2008.22; Rendle et al. 2022, https://arxiv.org/abs/2110.14037
 */
import * as v from "valibot";
import { conjugateGradient, createCgSpace } from "../math/conjugate-gradient.ts";
import { addDiagonal, addOuter, multiplyPacked, packedSize, solveInPlace } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import { explainImplicit } from "./explain.ts";
import {
  advanceNoisedImplicit,
  createNoisedImplicit,
  greatestEntry,
  type ImplicitNoisedOptions,
  implicitNoisedOptions,
} from "./implicit-noised.ts";
import { type ImplicitShared, improveUser, openImplicit, scoreItems, solveUser } from "./implicit-solve.ts";
import { type Aggregate, type Model, type ModelDefinition, type ModelShape, sizeOf, tensorOf } from "./model.ts";
import { boundNorm } from "./noised-rows.ts";
import { nonNegative, positive, rank as rankOption, type SolveSection, solveOptions } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor } from "./range.ts";
import { type StartSection, startFactors, startOptions } from "./start.ts";
import { createUnratedWeights, type UnratedOptions } from "./unrated-weights.ts";

/** Options of implicit ALS. */
export interface ImplicitAlsOptions extends SolveSection, UnratedOptions {
  readonly kind: "implicit-als";
  readonly rank: number;
  readonly l2: number;
  /** Standard deviation of the initial item factors. */
  readonly initialStddev: number;
  /** How the item factors begin. */
  readonly start: StartSection;
  /** Bounds contributions, for runs that promise privacy. Without it contributions are those of the exact algorithm. */
  readonly noised?: ImplicitNoisedOptions | undefined;
}

/** The definition of implicit ALS. */
export const implicitAls: ModelDefinition<ImplicitAlsOptions> = {
  kind: "implicit-als",
  summary: "Implicit feedback; exact alternating least squares from summed statistics, equal to centralised.",
  source: "Hu, Koren and Volinsky 2008, https://doi.org/10.1109/ICDM.2008.22",
  options: v.strictObject({
    kind: v.literal("implicit-als"),
    rank: rankOption(16),
    l2: positive(0.01),
    unratedWeight: nonNegative(0.3),
    unratedPower: nonNegative(0),
    initialStddev: positive(0.1),
    ...startOptions,
    ...solveOptions,
    noised: v.optional(implicitNoisedOptions),
  }),
  rounds: 10,
  // Greatest entry seen on real ratings: 1.07. A solve takes more precision than a step.
  range: ({ noised }) => rangeFor(noised === undefined ? 8 : greatestEntry(noised), 22),
  create: (options, shape) => createImplicitAls(options, shape),
};

function createImplicitAls(options: ImplicitAlsOptions, shape: ModelShape): Model<ImplicitShared> {
  const { rank, l2, unratedWeight, solver, cgSteps } = options;
  const { items } = shape;
  const space = createCgSpace(rank);
  const noised = createNoisedImplicit(options.noised, rank);
  const weights = createUnratedWeights(options, shape);
  const size = items * rank;
  const problem = { items, rank, l2, unratedWeight };
  const packed = packedSize(rank);
  const contribution = [
    { name: "userGram", shape: [packed] },
    { name: "itemGram", shape: [items, packed] },
    { name: "itemTarget", shape: [items, rank] },
    { name: "itemCount", shape: [items] },
  ] as const;
  const targetAt = packed + items * packed;
  const countAt = targetAt + items * rank;

  /** Conjugate-gradient steps from the row that stands; `rows` holds the target at `at`, and the solution afterwards. */
  function improve(normal: Float64Array, rows: Float64Array, standing: Float64Array, at: number): boolean {
    const solution = standing.slice(at, at + rank);
    const multiply = (v: Float64Array, out: Float64Array): void => multiplyPacked(normal, 0, v, out, rank);
    if (!conjugateGradient(multiply, rows.subarray(at, at + rank), solution, cgSteps, space)) return false;
    rows.set(solution, at);
    return true;
  }

  /** The item rows [items x rank] that solve a sum's systems. @param itemWeights [items] */
  function solveItems(standing: Float64Array, itemWeights: Float64Array, aggregate: Aggregate): Float64Array {
    const userGram = tensorOf(aggregate.values, contribution, "userGram");
    const itemGram = tensorOf(aggregate.values, contribution, "itemGram");
    const counts = tensorOf(aggregate.values, contribution, "itemCount");
    const shared = tensorOf(aggregate.values, contribution, "itemTarget").slice();
    const normal = new Float64Array(packed);
    for (let item = 0; item < items; item++) {
      const at = item * rank;
      const weight = itemWeights[item]!;
      for (let cell = 0; cell < packed; cell++) normal[cell] = itemGram[item * packed + cell]! + weight * userGram[cell]!;
      addDiagonal(normal, 0, rank, l2 * (counts[item]! + weight * aggregate.count));
      // A zero target has the zero solution. Where a system is spoiled the row that stands stays.
      if (isZero(shared, at, rank)) continue;
      if (solver === "exact" ? solveInPlace(normal, 0, shared, at, rank) : improve(normal, shared, standing, at)) continue;
      shared.set(standing.subarray(at, at + rank), at);
    }
    return shared;
  }

  /** A person's statistics, from their factors and ratings. */
  function writeStatistics(own: Float64Array, ratings: UserRatings, out: Float64Array): void {
    out.fill(0, 0, sizeOf(contribution));
    const vector = noised.isBounded ? own.slice() : own;
    if (noised.isBounded) boundNorm(vector, 0, rank, noised.options.factor);
    addOuter(out, 0, 1, vector, 0, rank);
    for (let cell = 0; cell < packed; cell++) out[cell] = out[cell]! * noised.scales[cell]!;
    for (let index = 0; index < ratings.items.length; index++) {
      const item = ratings.items[index]!;
      // The same p p' and p for every rated item: made once, copied.
      out.copyWithin(packed + item * packed, 0, packed);
      out.set(vector, targetAt + item * rank);
      out[countAt + item] = noised.options.countScale;
    }
  }

  return {
    kind: "implicit-als",
    objective: "ranking",
    parameters: { shared: [{ name: "itemFactors", shape: [items, rank] }, ...weights.shared], contribution, state: weights.state },
    initialize(rng) {
      const shared = new Float64Array(size + weights.initial.length);
      shared.set(startFactors(options.start, shape, { rank, stddev: options.initialStddev }, rng));
      shared.set(weights.initial, size);
      return { shared, state: new Float64Array(sizeOf(weights.state)), round: 0 };
    },
    open: (shared, held) => openImplicit(problem, shared.subarray(0, size), { itemWeights: weights.read(shared), held }),
    createPrivate: () => new PrivatePart(new Float64Array(rank)),
    fit: (shared, _initial, ratings) => new PrivatePart(solveUser(problem, shared, ratings)),
    contribute(shared, initial, ratings, _rng, out) {
      const own =
        solver === "exact" ? solveUser(problem, shared, ratings) : improveUser(problem, shared, ratings, initial.values, cgSteps, space);
      writeStatistics(own, ratings, out);
      return { weight: 1, private: new PrivatePart(own) };
    },
    ...(noised.isBounded ? {} : { statistics: ({ values }, ratings, out) => writeStatistics(values, ratings, out) }),
    advance(current, aggregate) {
      const isNoised = noised.isBounded || (aggregate.noiseStddev ?? 0) > 0;
      const itemWeights = weights.read(current.shared);
      const rows = isNoised
        ? advanceNoisedImplicit(noised, problem, contribution, itemWeights, aggregate)
        : solveItems(current.shared, itemWeights, aggregate);
      const shared = new Float64Array(size + weights.initial.length);
      shared.set(rows);
      const state = current.state.slice();
      const { countScale } = noised.options;
      const counts = tensorOf(aggregate.values, contribution, "itemCount").map((value) => value / countScale);
      weights.update(counts, aggregate.count, shared, state);
      return { shared, state, round: current.round + 1 };
    },
    itemVectors: ({ itemFactors }) => ({ values: itemFactors, length: rank, stride: rank }),
    score: (shared, own, out, chosen) => scoreItems(shared.itemFactors, own.values, rank, out, chosen),
    explain: (shared, ratings, item, out) => explainImplicit(problem, shared, ratings, item, out),
  };
}

/** Whether `length` values from `at` are all zero. */
function isZero(values: Float64Array, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) if (values[i] !== 0) return false;
  return true;
}
