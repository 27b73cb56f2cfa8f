/**
 * The seam for factorizations A = B C of a workload: how noise of one round is made to cancel noise of others. Imports registry and
 * the parts of this folder that it names. One file per factorization; index.ts lists them.
 *
 * The server releases A x + B z, or, round by round, x_t + (C^-1 z)_t, and any post-processing of it. C is lower triangular, so
 * clients may choose their contributions in view of what was released before.
 *
 * Units: every figure is for clip norm 1 and noise of standard deviation 1. To be compared, errors are multiplied by the sensitivity:
 * see `lossOf`. Noise for a budget has the standard deviation noiseMultiplier x sensitivity x clipNorm.
 *
 * Source: Denisov et al. 2022, https://arxiv.org/abs/2202.08312; Pillutla et al. 2025, https://arxiv.org/abs/2506.08201
 */
import type { Definition } from "../../registry.ts";
import type { NoiseFilter } from "./filter.ts";
import type { Participation } from "./participation.ts";
import type { Sensitivity } from "./sensitivity.ts";
import type { Workload } from "./workload.ts";

/** Error figures at unit noise: the largest over the workload's rows, and the root of the mean of the squares. */
export interface ErrorFigures {
  readonly max: number;
  readonly rootMeanSquare: number;
}

/** Which figure an optimized factorization makes small. */
export type Objective = "max" | "mean";

/** A workload factored: a lower-triangular strategy C and the noise rows that go with it. */
export interface Factorization {
  readonly kind: string;
  readonly workload: Workload;
  readonly rounds: number;
  /** Row `row`, from 0, of the lower-triangular C: [rounds], zeros after the diagonal. */
  strategyRow(row: number): Float64Array;
  /** Row `row`, from 0, of what is added to the rounds' sums, C^-1 unless the kind says otherwise: [rounds], zeros after the diagonal. */
  noiseRow(row: number): Float64Array;
  /** How far one unit of the schema can move C x. */
  sensitivity(participation: Participation): Sensitivity;
  /** The standard deviation of the noise in the workload's rows. */
  readonly errors: ErrorFigures;
  /** The noise rows in streaming form. */
  readonly filter: NoiseFilter;
}

/** What a factorization is made for. */
export interface FactorizationContext {
  readonly workload: Workload;
  readonly participation: Participation;
  readonly objective: Objective;
}

/** A factorization's entry in the index. `create` is deterministic; its time is that of an optimizer where the summary says so. */
export interface FactorizationDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  create(options: Options, context: FactorizationContext): Factorization;
}

/** Errors times sensitivity: what noise of one budget does to the workload, free of scale, so that factorizations can be compared. */
export interface LossFigures extends ErrorFigures {
  readonly sensitivity: Sensitivity;
}

/** The factorization's losses for a schema. */
export function lossOf(factorization: Factorization, participation: Participation): LossFigures {
  const sensitivity = factorization.sensitivity(participation);
  const { max, rootMeanSquare } = factorization.errors;
  return { max: max * sensitivity.value, rootMeanSquare: rootMeanSquare * sensitivity.value, sensitivity };
}
