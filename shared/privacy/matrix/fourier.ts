/** The circulant factorization of the seed paper, with its own decoder or the best one. Imports the seam, builders, dense and valibot. */
import * as v from "valibot";
import { denseFactorization, gramFactorization } from "./builders.ts";
import { checkDenseRounds, cholesky, lowerStrategy } from "./dense.ts";
import type { FactorizationDefinition } from "./factorization.ts";
import { bandsOf } from "./sensitivity-toeplitz.ts";
import { invertToeplitz } from "./toeplitz.ts";
import { prefixSum, type Workload } from "./workload.ts";

/** Options of the circulant factorization. */
export interface FourierOptions {
  readonly kind: "fourier";
  /** "adjoint": the paper's stationary noise; "optimal": the least error that the same strategy allows. */
  readonly decoder: "adjoint" | "optimal";
}

/**
 * The strategy is the square root of a circulant matrix of twice the size: its Gram matrix is a symmetric Toeplitz matrix X.
 *
 * With the adjoint decoder the noise of the Toeplitz workload itself has the covariance X; `noiseRow` is then no inverse of the
 * strategy, but a lower-triangular factor of that noise's covariance. Its source of noise is the strategy's in other coordinates plus
 * noise that sees no data, so the privacy is that of C x + z.
 */
export const fourier: FactorizationDefinition<FourierOptions> = {
  kind: "fourier",
  summary: "The circulant (FFT) factorization; nothing to optimize, rounds^3 operations to make it stream.",
  source: "Choquette-Choo et al. 2023, https://arxiv.org/abs/2211.06530, section 5",
  options: v.strictObject({
    kind: v.literal("fourier"),
    decoder: v.optional(v.picklist(["adjoint", "optimal"]), "optimal"),
  }),
  create({ decoder }, { workload }) {
    const { rounds } = workload;
    checkDenseRounds(rounds);
    const base = workload.coefficients ?? prefixSum(rounds).coefficients!;
    const gram = toeplitzGram(circulantCovariance(base));
    if (decoder === "optimal") return gramFactorization({ kind: "fourier", workload, gram });
    const strategy = lowerStrategy(gram, rounds);
    return denseFactorization({ kind: "fourier", workload, gram, strategy, noise: stationaryNoise(gram, base, workload) });
  },
};

/**
 * The first [rounds] values of the inverse transform of |dft|, where dft is the transform of the coefficients padded with as many zeros.
 * The first of them is the loss of the "adjoint" decoder at one participation. Direct sums, O(rounds^2): what follows takes longer.
 */
export function circulantCovariance(coefficients: Float64Array): Float64Array {
  const n = coefficients.length;
  const size = 2 * n;
  const cosines = Float64Array.from({ length: size }, (_, i) => Math.cos((Math.PI * i) / n));
  const sines = Float64Array.from({ length: size }, (_, i) => Math.sin((Math.PI * i) / n));
  const magnitudes = new Float64Array(size);
  for (let f = 0; f < size; f++) {
    let re = 0;
    let im = 0;
    for (let i = 0, at = 0; i < n; i++, at = (at + f) % size) {
      re += coefficients[i]! * cosines[at]!;
      im += coefficients[i]! * sines[at]!;
    }
    magnitudes[f] = Math.hypot(re, im);
  }
  return Float64Array.from({ length: n }, (_, lag) => {
    let total = 0;
    for (let f = 0, at = 0; f < size; f++, at = (at + lag) % size) total += magnitudes[f]! * cosines[at]!;
    return total / size;
  });
}

function toeplitzGram(covariance: Float64Array): Float64Array {
  const n = covariance.length;
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[i * n + j] = covariance[Math.abs(i - j)]!;
  return out;
}

/** The lower W for which the Toeplitz workload's noise A W has the covariance X: A^-1 times the lower factor of X. */
function stationaryNoise(gram: Float64Array, base: Float64Array, { rounds }: Workload): Float64Array {
  const factor = cholesky(gram, rounds);
  if (factor === undefined) throw new RangeError('"workload" expected a circulant extension of full rank');
  const inverse = invertToeplitz(base, rounds);
  const reach = bandsOf(inverse);
  const out = new Float64Array(rounds * rounds);
  for (let i = 0; i < rounds; i++) {
    for (let back = 0; back <= Math.min(i, reach - 1); back++) {
      const weight = inverse[back]!;
      if (weight === 0) continue;
      for (let j = 0; j <= i - back; j++) out[i * rounds + j] = out[i * rounds + j]! + weight * factor[(i - back) * rounds + j]!;
    }
  }
  return out;
}
