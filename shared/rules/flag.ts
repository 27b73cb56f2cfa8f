/** The flag aggregator: the mean of the groups' directions within the subspace that most of them share. Imports the seam, ml-matrix, valibot. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import * as v from "valibot";
import { asSum, lowerMedian, meansOf, normOf, weighted } from "./means.ts";
import { leastTolerant, minority, type RuleDefinition } from "./rule.ts";

/** Options of the flag aggregator. */
export interface FlagOptions {
  readonly kind: "flag";
  /** Steps of reweighting. */
  readonly iterations: number;
}

/** What keeps a weight finite where a direction lies within the subspace, as the authors' code has it. */
const slack = 1e-7;

/**
 * Finds the subspace of ceil((p + 1) / 2) dimensions with the least sum over the p groups of sqrt(1 - |Y'u|^2), u their means at length 1, by
 * reweighted principal components, and averages the directions' projections on it. Two departures from the authors' code, which scales by p / m
 * and so asks for another learning rate: the result has the median of the means' lengths times the length of the mean projection, and the
 * reweighting begins with the principal components of all and not with random ones.
 *
 * Only the p x p matrix of inner products K is decomposed, never one of the size of the model: with weights w, W K W = V S^2 V', Y = U W V / S, and
 * the mean projection is U times the coefficients W V S^-2 V' W K 1 / p. Costs n p^2 + p^3 a round.
 */
export const flag: RuleDefinition<FlagOptions> = {
  kind: "flag",
  summary: "The mean of the groups' directions within the subspace that most of them share, at the median length.",
  source: "Almasi et al. 2024, https://arxiv.org/abs/2302.05865",
  options: v.strictObject({
    kind: v.literal("flag"),
    iterations: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 5),
  }),
  create: ({ iterations }) => ({
    kind: "flag",
    keepsSums: false,
    least: leastTolerant(minority),
    tolerates: minority,
    step(groups) {
      const means = meansOf(groups);
      const norms = Float64Array.from(means, normOf);
      const scale = lowerMedian(norms);
      const products = directionProducts(means, norms);
      const weights = coefficientsOf(products, iterations);
      // Coefficients are of directions; a mean is its direction times its length. One whose length is no number has no direction.
      for (let group = 0; group < weights.length; group++) {
        weights[group] = hasDirection(norms[group]!) ? (weights[group]! * scale) / norms[group]! : 0;
      }
      return asSum(weighted(means, weights), groups);
    },
  }),
};

function hasDirection(norm: number): boolean {
  return norm > 0 && norm < Number.POSITIVE_INFINITY;
}

/** Inner products of the means' directions, [p x p]; rows of zeros for those without one. */
function directionProducts(means: readonly Float64Array[], norms: Float64Array): Matrix {
  const count = means.length;
  const products = Matrix.zeros(count, count);
  for (let i = 0; i < count; i++) {
    if (!hasDirection(norms[i]!)) continue;
    for (let j = 0; j <= i; j++) {
      if (!hasDirection(norms[j]!)) continue;
      const cosine = i === j ? 1 : cosineOf(means[i]!, norms[i]!, means[j]!, norms[j]!);
      products.set(i, j, cosine);
      products.set(j, i, cosine);
    }
  }
  return products;
}

function cosineOf(a: Float64Array, normA: number, b: Float64Array, normB: number): number {
  let total = 0;
  const [scaleA, scaleB] = [1 / normA, 1 / normB];
  for (let i = 0; i < a.length; i++) total += a[i]! * scaleA * (b[i]! * scaleB);
  return total;
}

/** The mean projection as coefficients of the directions, [p]. */
function coefficientsOf(products: Matrix, iterations: number): Float64Array {
  const count = products.rows;
  const dimensions = Math.ceil((count + 1) / 2);
  let weights = new Float64Array(count).fill(1);
  for (let iteration = 1; ; iteration++) {
    const weightedProducts = new Matrix(count, count);
    for (let i = 0; i < count; i++)
      for (let j = 0; j < count; j++) weightedProducts.set(i, j, weights[i]! * products.get(i, j) * weights[j]!);
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(weightedProducts, { assumeSymmetric: true });
    const greatest = Math.max(...realEigenvalues);
    const kept = Array.from(realEigenvalues.keys())
      .sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!)
      .slice(0, dimensions)
      // Directions that are sums of others add no dimension.
      .filter((at) => realEigenvalues[at]! > 1e-10 * greatest);
    // onBasis[b][i]: the direction u_i's component along basis vector b.
    const onBasis = kept.map((at) => {
      const along = new Float64Array(count);
      const root = Math.sqrt(realEigenvalues[at]!);
      for (let i = 0; i < count; i++) {
        let total = 0;
        for (let j = 0; j < count; j++) total += eigenvectorMatrix.get(j, at) * weights[j]! * products.get(j, i);
        along[i] = total / root;
      }
      return along;
    });
    if (iteration >= iterations) return meanProjection(kept, realEigenvalues, eigenvectorMatrix, weights, onBasis);
    const next = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      let within = 0;
      for (const along of onBasis) within += along[i]! * along[i]!;
      next[i] = (Math.max(0, 1 - within) + slack) ** -0.25;
    }
    weights = next;
  }
}

function meanProjection(
  kept: readonly number[],
  eigenvalues: readonly number[],
  vectors: Matrix,
  weights: Float64Array,
  onBasis: readonly Float64Array[],
): Float64Array {
  const count = weights.length;
  const coefficients = new Float64Array(count);
  for (const [basis, at] of kept.entries()) {
    let mean = 0;
    for (let i = 0; i < count; i++) mean += onBasis[basis]![i]! / count;
    const scale = mean / Math.sqrt(eigenvalues[at]!);
    for (let i = 0; i < count; i++) coefficients[i] = coefficients[i]! + weights[i]! * vectors.get(i, at) * scale;
  }
  return coefficients;
}
