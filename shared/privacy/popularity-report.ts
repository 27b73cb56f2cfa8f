/**
 * Figures by the popularity of items, with noise: how well the rare ones are served. Imports the events, clips, mechanisms, check.
 *
 * Pure steps: a device adds up what it measured by group of items (a squared error and a one for each held-out rating, say) and clips the
 * whole; the sum over devices gets Gaussian noise; quotients of noised sums cost nothing further. The groups must be public: see
 * `popularityGroups` of noised counts, whose release is an event of its own.
 *
 * Source: sliced metrics of Krichene et al. 2023, https://arxiv.org/abs/2302.07975; the noise on them is ours
 */
import { inRange, integer, lengthOf } from "../check.ts";
import type { NoiseRng } from "../random.ts";
import { sensitivityOf } from "./clips/clip.ts";
import { clipFlat } from "./clips/flat.ts";
import { type GaussianEvent, gaussianEvent, type Neighboring } from "./event.ts";
import { gaussianGridNoise } from "./mechanisms/grid-noise.ts";

/** Something that is added up by group. */
export interface ReportStatistic {
  readonly name: string;
  /** The size of one person's usual sum in a group; sums are divided by it before they are clipped, so that all count alike. */
  readonly unit: number;
}

/** What is reported; all public. */
export interface PopularityReportPlan {
  /** Groups of items, 5 for quintiles. */
  readonly groups: number;
  readonly statistics: readonly ReportStatistic[];
  /** L2 bound of one person's sums, in units. */
  readonly clipNorm: number;
  /** Standard deviation of the noise over the sensitivity; calibrated, never typed. */
  readonly noiseMultiplier: number;
  readonly neighboring: Neighboring;
}

/** Noised sums by group, and what they cost. */
export interface PopularityReport {
  /** [groups x statistics], in the statistics' own measure. */
  readonly sums: Float64Array;
  /** Standard deviation of the noise of each statistic's sums, [statistics]. */
  readonly noiseStddevs: Float64Array;
  readonly event: GaussianEvent;
}

/** One thing that a device measured about an item. */
export interface Observation {
  readonly item: number;
  /** [statistics] in the plan's order. */
  readonly values: readonly number[];
}

/**
 * A person's clipped sums, [groups x statistics] in units.
 *
 * Guarantees: the L2 norm is at most `clipNorm`. Edge cases: nothing observed -> zeros; any NaN or infinity -> zeros, silently; items of no
 * group are left out.
 *
 * @param groupOf the group of each item, as `popularityGroups` gives it
 * @throws RangeError for an observation with another number of values than the plan has statistics, or a plan out of range
 */
export function reportContribution(observations: Iterable<Observation>, groupOf: Uint8Array, plan: PopularityReportPlan): Float64Array {
  const size = sizeOf(plan);
  const width = plan.statistics.length;
  const sums = new Float64Array(size);
  for (const { item, values } of observations) {
    lengthOf(values, width, "values");
    const group = groupOf[item];
    if (group === undefined || group >= plan.groups) continue;
    for (let s = 0; s < width; s++) sums[group * width + s] = sums[group * width + s]! + values[s]! / plan.statistics[s]!.unit;
  }
  return clipFlat(sums, plan.clipNorm);
}

/**
 * The sum of clipped contributions with Gaussian noise, on a fine grid, in every group and statistic.
 *
 * Edge cases: noiseMultiplier 0 -> the sums themselves, and an event of infinite cost; a sum that is not finite counts as zeros.
 *
 * @param sum of `reportContribution`s, [groups x statistics] in units; not modified
 * @throws RangeError for a sum of another length; CofactorError CONFIG_INVALID for noise that is not finite
 */
export function noiseReport(sum: Float64Array, plan: PopularityReportPlan, rng: NoiseRng): PopularityReport {
  const size = sizeOf(plan);
  lengthOf(sum, size, "sum");
  const noise = gaussianGridNoise(rng, plan.noiseMultiplier, sensitivityOf(plan.clipNorm, plan.neighboring), size);
  const units = plan.statistics.map(({ unit }) => unit);
  return {
    sums: noise.add(sum).map((value, at) => value * units[at % units.length]!),
    noiseStddevs: Float64Array.from(units, (unit) => noise.scale * unit),
    event: gaussianEvent({ neighboring: plan.neighboring, noiseMultiplier: plan.noiseMultiplier }),
  };
}

/**
 * The quotient of two statistics in each group, such as squared errors by ratings: undefined in a group whose denominator is below `least`,
 * where noise would speak. Post-processing: costs nothing.
 *
 * @param least twice the denominator's noise unless told
 * @throws RangeError for a statistic that the plan does not have
 */
export function quotientByGroup(
  report: PopularityReport,
  plan: PopularityReportPlan,
  names: { readonly numerator: string; readonly denominator: string; readonly least?: number },
): readonly (number | undefined)[] {
  const width = plan.statistics.length;
  const [above, below] = [names.numerator, names.denominator].map((name) => {
    const at = plan.statistics.findIndex((statistic) => statistic.name === name);
    return integer(at, 0, width - 1, `statistic ${name}`);
  }) as [number, number];
  const least = names.least ?? 2 * report.noiseStddevs[below]!;
  return Array.from({ length: plan.groups }, (_, group) => {
    const denominator = report.sums[group * width + below]!;
    return denominator > 0 && denominator >= least ? report.sums[group * width + above]! / denominator : undefined;
  });
}

function sizeOf({ groups, statistics, clipNorm }: PopularityReportPlan): number {
  integer(groups, 1, 256, "groups");
  integer(statistics.length, 1, 1024, "statistics");
  inRange(clipNorm, 0, Number.MAX_VALUE, "clipNorm");
  for (const { unit } of statistics) inRange(unit, Number.MIN_VALUE, Number.MAX_VALUE, "unit");
  return groups * statistics.length;
}
