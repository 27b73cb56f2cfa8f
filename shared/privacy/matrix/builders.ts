/** Factorizations from their matrices: Toeplitz by coefficients, dense by entries. Imports parts of this folder. */
import { lengthOf } from "../../check.ts";
import { gramOfLower, invertLower, lowerStrategy } from "./dense.ts";
import { denseErrors, toeplitzErrors } from "./errors.ts";
import type { Factorization } from "./factorization.ts";
import { inputsFilter, type NoiseFilter, outputsFilter } from "./filter.ts";
import { gramSensitivity } from "./sensitivity.ts";
import { bandsOf, toeplitzSensitivity } from "./sensitivity-toeplitz.ts";
import { toeplitzRow } from "./toeplitz.ts";
import type { Workload } from "./workload.ts";

/** A Toeplitz strategy, its inverse, and how it streams. */
export interface ToeplitzParts {
  readonly kind: string;
  readonly workload: Workload;
  /** First column of C, up to [rounds]. */
  readonly strategy: Float64Array;
  /** First column of C^-1, [rounds]. */
  readonly inverse: Float64Array;
  readonly filter: NoiseFilter;
}

/** A factorization with a Toeplitz strategy. */
export function toeplitzFactorization({ kind, workload, strategy, inverse, filter }: ToeplitzParts): Factorization {
  const { rounds } = workload;
  return Object.freeze({
    kind,
    workload,
    rounds,
    strategyRow: (row: number) => toeplitzRow(strategy, row, rounds),
    noiseRow: (row: number) => toeplitzRow(inverse, row, rounds),
    sensitivity: (participation) => toeplitzSensitivity(strategy, rounds, participation),
    errors: toeplitzErrors(workload, inverse),
    filter,
  } satisfies Factorization);
}

/** The filter of a Toeplitz inverse by its own coefficients: memory for as many fresh vectors as it reaches back. */
export function inverseFilter(inverse: Float64Array): NoiseFilter {
  return inputsFilter(bandsOf(inverse) - 1, (_, back) => inverse[back]!);
}

/** A lower-triangular strategy, and optionally noise other than its inverse. */
export interface DenseParts {
  readonly kind: string;
  readonly workload: Workload;
  /** C, row-major [rounds x rounds], lower triangular. */
  readonly strategy: Float64Array;
  /** C' C where it is known to be more exact than what the strategy gives. */
  readonly gram?: Float64Array;
  /** What is added to the rounds' sums, C^-1 when missing. */
  readonly noise?: Float64Array;
  /** Diagonals of C that are not zero; when given, the noise streams from that many results less one. */
  readonly bands?: number;
  /** How the noise streams, when there is a better way. */
  readonly filter?: NoiseFilter;
}

/** A factorization with a dense or banded lower-triangular strategy. @throws RangeError when the diagonal has a zero */
export function denseFactorization(parts: DenseParts): Factorization {
  const { kind, workload, strategy, bands } = parts;
  const { rounds } = workload;
  lengthOf(strategy, rounds * rounds, "strategy");
  const noise = parts.noise ?? invertLower(strategy, rounds);
  const gram = parts.gram ?? gramOfLower(strategy, rounds);
  const byBands = (reach: number): NoiseFilter => outputsFilter(reach, (row, back) => strategy[row * rounds + row - back]!);
  const byRows = (): NoiseFilter => inputsFilter(rounds - 1, (row, back) => noise[row * rounds + row - back]!);
  return Object.freeze({
    kind,
    workload,
    rounds,
    strategyRow: (row: number) => strategy.slice(row * rounds, (row + 1) * rounds),
    noiseRow: (row: number) => noise.slice(row * rounds, (row + 1) * rounds),
    sensitivity: (participation) => gramSensitivity(gram, rounds, participation),
    errors: denseErrors(workload, noise),
    filter: parts.filter ?? (bands === undefined ? byRows() : byBands(bands - 1)),
  } satisfies Factorization);
}

/** A factorization from the Gram matrix X = C' C alone. @throws RangeError when X is not positive definite */
export function gramFactorization(parts: Omit<DenseParts, "strategy" | "gram"> & { readonly gram: Float64Array }): Factorization {
  return denseFactorization({ ...parts, strategy: lowerStrategy(parts.gram, parts.workload.rounds) });
}
