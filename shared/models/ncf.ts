/**
 * Neural collaborative filtering with a private user part: GMF, MLP or NeuMF. A device fits its own part by second-order steps and
 * contributes the gradient of the item tables and the network over its choices and drawn negatives; the server's optimizer steps along
 * the sum. May import math, random, registry.
 *
 * Loss: that of unlabelled.ts, the ordinary logistic one by default, of z (ncf-network.ts) + itemL2/2 |item's rows|^2, and l2/2 |own|^2 once a person.
 * Own steps: Gauss-Newton, damped where it would not descend; for GMF that is Newton's method of logistic regression.
 *
 * Source: He et al. 2017, https://arxiv.org/abs/1708.05031; private users: Perifanis and Efraimidis 2022, https://arxiv.org/abs/2106.04405
 */
import * as v from "valibot";
import { addDiagonal, addOuter, addScaled, dot, packedSize, solveInPlace } from "../math/linear.ts";
import type { UserRatings } from "../math/ratings.ts";
import type { Rng } from "../random.ts";
import { createDescent, drawFactors } from "./descent.ts";
import type { Model, ModelDefinition, ModelShape } from "./model.ts";
import { createNetwork, type Network, type OpenNetwork } from "./ncf-network.ts";
import { drawNegative, hasNegatives } from "./negatives.ts";
import { count, nonNegative, type OptimizerSection, optimizer as optimizerSection, positive, rank as rankOption } from "./options.ts";
import { PrivatePart } from "./private-part.ts";
import { rangeFor } from "./range.ts";
import { type StartSection, startFactors, startOptions } from "./start.ts";
import { classPrior, softplus, type UnlabelledTerm, unlabelledTerm } from "./unlabelled.ts";

/** Options of neural collaborative filtering. */
export interface NcfOptions {
  readonly kind: "ncf";
  /** "gmf": weighted product; "mlp": hidden layers; "neumf": both, each with tables of its own. */
  readonly variant: "gmf" | "mlp" | "neumf";
  /** Factors of each table. */
  readonly rank: number;
  /** Units of the hidden layers, for "mlp" and "neumf". */
  readonly layers: readonly number[];
  readonly l2: number;
  readonly itemL2: number;
  /** Negatives drawn for each positive in a round. */
  readonly negatives: number;
  /** The share of unrated items that a person would choose: above 0 drawn samples are unlabelled, not negative. */
  readonly classPrior: number;
  /** Steps of the own part in a round. */
  readonly localSteps: number;
  /** Steps with which an own part is fitted to published items. */
  readonly fitSteps: number;
  readonly initialStddev: number;
  /** How the item factors begin. */
  readonly start: StartSection;
  readonly optimizer: OptimizerSection;
}

/** The definition of neural collaborative filtering. */
export const ncf: ModelDefinition<NcfOptions> = {
  kind: "ncf",
  summary: "Implicit feedback; GMF, MLP or NeuMF with a private user part, summed gradients of items and network.",
  source: "He et al. 2017, https://arxiv.org/abs/1708.05031",
  options: v.strictObject({
    kind: v.literal("ncf"),
    variant: v.optional(v.picklist(["gmf", "mlp", "neumf"]), "neumf"),
    rank: rankOption(8),
    layers: v.optional(
      v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024))), v.minLength(1), v.maxLength(8)),
      [16, 8],
    ),
    l2: positive(1),
    itemL2: nonNegative(0.01),
    negatives: count(4),
    classPrior,
    localSteps: count(1),
    fitSteps: count(4),
    initialStddev: positive(0.1),
    ...startOptions,
    optimizer: optimizerSection({ kind: "adam", learningRate: 0.02 }),
  }),
  rounds: 100,
  // Greatest entry seen on films: 1500, of the output bias, of someone with 700 choices.
  range: ({ negatives }) => rangeFor(512 * negatives, 23),
  create: (options, shape) => createNcf(options, shape),
};

function createNcf(options: NcfOptions, shape: ModelShape): Model<OpenNetwork> {
  const { rank, variant, itemL2 } = options;
  const { items } = shape;
  const network = createNetwork({ items, rank, hasProduct: variant !== "mlp", layers: variant === "gmf" ? [] : options.layers });
  const descent = createDescent(options.optimizer, network.size);
  const solver = createSolver(network, options.l2, options.classPrior);

  return {
    kind: "ncf",
    objective: "ranking",
    parameters: {
      shared: network.parameters,
      contribution: network.parameters.map((tensor) => ({ ...tensor, name: `${tensor.name}Gradient` })),
      state: descent.state,
    },
    initialize: (rng) =>
      descent.start(network.initialize(rng, () => startFactors(options.start, shape, { rank, stddev: options.initialStddev }, rng))),
    open: (values) => network.open(values),
    createPrivate: (_ratings, rng) => new PrivatePart(drawFactors(rng, 1, network.ownSize, 0, options.initialStddev)),
    fit(opened, initial, ratings, rng) {
      const own = initial.values.slice();
      const drawn = drawSamples(ratings, items, options.negatives, rng);
      solver.solve(opened, own, ratings.items, drawn, options.fitSteps);
      return new PrivatePart(own);
    },
    contribute(opened, initial, ratings, rng, out) {
      out.fill(0, 0, network.size);
      const own = initial.values.slice();
      const drawn = drawSamples(ratings, items, options.negatives, rng);
      solver.solve(opened, own, ratings.items, drawn, options.localSteps);
      const term = solver.term(opened, own, ratings.items, drawn);
      network.begin(opened, own);
      for (let at = 0; at < ratings.items.length + drawn.length; at++) {
        const isChosen = at < ratings.items.length;
        const item = isChosen ? ratings.items[at]! : drawn[at - ratings.items.length]!;
        const probability = sigmoid(network.forward(item));
        network.addSlopes(isChosen ? probability - 1 + term.chosen * probability : term.drawn * probability, out);
        network.addRows(item, itemL2, out);
      }
      return { weight: 1, private: new PrivatePart(own) };
    },
    advance: descent.advance,
    // The product table, or the hidden one where it is alone: the first of the shared vector.
    itemVectors: ({ values }) => ({ values, length: rank, stride: rank }),
    score(opened, own, out, chosen) {
      network.begin(opened, own.values);
      const length = chosen?.length ?? items;
      for (let at = 0; at < length; at++) out[at] = network.forward(chosen?.[at] ?? at);
    },
  };
}

