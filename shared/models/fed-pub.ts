/**
 * Personal models from the models of groups: a device mixes the groups' item tables by how alike their recommendations are to its own choices
 * (fed-pub-mix.ts), thins the mix out by a private sparse mask (fed-pub-mask.ts), solves its own factors against what is left, and contributes
 * to every group's table the gradient by that group's share in its mix. Mix and mask never leave it. May import math, random, registry.
 *
 * The paper's server holds every client's model and compares all pairs. Summed contributions show it none: groups stand in for the others, and
 * likeness is found on the device. What a client of the paper gets, a mean of models weighted by likeness, is the same; with `groups` 1 and
 * `mask: none` the model is fcf. Both parts are solved anew each time from the published tables, so that a person who never took part is
 * served as all are.
 *
 * Item penalty: each table's own, by its share in the mix. Groups begin near one common draw, so that their factors mean the same.
 * Price: items x groups x rank values up and down.
 *
 * Source: Baek et al. 2023, https://arxiv.org/abs/2206.10206
 */
import * as v from "valibot";
import type { UserRatings } from "../math/ratings.ts";
import { createDescent, drawFactors } from "./descent.ts";
import { createMaskedSolve } from "./fed-pub-mask.ts";
import { createMixer, type Groups, openGroups } from "./fed-pub-mix.ts";
import { writeItemGradient } from "./implicit-gradient.ts";
import { type ImplicitProblem, type ImplicitShared, scoreItems, solveUser } from "./implicit-solve.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { count, nonNegative, type OptimizerSection, optimizer as optimizerSection, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor } from "./range.ts";

/** Options of FED-PUB. */
export interface FedPubOptions {
  readonly kind: "fed-pub";
  /** How many groups' models there are; 1 for none. */
  readonly groups: number;
  readonly rank: number;
  readonly l2: number;
  /** Weight a0 of every (user, item) pair as an unrated one. */
  readonly unratedWeight: number;
  /** The paper's tau: how much more the groups weigh that are more alike. */
  readonly sharpness: number;
  /** "factors": an entry for each factor. */
  readonly mask: "none" | "factors";
  /** Weight of the mask's absolute values, a choice. */
  readonly l1: number;
  /** Weight of the mask's squared distance from ones, a choice. */
  readonly proximal: number;
  /** Standard deviation of the initial item factors. */
  readonly initialStddev: number;
  /** Standard deviation of what sets the groups' initial tables apart. */
  readonly initialSpread: number;
  readonly optimizer: OptimizerSection;
}

/** The definition of FED-PUB. */
export const fedPub: ModelDefinition<FedPubOptions> = {
  kind: "fed-pub",
  summary: "Implicit feedback; groups' tables mixed by likeness on the device, under a private sparse mask.",
  source: "Baek et al. 2023, https://arxiv.org/abs/2206.10206",
  options: v.strictObject({
    kind: v.literal("fed-pub"),
    groups: count(1),
    rank: rankOption(8),
    l2: positive(0.01),
    unratedWeight: nonNegative(0.3),
    sharpness: nonNegative(50),
    mask: v.optional(v.picklist(["none", "factors"]), "none"),
    l1: nonNegative(0.01),
    proximal: nonNegative(0.01),
    initialStddev: positive(0.1),
    initialSpread: positive(0.05),
    optimizer: optimizerSection({ kind: "adam" }),
  }),
  rounds: 50,
  // Greatest entry seen over 12 rounds on films and wines: 3.6.
  range: () => rangeFor(8, 19),
  create: (options, shape) => createFedPub(options, shape),
};

function createFedPub(options: FedPubOptions, { items }: ModelShape): Model<Groups> {
  const { groups, rank, l2, unratedWeight } = options;
  const width = groups * rank;
  const problem: ImplicitProblem = { items, rank, l2, unratedWeight };
  const tensors = [{ name: "itemFactors", shape: [items, width] }];
  const descent = createDescent(options.optimizer, items * width, tensors);
  const mixer = createMixer(problem, groups, options.sharpness);
  const solve = createFactorSolve(problem, options);
  // The gradient of the mix, without its penalty.
  const slopes = new Float64Array(items * rank);

  /** [groups | rank]: the mix, and the own factors as the mix meets them. */
  const personalize = (shared: Groups, ratings: UserRatings): { readonly part: Float64Array; readonly table: Float64Array } => {
    const part = new Float64Array(groups + rank);
    mixer.weigh(shared, ratings, part);
    const mixed = mixer.mix(shared, part);
    part.set(solve(mixed, ratings), groups);
    return { part, table: mixed.itemFactors };
  };

  return {
    kind: "fed-pub",
    objective: "ranking",
    parameters: {
      shared: tensors,
      contribution: [{ name: "itemGradient", shape: [items, width] }],
      state: descent.state,
    },
    initialize(rng) {
      const common = drawFactors(rng, items, rank, 0, options.initialStddev);
      const rows = drawFactors(rng, items, width, 0, groups === 1 ? 0 : options.initialSpread);
      for (let item = 0, at = 0; item < items; item++) {
        for (let f = 0; f < width; f++, at++) rows[at] = rows[at]! + common[item * rank + (f % rank)]!;
      }
      return descent.start(rows);
    },
    open: (rows, held) => openGroups(problem, groups, rows, held),
    createPrivate: () => new PrivatePart(new Float64Array(groups + rank)),
    fit: (shared, _initial, ratings) => new PrivatePart(personalize(shared, ratings).part),
    contribute(shared, _initial, ratings, _rng, out) {
      const { part, table } = personalize(shared, ratings);
      writeItemGradient({ ...problem, l2: 0 }, table, part.subarray(groups), ratings.items, slopes);
      const penalty = 2 * l2 * unratedWeight;
      for (let item = 0, to = 0; item < items; item++) {
        const at = item * rank;
        for (let group = 0; group < groups; group++) {
          const weight = part[group]!;
          for (let f = 0; f < rank; f++, to++) out[to] = weight * (slopes[at + f]! + penalty * shared.rows[to]!);
        }
      }
      for (let index = 0; index < ratings.items.length; index++) {
        let to = ratings.items[index]! * width;
        for (let group = 0; group < groups; group++) {
          const weight = 2 * l2 * part[group]!;
          for (let f = 0; f < rank; f++, to++) out[to] = out[to]! + weight * shared.rows[to]!;
        }
      }
      return { weight: 1, private: new PrivatePart(part) };
    },
    advance: descent.advance,
    score(shared, { values }, out, chosen) {
      const mixed = new Float64Array(width);
      for (let group = 0, at = 0; group < groups; group++) {
        for (let f = 0; f < rank; f++, at++) mixed[at] = values[group]! * values[groups + f]!;
      }
      scoreItems(shared.rows, mixed, width, out, chosen);
    },
  };
}

/** Solves for the product of own factors and mask; for the own factors where there is no mask. */
function createFactorSolve(
  problem: ImplicitProblem,
  options: FedPubOptions,
): (shared: ImplicitShared, ratings: UserRatings) => Float64Array {
  if (options.mask === "none") return (shared, ratings) => solveUser(problem, shared, ratings);
  const solve = createMaskedSolve(problem, options);
  return (shared, ratings) => {
    const { own, mask } = solve(shared, ratings);
    return own.map((value, f) => value * mask[f]!);
  };
}
