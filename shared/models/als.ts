/**
 * Alternating least squares for explicit ratings with biases, federated exactly: devices contribute the statistics of the
 * item side's normal equations, the server solves them. Equal to the centralised algorithm; with
 * solver "cg" each system is solved inexactly, from the last round's solution. May import math, random, registry.
 *
 * Objective: sum over ratings (r - mean - b_u - b_i - p.q)^2 + l2 [sum_u w_u (|p_u|^2 + b_u^2) + sum_i w_i (|q_i|^2 + b_i^2)],
 * where w is the number of ratings (weighting "count") or 1 (weighting "none").
 * Contribution per rated item, with z = (p_u, 1): z z' and (r - mean - b_u) z; the count n_i is the last entry of z z'.
 *
 * Source: Zhou et al. 2008, https://doi.org/10.1007/978-3-540-68880-8_32
 */
import * as v from "valibot";
import { conjugateGradient, createCgSpace } from "../math/conjugate-gradient.ts";
import { addDiagonal, addOuter, multiplyPacked, packedSize, solveInPlace } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import {
  type AlsNoisedOptions,
  advanceNoisedAls,
  alsNoisedOptions,
  boundResidual,
  createNoisedAls,
  greatestEntry,
  noisedState,
} from "./als-noised.ts";
import { explainBiased } from "./explain.ts";
import { type ExplicitProblem, improveUserWithBias, predictItems, solveUserWithBias, systemOf } from "./explicit-solve.ts";
import { type Model, type ModelDefinition, type ModelShape, sizeOf } from "./model.ts";
import { boundNorm } from "./noised-rows.ts";
import { positive, rank as rankOption, type SolveSection, solveOptions } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor, ratingSpan } from "./range.ts";
import { type StartSection, startFactors, startOptions } from "./start.ts";

/** Options of ALS. */
export interface AlsOptions extends SolveSection {
  readonly kind: "als";
  readonly rank: number;
  readonly l2: number;
  /** What multiplies l2 for a user or item: "count", the number of its ratings, or "none". */
  readonly weighting: "count" | "none";
  /** Standard deviation of the initial item factors. */
  readonly initialStddev: number;
  /** How the item factors begin. */
  readonly start: StartSection;
  /** Bounds contributions and reads noised sums: for runs that promise privacy. Without it contributions are those of the exact algorithm. */
  readonly noised?: AlsNoisedOptions | undefined;
}

/** The definition of ALS. */
export const als: ModelDefinition<AlsOptions> = {
  kind: "als",
  summary: "Explicit ratings; exact alternating least squares with biases from summed statistics, equal to centralised.",
  source: "Zhou et al. 2008, https://doi.org/10.1007/978-3-540-68880-8_32",
  options: v.strictObject({
    kind: v.literal("als"),
    rank: rankOption(12),
    l2: positive(0.15),
    weighting: v.optional(v.picklist(["count", "none"]), "count"),
    initialStddev: positive(0.1),
    ...startOptions,
    ...solveOptions,
    noised: v.optional(alsNoisedOptions),
  }),
  rounds: 15,
  // Greatest entry seen on ratings of 1 to 5: 3.7; 5.1 at rank 16 and l2 0.06. A solve takes more precision than a step.
  range: ({ noised }, shape) => rangeFor(noised === undefined ? 4 * ratingSpan(shape) : greatestEntry(noised), 22),
  create: (options, shape) => createAls(options, shape),
};

