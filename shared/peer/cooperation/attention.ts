/** The attention prior: who has moved the same way is worth learning with. Imports the seam, valibot. */
import * as v from "valibot";
import type { PriorDefinition } from "./prior.ts";

/** Options of the prior. */
export interface AttentionOptions {
  readonly kind: "attention";
  readonly temperature: number;
  /** How much the likeness of two departures counts. */
  readonly sharpness: number;
}

/**
 * w_i = softmax over neighbors of evidence / temperature + sharpness <u_i, u_j>, u the departure of an estimate from the public start at unit
 * length; scaled so that the heaviest neighbor counts 1.
 *
 * Differs from the paper: its embedding of departures is a learned net; here it is the direction itself, which needs no training.
 */
export const attention: PriorDefinition<AttentionOptions> = {
  kind: "attention",
  summary: "Neighbors count by how alike their estimates have moved away from the start.",
  source: "SCooL (ICML 2023), https://arxiv.org/abs/2306.09595, with directions for its learned embedding",
  options: v.strictObject({
    kind: v.literal("attention"),
    temperature: v.optional(v.pipe(v.number(), v.minValue(1e-3), v.maxValue(1e3)), 0.2),
    sharpness: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1e3)), 2),
  }),
  create: ({ temperature, sharpness }) => ({
    kind: "attention",
    publishedLength: 0,
    start: () => undefined,
    publish: () => new Float64Array(0),
    weigh(state, departure, known) {
      const scores = known.map(({ evidence, departure: theirs }) => evidence / temperature + sharpness * cosine(departure, theirs));
      const most = Math.max(...scores);
      return { state, weights: new Map(known.map(({ id }, at) => [id, Math.exp(scores[at]! - most)])) };
    },
  }),
};

function cosine(a: Float64Array, b: Float64Array): number {
  let inner = 0;
  let left = 0;
  let right = 0;
  for (let at = 0; at < a.length; at++) {
    inner += a[at]! * b[at]!;
    left += a[at]! ** 2;
    right += b[at]! ** 2;
  }
  return left > 0 && right > 0 ? inner / Math.sqrt(left * right) : 0;
}
