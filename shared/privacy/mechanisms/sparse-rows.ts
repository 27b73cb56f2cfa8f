/**
 * Gaussian noise on the rows that enough people touched, and no others published: for item tables of which a round touches few rows.
 * Imports the events, clips, grid-noise, check, random.
 *
 * Two releases on the same cohort. First, how many people touched each row: every person adds a small number to each row they touched, within
 * an L2 bound, and noise is added to all rows, touched or not. Rows whose noised number reaches a public threshold are selected. Second, the
 * selected rows of the cohort's sum, with noise on each of their values. What the second release looks at depends on the first one only as it
 * was released, so both costs add up, and whether a row was touched is hidden like everything else: an untouched row is selected with a
 * probability that threshold and noise alone fix (`falseSelection`), and then published as noise.
 *
 * This is no `Mechanism`: those promise noise in entries that do not depend on the vector, and are told of no contributors. Nor is it
 * unbiased: a row that is not selected is published as zeros, which is a public fact about the first release.
 *
 * Source: DP-AdaFEST, Ghazi et al. 2023, algorithm 1, https://arxiv.org/abs/2311.08357
 */
import { finite, inRange, integer } from "../../check.ts";
import type { NoiseRng } from "../../random.ts";
import { type ClipShape, sensitivityOf } from "../clips/clip.ts";
import { type RowLayout, rowLayout, rowNorms } from "../clips/layout.ts";
import { isFiniteVector } from "../clips/norm.ts";
import { type GaussianEvent, gaussianEvent, type Neighboring } from "../event.ts";
import { nonNegative } from "../event-checks.ts";
import { normalCdf } from "../numerics/normal.ts";
import { gaussianGridNoise } from "./grid-noise.ts";

/** How sparse noise is added; all public. */
export interface SparseRowsPlan {
  /** The vector's tensors, one behind the other, which share their rows. */
  readonly shape: ClipShape;
  /** L2 bound of a contribution's values, which the clip enforces. */
  readonly clipNorm: number;
  /** L2 bound of what one person adds to the rows' numbers: at most 1 to each row. */
  readonly mapClipNorm: number;
  /** A row is published when its noised number is at least this. */
  readonly threshold: number;
  /** Of both releases together; calibrated, never typed. */
  readonly noiseMultiplier: number;
  /** The part of 1 / noiseMultiplier^2 that the selection of rows costs, between 0 and 1; a tenth is usual. */
  readonly selectionShare: number;
  readonly neighboring: Neighboring;
}

/** The noise multipliers of the two releases; each over its own sensitivity. */
export interface SparseMultipliers {
  readonly selection: number;
  readonly values: number;
}

/** What a round publishes, and what it cost. */
export interface SparseNoised {
  /** The published rows, ascending. */
  readonly rows: Int32Array;
  /** [size] the vector, noised in the published rows and zero in all others. */
  readonly values: Float64Array;
  /** The selection's and the values': both happened, in this order. */
  readonly events: readonly [GaussianEvent, GaussianEvent];
}

/**
 * The multipliers that together cost what `noiseMultiplier` alone does: 1 / selection^2 + 1 / values^2 = 1 / noiseMultiplier^2.
 *
 * @throws RangeError when noiseMultiplier is negative or not finite, or the share is not between 0 and 1
 */
export function sparseMultipliers({
  noiseMultiplier,
  selectionShare,
}: Pick<SparseRowsPlan, "noiseMultiplier" | "selectionShare">): SparseMultipliers {
  nonNegative(noiseMultiplier, "noiseMultiplier");
  inRange(selectionShare, Number.EPSILON, 1 - Number.EPSILON, "selectionShare");
  return { selection: noiseMultiplier / Math.sqrt(selectionShare), values: noiseMultiplier / Math.sqrt(1 - selectionShare) };
}

/** What one round costs: the events of `noiseSparseRows`, known before it. @throws RangeError as `sparseMultipliers` */
export function sparseEvents(plan: Pick<SparseRowsPlan, "noiseMultiplier" | "selectionShare" | "neighboring">): SparseNoised["events"] {
  const { selection, values } = sparseMultipliers(plan);
  const { neighboring } = plan;
  return Object.freeze([
    gaussianEvent({ neighboring, noiseMultiplier: selection }),
    gaussianEvent({ neighboring, noiseMultiplier: values }),
  ] as const);
}

