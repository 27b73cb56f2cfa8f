/** Yogi: Adam whose mean square moves by additive steps, so that rare large gradients are forgotten slowly. Imports the seam and valibot. */
import * as v from "valibot";
import type { OptimizerDefinition } from "./optimizer.ts";

/** Options of Yogi. */
export interface YogiOptions {
  readonly kind: "yogi";
  readonly learningRate: number;
  /** Decay of the running mean, in [0, 1). */
  readonly beta1: number;
  /** 1 - beta2 is the share of a squared gradient that the mean square moves by, in [0, 1). */
  readonly beta2: number;
  /** Added to the root of the mean square. */
  readonly stability: number;
}

const decay = v.pipe(v.number(), v.minValue(0), v.maxValue(0.999999));

/** Yogi, both moments corrected for their start at zero as in Adam. State: means, then mean squares. */
export const yogi: OptimizerDefinition<YogiOptions> = {
  kind: "yogi",
  summary: "Adam with additive steps of the mean square: calmer where gradients are rare.",
  source:
    "Zaheer et al. 2018, algorithm 2, https://papers.nips.cc/paper/8186-adaptive-methods-for-nonconvex-optimization; on a server: Reddi et al. 2021, https://arxiv.org/abs/2003.00295",
  options: v.strictObject({
    kind: v.literal("yogi"),
    learningRate: v.optional(v.pipe(v.number(), v.minValue(0), v.finite()), 0.1),
    beta1: v.optional(decay, 0.9),
    beta2: v.optional(decay, 0.99),
    stability: v.optional(v.pipe(v.number(), v.minValue(1e-16), v.finite()), 1e-3),
  }),
  create: ({ learningRate, beta1, beta2, stability }) => ({
    kind: "yogi",
    stateSize: (size) => 2 * size,
    valuesPerParameter: 2,
    step(parameters, gradient, state, step) {
      const size = parameters.length;
      const meanScale = learningRate / (1 - beta1 ** step);
      const squareScale = 1 / (1 - beta2 ** step);
      for (let i = 0; i < size; i++) {
        const slope = gradient[i]!;
        const mean = beta1 * state[i]! + (1 - beta1) * slope;
        const last = state[size + i]!;
        const squared = slope * slope;
        const square = last - (1 - beta2) * Math.sign(last - squared) * squared;
        state[i] = mean;
        state[size + i] = square;
        parameters[i] = parameters[i]! - (meanScale * mean) / (Math.sqrt(square * squareScale) + stability);
      }
    },
  }),
};
