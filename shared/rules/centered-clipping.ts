/** Centered clipping: the groups' means, clipped around the last round's aggregate. Imports the seam, the means and valibot. */
import * as v from "valibot";
import { asSum, clippedStep, meansOf, sharesOf } from "./means.ts";
import { leastTolerant, minority, type RuleDefinition } from "./rule.ts";

/** Options of centered clipping. */
export interface CenteredClippingOptions {
  readonly kind: "centered-clipping";
  /** How far from the center a group's mean counts whole; by default the median of their distances, in every step anew. */
  readonly radius?: number | undefined;
  /** Steps a round. */
  readonly iterations: number;
}

/**
 * v <- v + sum of share x (mean - v) min(1, radius / |mean - v|), from the last round's aggregate on, zeros at first: what the rule remembers. A
 * group moves the aggregate by at most its share of the radius a step. The paper proves convergence for up to a tenth of bad groups and devices
 * that send momentum; here devices send what their model has them send.
 */
export const centeredClipping: RuleDefinition<CenteredClippingOptions> = {
  kind: "centered-clipping",
  summary: "The mean of the groups' means, each clipped around the last round's aggregate.",
  source: "Karimireddy, He, Jaggi 2021, https://arxiv.org/abs/2012.10333",
  options: v.strictObject({
    kind: v.literal("centered-clipping"),
    radius: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0))),
    iterations: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 3),
  }),
  create: ({ radius, iterations }) => ({
    kind: "centered-clipping",
    keepsSums: false,
    least: leastTolerant(minority),
    tolerates: minority,
    step(groups, memory) {
      if (groups.length === 1) return { values: groups[0]!.values, count: groups[0]!.count, memory: meansOf(groups)[0]!.slice() };
      const means = meansOf(groups);
      const shares = sharesOf(groups);
      let center = memory ?? new Float64Array(means[0]!.length);
      for (let iteration = 0; iteration < iterations; iteration++) center = clippedStep(means, shares, center, radius);
      return { ...asSum(center.slice(), groups), memory: center };
    },
  }),
};