/** Negatives for a person's choices, `perChoice` for each; none where there is nothing to draw. */
function drawSamples(ratings: UserRatings, catalogue: number, perChoice: number, rng: Rng): Int32Array {
  const drawn = new Int32Array(hasNegatives(ratings, catalogue) ? perChoice * ratings.items.length : 0);
  for (let at = 0; at < drawn.length; at++) drawn[at] = drawNegative(rng, ratings, catalogue);
  return drawn;
}

/** Fits user parts, with memory of its own. */
interface Solver {
  /** Moves `own` in at most `steps` steps to a lower loss over choices and drawn negatives; never to a higher one. */
  solve(opened: OpenNetwork, own: Float64Array, chosen: Int32Array, drawn: Int32Array, steps: number): void;
  /** What drawn samples and choices weigh in the unlabelled term, by this own part. */
  term(opened: OpenNetwork, own: Float64Array, chosen: Int32Array, drawn: Int32Array): UnlabelledTerm;
}

/** Levenberg's and Marquardt's steps: Newton's where they help, shorter ones where rectified units make the picture wrong. */
function createSolver(network: Network, l2: number, prior: number): Solver {
  const order = network.ownSize;
  const normal = new Float64Array(packedSize(order));
  const damped = new Float64Array(packedSize(order));
  const descent = new Float64Array(order);
  const move = new Float64Array(order);
  const slope = new Float64Array(order);

  function term(opened: OpenNetwork, own: Float64Array, chosen: Int32Array, drawn: Int32Array): UnlabelledTerm {
    const ratio = drawn.length / Math.max(1, chosen.length);
    if (prior === 0) return unlabelledTerm(0, ratio, 0, 0);
    network.begin(opened, own);
    let chosenLoss = 0;
    let drawnLoss = 0;
    for (let at = 0; at < chosen.length; at++) chosenLoss += softplus(network.forward(chosen[at]!));
    for (let at = 0; at < drawn.length; at++) drawnLoss += softplus(network.forward(drawn[at]!));
    return unlabelledTerm(prior, ratio, drawnLoss, chosenLoss);
  }

  /** The loss; with `isFull` also its descent direction and the Gauss-Newton matrix. */
  function look(opened: OpenNetwork, own: Float64Array, chosen: Int32Array, drawn: Int32Array, isFull: boolean): number {
    const weights = term(opened, own, chosen, drawn);
    network.begin(opened, own);
    let loss = 0.5 * l2 * dot(own, 0, own, 0, order);
    if (isFull) {
      normal.fill(0);
      for (let f = 0; f < order; f++) descent[f] = -l2 * own[f]!;
    }
    for (let at = 0; at < chosen.length + drawn.length; at++) {
      const isChosen = at < chosen.length;
      const logit = network.forward(isChosen ? chosen[at]! : drawn[at - chosen.length]!);
      loss += isChosen ? softplus(-logit) + (prior > 0 ? weights.chosen * softplus(logit) : 0) : weights.drawn * softplus(logit);
      if (!isFull) continue;
      const probability = sigmoid(logit);
      network.ownSlopes(slope);
      const curvature = isChosen ? Math.max(0, 1 + weights.chosen) : weights.drawn;
      addOuter(normal, 0, curvature * (probability * (1 - probability)), slope, 0, order);
      addScaled(descent, 0, isChosen ? 1 - probability - weights.chosen * probability : -weights.drawn * probability, slope, 0, order);
    }
    if (isFull) addDiagonal(normal, 0, order, l2);
    return loss;
  }

  return {
    term,
    solve(opened, own, chosen, drawn, steps) {
      if (chosen.length === 0) return;
      let loss = look(opened, own, chosen, drawn, true);
      let damping = 0;
      for (let step = 1; step <= steps; step++) {
        damped.set(normal);
        move.set(descent);
        addDiagonal(damped, 0, order, damping);
        if (!solveInPlace(damped, 0, move, 0, order)) return;
        addScaled(move, 0, 1, own, 0, order);
        const next = look(opened, move, chosen, drawn, false);
        if (next <= loss) {
          own.set(move);
          damping /= 4;
          loss = step < steps ? look(opened, own, chosen, drawn, true) : next;
        } else damping = Math.max(4 * damping, meanDiagonal(normal, order));
      }
    },
  };
}

function meanDiagonal(matrix: Float64Array, order: number): number {
  let sum = 0;
  for (let i = 0, cell = 0; i < order; i++, cell += i + 1) sum += matrix[cell]!;
  return sum / order;
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
