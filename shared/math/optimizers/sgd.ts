/** Gradient descent, plain or with momentum. Imports the seam and valibot. */
import * as v from "valibot";
import type { OptimizerDefinition } from "./optimizer.ts";

/** Options of gradient descent. */
export interface SgdOptions {
  readonly kind: "sgd";
  readonly learningRate: number;
  /** 0 for none; in [0, 1). */
  readonly momentum: number;
}

/** Gradient descent with heavy-ball momentum. */
export const sgd: OptimizerDefinition<SgdOptions> = {
  kind: "sgd",
  summary: "Gradient descent, with momentum where asked for.",
  source: "Polyak 1964, https://doi.org/10.1016/0041-5553(64)90137-5",
  options: v.strictObject({
    kind: v.literal("sgd"),
    learningRate: v.optional(v.pipe(v.number(), v.minValue(0), v.finite()), 0.01),
    momentum: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.999)), 0),
  }),
  create: ({ learningRate, momentum }) => ({
    kind: "sgd",
    stateSize: (size) => (momentum === 0 ? 0 : size),
    valuesPerParameter: momentum === 0 ? 0 : 1,
    step(parameters, gradient, state) {
      if (momentum === 0) {
        for (let i = 0; i < parameters.length; i++) parameters[i] = parameters[i]! - learningRate * gradient[i]!;
        return;
      }
      for (let i = 0; i < parameters.length; i++) {
        const velocity = momentum * state[i]! + gradient[i]!;
        state[i] = velocity;
        parameters[i] = parameters[i]! - learningRate * velocity;
      }
    },
  }),
};