function createAls(options: AlsOptions, shape: ModelShape): Model<Float64Array> {
  const { rank, l2, solver, cgSteps } = options;
  const { items } = shape;
  const globalMean = shape.globalMean ?? 0;
  const isWeighted = options.weighting === "count";
  const noised = createNoisedAls(options.noised, rank, shape);
  const problem: ExplicitProblem = { items, rank, l2, isWeighted, globalMean, ratingRange: shape.ratingRange };
  const order = rank + 1;
  const packed = packedSize(order);
  const targetAt = items * packed;
  const space = createCgSpace(order);
  const state = noisedState(noised);
  const noisedStart = { kind: "features", selection: "components", scale: noised.options.featureStddev / options.initialStddev } as const;

  /** Conjugate-gradient steps from the row that stands; `rows` holds the target at `at`, and the solution afterwards. */
  function improve(normals: Float64Array, normalAt: number, rows: Float64Array, standing: Float64Array, at: number): boolean {
    const solution = standing.slice(at, at + order);
    const multiply = (v: Float64Array, out: Float64Array): void => multiplyPacked(normals, normalAt, v, out, order);
    if (!conjugateGradient(multiply, rows.subarray(at, at + order), solution, cgSteps, space)) return false;
    rows.set(solution, at);
    return true;
  }

  /** A person's statistics, from what is known of them and their ratings. @param itemSide read where residuals are bounded alone */
  function writeStatistics(own: Float64Array, ratings: UserRatings, itemSide: Float64Array | undefined, out: Float64Array): void {
    const feature = own.slice();
    feature[rank] = 1;
    if (noised.isBounded) boundNorm(feature, 0, rank, noised.options.factor);
    // The same z z' for every rated item: made once, copied.
    const outer = new Float64Array(packed);
    addOuter(outer, 0, 1, feature, 0, order);
    for (let cell = 0; cell < packed; cell++) outer[cell] = outer[cell]! * noised.scales[cell]!;
    out.fill(0, 0, items * (packed + order));
    for (let index = 0; index < ratings.items.length; index++) {
      const item = ratings.items[index]!;
      const rated = ratings.values[index]! - globalMean - own[rank]!;
      const rest = itemSide === undefined ? rated : boundResidual(noised, rated, feature, itemSide, item * order);
      out.set(outer, item * packed);
      for (let f = 0, at = targetAt + item * order; f < order; f++) out[at + f] = rest * feature[f]!;
    }
  }

  return {
    kind: "als",
    objective: "rating",
    parameters: {
      shared: [{ name: "itemSide", shape: [items, order] }],
      contribution: [
        { name: "itemGram", shape: [items, packed] },
        { name: "itemTarget", shape: [items, order] },
      ],
      state,
    },
    initialize(rng) {
      const table = { rank, extra: 1, stddev: options.initialStddev };
      const shared = startFactors(noised.publicFactors > 0 ? noisedStart : options.start, shape, table, rng);
      return { shared, state: new Float64Array(sizeOf(state)), round: 0 };
    },
    open: (itemSide) => itemSide,
    createPrivate: () => new PrivatePart(new Float64Array(order)),
    fit: (itemSide, _initial, ratings) => new PrivatePart(solveUserWithBias(problem, itemSide, ratings)),
    contribute(itemSide, initial, ratings, _rng, out) {
      const own =
        solver === "exact"
          ? solveUserWithBias(problem, itemSide, ratings)
          : improveUserWithBias(problem, itemSide, ratings, initial.values, cgSteps, space);
      writeStatistics(own, ratings, noised.isBounded ? itemSide : undefined, out);
      return { weight: 1, private: new PrivatePart(own) };
    },
    ...(noised.isBounded ? {} : { statistics: ({ values }, ratings, out) => writeStatistics(values, ratings, undefined, out) }),
    advance(current, aggregate) {
      if (noised.isBounded || (aggregate.noiseStddev ?? 0) > 0) return advanceNoisedAls(noised, current, aggregate);
      const normals = aggregate.values.slice(0, targetAt);
      const shared = aggregate.values.slice(targetAt);
      for (let item = 0; item < items; item++) {
        const at = item * packed;
        const ratingCount = normals[at + packed - 1]!;
        addDiagonal(normals, at, order, isWeighted ? l2 * ratingCount : l2);
        // Where nobody in the cohort rated the item, or the system is spoiled, the row that stands stays.
        const isSolved =
          ratingCount >= 0.5 &&
          (solver === "exact"
            ? solveInPlace(normals, at, shared, item * order, order)
            : improve(normals, at, shared, current.shared, item * order));
        if (isSolved) continue;
        shared.set(current.shared.subarray(item * order, (item + 1) * order), item * order);
      }
      return { shared, state: current.state, round: current.round + 1 };
    },
    itemVectors: (values) => ({ values, length: rank, stride: order }),
    score: (itemSide, own, out, chosen) => predictItems(problem, itemSide, own.values, out, chosen),
    explain: (itemSide, ratings, item, out) => explainBiased(systemOf(problem, ratings), itemSide, ratings, item, out),
  };
}
