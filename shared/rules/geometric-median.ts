/** The geometric median of the groups' means. Imports the seam, the median, the means and valibot. */
import * as v from "valibot";
import { asSum, clippedStep, distanceOf, lowerMedian, meansOf, sharesOf, weighted } from "./means.ts";
import { medianOf } from "./median.ts";
import { leastTolerant, minority, type RuleDefinition } from "./rule.ts";

/** Options of the geometric median. */
export interface GeometricMedianOptions {
  readonly kind: "geometric-median";
  /** Greatest number of Weiszfeld's steps. */
  readonly iterations: number;
}

/** A step that moves by less than this share of the typical distance ends it; distances below it count as so much (smoothing). */
const smoothing = 1e-6;

/**
 * The point with the least weighted sum of distances to the groups' means, groups weighing by their contributions: half of all contributions, in
 * groups, cannot carry it off. Weiszfeld's smoothed steps. They begin one clipped step from the
 * coordinate-wise median: from the mean a far outlier takes many, and at a group's own mean, which that median may be, they stand still.
 */
export const geometricMedian: RuleDefinition<GeometricMedianOptions> = {
  kind: "geometric-median",
  summary: "The point with the least sum of distances to the groups' means.",
  source: "Pillutla et al. 2019 (RFA), https://arxiv.org/abs/1912.13445",
  options: v.strictObject({
    kind: v.literal("geometric-median"),
    iterations: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000)), 20),
  }),
  create: ({ iterations }) => ({
    kind: "geometric-median",
    keepsSums: false,
    least: leastTolerant(minority),
    tolerates: minority,
    step(groups) {
      const means = meansOf(groups);
      const shares = sharesOf(groups);
      let point = clippedStep(means, shares, medianOf(means));
      const distances = new Float64Array(means.length);
      const weights = new Float64Array(means.length);
      for (let iteration = 0; iteration < iterations; iteration++) {
        for (let group = 0; group < means.length; group++) distances[group] = distanceOf(means[group]!, point);
        const least = smoothing * lowerMedian(distances) + Number.MIN_VALUE * 2 ** 60;
        let total = 0;
        for (let group = 0; group < means.length; group++) {
          weights[group] = shares[group]! / Math.max(distances[group]!, least);
          total += weights[group]!;
        }
        for (let group = 0; group < means.length; group++) weights[group] = weights[group]! / total;
        const next = weighted(means, weights);
        const moved = distanceOf(next, point);
        point = next;
        if (moved <= least) break;
      }
      return asSum(point, groups);
    },
  }),
};