/** The probability that a row nobody touched is published. */
export function falseSelection(plan: SparseRowsPlan): number {
  const stddev = sparseMultipliers(plan).selection * sensitivityOf(plan.mapClipNorm, plan.neighboring);
  if (stddev === 0) return plan.threshold <= 0 ? 1 : 0;
  return normalCdf(-plan.threshold / stddev);
}

/**
 * What one person adds to the rows' numbers, [rows]: the same in each row of theirs that is not all zeros, 1 or less, so that its L2 norm is
 * at most `mapClipNorm`.
 *
 * Edge cases: no row touched -> zeros; a value that is NaN or infinite -> zeros, silently, as the clip counts such values.
 *
 * @param values the person's clipped contribution, secret; not modified
 * @throws RangeError for values of another length; CofactorError CONFIG_INVALID for a shape without rows
 */
export function rowContributions(
  values: Float64Array,
  { shape, mapClipNorm }: Pick<SparseRowsPlan, "shape" | "mapClipNorm">,
): Float64Array {
  inRange(mapClipNorm, 0, Number.MAX_VALUE, "mapClipNorm");
  const norms = rowNorms(values, rowLayout(shape, "sparse-rows"));
  if (norms === undefined) return new Float64Array(shape.rows ?? 0);
  const touched = norms.reduce((count, norm) => (norm > 0 ? count + 1 : count), 0);
  const each = Math.min(1, (mapClipNorm / Math.sqrt(touched)) * (1 - 2 ** -50));
  return norms.map((norm) => (norm > 0 ? each : 0));
}

/**
 * The rows that enough people touched, with noise.
 *
 * Guarantees: the result and its rows are of the two events' cost, whatever the sums are, given that every contribution kept the bounds; noise
 * is exact on a fine grid with a `rng` of the platform. The time depends on how many rows are published, which is public.
 * Edge cases: noiseMultiplier 0 -> the sum's rows at or above the threshold as they are, at infinite cost; a sum or a map that is not finite
 * counts as zeros, silently.
 *
 * @param sum of the clipped contributions, [size]; not modified
 * @param map the sum of their `rowContributions`, [rows]; not modified
 * @throws RangeError for a sum or a map of another length, or a plan out of range; CofactorError CONFIG_INVALID for a shape without rows
 */
export function noiseSparseRows(sum: Float64Array, map: Float64Array, plan: SparseRowsPlan, rng: NoiseRng): SparseNoised {
  const layout = rowLayout(plan.shape, "sparse-rows");
  const { selection, values } = sparseMultipliers(plan);
  finite(plan.threshold, "threshold");
  integer(map.length, layout.rows, layout.rows, "map rows");
  integer(sum.length, layout.size, layout.size, "sum values");
  const numbers = gaussianGridNoise(rng, selection, sensitivityOf(plan.mapClipNorm, plan.neighboring), layout.rows).add(map);
  const rows = Int32Array.from(numbers.keys()).filter((row) => numbers[row]! >= plan.threshold);
  // What rounding to the grid adds is for the published values alone: their number is public by now.
  const width = layout.size / layout.rows;
  const noise = gaussianGridNoise(rng, values, sensitivityOf(plan.clipNorm, plan.neighboring), rows.length * width);
  const usable = isFiniteVector(sum) ? sum : new Float64Array(layout.size);
  const noised = noise.add(gather(usable, rows, layout));
  return { rows, values: scatter(noised, rows, layout), events: sparseEvents(plan) };
}

/** The rows' values, tensor by tensor. */
function gather(values: Float64Array, rows: Int32Array, { tensors }: RowLayout): Float64Array {
  const parts = tensors.flatMap(({ width, at }) => Array.from(rows, (row) => values.subarray(at + row * width, at + (row + 1) * width)));
  const out = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let next = 0;
  for (const part of parts) {
    out.set(part, next);
    next += part.length;
  }
  return out;
}

/** The opposite of `gather`: zeros in all other rows. */
function scatter(gathered: Float64Array, rows: Int32Array, { size, tensors }: RowLayout): Float64Array {
  const out = new Float64Array(size);
  let next = 0;
  for (const { width, at } of tensors) {
    for (const row of rows) {
      out.set(gathered.subarray(next, next + width), at + row * width);
      next += width;
    }
  }
  return out;
}
