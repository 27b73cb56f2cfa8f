/** Adam: steps scaled by running moments of the gradient. Imports the seam and valibot. */
import * as v from "valibot";
import type { OptimizerDefinition } from "./optimizer.ts";

/** Options of Adam. */
export interface AdamOptions {
  readonly kind: "adam";
  readonly learningRate: number;
  /** Decay of the running mean, in [0, 1). */
  readonly beta1: number;
  /** Decay of the running mean square, in [0, 1). */
  readonly beta2: number;
  /** Added to the root of the mean square. */
  readonly stability: number;
}

const decay = v.pipe(v.number(), v.minValue(0), v.maxValue(0.999999));

/** Adam with bias correction. State: means, then mean squares. */
export const adam: OptimizerDefinition<AdamOptions> = {
  kind: "adam",
  summary: "Steps scaled by running moments of the gradient.",
  source: "Kingma and Ba 2015, algorithm 1, https://arxiv.org/abs/1412.6980",
  options: v.strictObject({
    kind: v.literal("adam"),
    learningRate: v.optional(v.pipe(v.number(), v.minValue(0), v.finite()), 0.1),
    beta1: v.optional(decay, 0.9),
    beta2: v.optional(decay, 0.999),
    stability: v.optional(v.pipe(v.number(), v.minValue(1e-16), v.finite()), 1e-8),
  }),
  create: ({ learningRate, beta1, beta2, stability }) => ({
    kind: "adam",
    stateSize: (size) => 2 * size,
    valuesPerParameter: 2,
    step(parameters, gradient, state, step) {
      const size = parameters.length;
      const meanScale = learningRate / (1 - beta1 ** step);
      const squareScale = 1 / (1 - beta2 ** step);
      for (let i = 0; i < size; i++) {
        const slope = gradient[i]!;
        const mean = beta1 * state[i]! + (1 - beta1) * slope;
        const square = beta2 * state[size + i]! + (1 - beta2) * slope * slope;
        state[i] = mean;
        state[size + i] = square;
        parameters[i] = parameters[i]! - (meanScale * mean) / (Math.sqrt(square * squareScale) + stability);
      }
    },
  }),
};
