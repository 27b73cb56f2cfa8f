/** Agents of planted groups who learn models of their own and whom to learn with. Imports the seam, shared. */
import * as v from "valibot";
import { graphOf } from "../../../shared/math/graph.ts";
import { louvain } from "../../../shared/math/louvain.ts";
import { priors } from "../../../shared/peer/cooperation/index.ts";
import { type CooperationState, createCooperationProgram, type LocalLoss } from "../../../shared/peer/cooperation/program.ts";
import type { Rng } from "../../../shared/random.ts";
import { resolveSection } from "../../../shared/registry.ts";
import { adjustedRandIndex } from "../rand-index.ts";
import { runPrograms, survivors, type TaskDefinition } from "./task.ts";

/** Options of the task. */
export interface CooperationTaskOptions {
  readonly kind: "cooperation";
  readonly prior: { readonly kind: string; readonly [option: string]: unknown };
  /** Planted groups; agent i belongs to group i modulo their number. */
  readonly groups: number;
  readonly features: number;
  /** Examples of an agent: too few to learn from alone. */
  readonly examples: number;
  readonly noise: number;
  readonly rounds: number;
  readonly alone: number;
  readonly learningRate: number;
  readonly l2: number;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000));
const positive = v.pipe(v.number(), v.minValue(0), v.maxValue(1e6));

/** Linear models of planted groups. */
export const cooperation: TaskDefinition<CooperationTaskOptions> = {
  kind: "cooperation",
  summary: "Agents of planted groups who learn a model each, and whom to learn it with.",
  source: "SCooL (ICML 2023), https://arxiv.org/abs/2306.09595",
  options: v.strictObject({
    kind: v.literal("cooperation"),
    prior: v.optional(v.looseObject({ kind: v.optional(v.string(), "blocks") }), {}),
    groups: v.optional(count, 3),
    features: v.optional(count, 10),
    examples: v.optional(count, 12),
    noise: v.optional(positive, 0.3),
    rounds: v.optional(count, 150),
    alone: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 30),
    learningRate: v.optional(positive, 0.1),
    l2: v.optional(positive, 0.001),
  }),
  async run(options, world) {
    const { agents } = world.topology;
    const { definition, options: priorOptions } = resolveSection(priors, options.prior, "task.prior");
    const planted = Array.from({ length: options.groups }, (_, group) => drawModel(options.features, world.rng.fork("group", group)));
    const groupOf = (agent: number): number => agent % options.groups;
    const losses = Array.from({ length: agents }, (_, agent) => drawLoss(planted[groupOf(agent)]!, options, world.rng.fork("data", agent)));
    const start = new Float64Array(options.features);
    const outcome = await runPrograms(
      world,
      losses.map((loss, agent) =>
        createCooperationProgram(loss, definition.create(priorOptions, world.rng.fork("prior", agent)), options, start),
      ),
      ({ round }) => round,
    );
    const states = survivors(outcome);
    const found = communities(agents, states, world.rng.fork("louvain"));
    const distance = (estimate: Float64Array, agent: number): number =>
      estimate.reduce((sum, value, at) => sum + (value - planted[groupOf(agent)]![at]!) ** 2, 0);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const alone = losses.map((loss) => descend(loss, start, options));
    return {
      outcome,
      rounds: options.rounds,
      figures: {
        prior: definition.kind,
        adjustedRandIndex: adjustedRandIndex(
          states.map(([agent]) => found[agent]!),
          states.map(([agent]) => groupOf(agent)),
        ),
        // Squared distance from the planted model: the excess of the mean squared error on new examples.
        excessError: mean(states.map(([agent, { estimate }]) => distance(estimate, agent))),
        excessErrorAlone: mean(states.map(([agent]) => distance(alone[agent]!, agent))),
      },
    };
  },
};

/** A drawn direction of unit length, times 2. */
function drawModel(features: number, rng: Rng): Float64Array {
  const model = Float64Array.from({ length: features }, () => rng.normal());
  const norm = Math.sqrt(model.reduce((sum, value) => sum + value * value, 0));
  return model.map((value) => (2 * value) / norm);
}

/** Examples of a linear model with normal features and noise, as half their mean squared error. */
function drawLoss(model: Float64Array, { features, examples, noise }: CooperationTaskOptions, rng: Rng): LocalLoss {
  const inputs = Float64Array.from({ length: examples * features }, () => rng.normal());
  const outputs = Float64Array.from({ length: examples }, (_, row) => {
    let value = noise * rng.normal();
    for (let f = 0; f < features; f++) value += model[f]! * inputs[row * features + f]!;
    return value;
  });
  return {
    size: features,
    evaluate(estimate, gradient) {
      gradient.fill(0);
      let total = 0;
      for (let row = 0; row < examples; row++) {
        let rest = -outputs[row]!;
        for (let f = 0; f < features; f++) rest += estimate[f]! * inputs[row * features + f]!;
        total += (rest * rest) / 2 / examples;
        for (let f = 0; f < features; f++) gradient[f] = gradient[f]! + (rest * inputs[row * features + f]!) / examples;
      }
      return total;
    },
  };
}

/** What an agent learns without neighbors in as many rounds. */
function descend(loss: LocalLoss, start: Float64Array, { rounds, learningRate, l2 }: CooperationTaskOptions): Float64Array {
  const gradient = new Float64Array(loss.size);
  let estimate = start.slice();
  for (let round = 0; round < rounds; round++) {
    loss.evaluate(estimate, gradient);
    estimate = estimate.map((value, at) => value - learningRate * (gradient[at]! + l2 * value));
  }
  return estimate;
}

/** Communities of the cooperation graph, weights of both directions added. */
function communities(agents: number, states: readonly (readonly [number, CooperationState])[], rng: Rng): ArrayLike<number> {
  const edges = states.flatMap(([agent, { weights }]) =>
    [...weights].filter(([, weight]) => weight > 1e-6).map(([id, weight]) => [agent, Number(id), weight] as const),
  );
  return louvain(graphOf(agents, edges), 1, rng);
}
