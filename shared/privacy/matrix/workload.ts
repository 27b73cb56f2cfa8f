/**
 * Workloads: what the server computes from the stream of noised sums, as a lower-triangular matrix A over rounds. Imports check,
 * dense, toeplitz.
 *
 * A factorization A = B C is judged by the noise that reaches A's rows: row t is the model after round t + 1.
 *
 * Source: Denisov et al. 2022, https://arxiv.org/abs/2202.08312; Choquette-Choo et al. 2023, https://arxiv.org/abs/2211.06530
 */
import { finite, inRange, integer, lengthOf } from "../../check.ts";
import { gramOfLower } from "./dense.ts";
import { toeplitzRow } from "./toeplitz.ts";

/** The most rounds that a workload may have. */
export const mostRounds = 1_000_000;

/** A lower-triangular matrix over rounds. */
export interface Workload {
  readonly name: string;
  readonly rounds: number;
  /** The first column [rounds] when the matrix is Toeplitz. */
  readonly coefficients?: Float64Array;
  /** The step sizes [rounds] of descent, when that is what the matrix is and none is zero; 1 for the plain prefix sum. */
  readonly stepSizes?: Float64Array;
  /** The momentum that goes with the step sizes, 0 when missing. */
  readonly momentum?: number;
  /** The matrix times a vector [rounds], as a new vector. */
  apply(values: Float64Array): Float64Array;
}

/** Every round's sum is added to the model: plain stochastic gradient descent. @throws RangeError for rounds outside 1 .. mostRounds */
export function prefixSum(rounds: number): Workload {
  integer(rounds, 1, mostRounds, "rounds");
  const ones = new Float64Array(rounds).fill(1);
  return Object.freeze({ ...scheduled(ones, 0), name: "prefix-sum", coefficients: ones });
}

/**
 * Heavy-ball momentum: the velocity is `momentum` times itself plus the sum, and is added to the model.
 *
 * @throws RangeError for rounds outside 1 .. mostRounds or momentum outside [0, 1)
 */
export function momentumSum(rounds: number, momentum: number): Workload {
  integer(rounds, 1, mostRounds, "rounds");
  checkMomentum(momentum);
  const descent = scheduled(new Float64Array(rounds).fill(1), momentum);
  const unit = new Float64Array(rounds);
  unit[0] = 1;
  return Object.freeze({ ...descent, name: `momentum-${momentum}`, coefficients: descent.apply(unit) });
}

/**
 * A step size per round, with or without momentum: the velocity of round t is added to the model `learningRates[t - 1]` times.
 *
 * @throws RangeError when a rate is negative or not finite, or momentum is outside [0, 1)
 */
export function learningRateSum(learningRates: ArrayLike<number>, momentum = 0): Workload {
  const rates = Float64Array.from(learningRates);
  integer(rates.length, 1, mostRounds, "learningRates.length");
  for (const rate of rates) inRange(rate, 0, Number.MAX_VALUE, "learningRates");
  checkMomentum(momentum);
  return Object.freeze(scheduled(rates, momentum));
}

/**
 * Step sizes that stay at 1 and then fall linearly over the last `cooldown` part of the rounds to `last`.
 *
 * @throws RangeError for rounds outside 1 .. mostRounds, or cooldown or last outside [0, 1]
 */
export function linearCooldown(rounds: number, cooldown: number, last: number): Float64Array {
  integer(rounds, 1, mostRounds, "rounds");
  inRange(cooldown, 0, 1, "cooldown");
  inRange(last, 0, 1, "last");
  const falling = Math.round(rounds * cooldown);
  return Float64Array.from({ length: rounds }, (_, t) => {
    const into = t - (rounds - falling) + 1;
    return into <= 0 ? 1 : 1 - ((1 - last) * into) / falling;
  });
}

/**
 * Any lower-triangular matrix, row-major [rounds x rounds].
 *
 * @throws RangeError when the size is wrong, a value is not finite, or a value above the diagonal is not zero
 */
export function generalWorkload(matrix: Float64Array, rounds: number): Workload {
  integer(rounds, 1, 8192, "rounds");
  lengthOf(matrix, rounds * rounds, "matrix");
  for (let i = 0; i < rounds; i++) {
    for (let j = 0; j < rounds; j++) {
      if (finite(matrix[i * rounds + j]!, "matrix") !== 0 && j > i) throw new RangeError('"matrix" expected zeros above the diagonal');
    }
  }
  const kept = matrix.slice();
  return Object.freeze({
    name: "general",
    rounds,
    apply(values: Float64Array) {
      lengthOf(values, rounds, "values");
      const out = new Float64Array(rounds);
      for (let i = 0; i < rounds; i++) {
        let total = 0;
        for (let j = 0; j <= i; j++) total += kept[i * rounds + j]! * values[j]!;
        out[i] = total;
      }
      return out;
    },
  });
}

/** The whole matrix, row-major [rounds x rounds]. */
export function workloadMatrix(workload: Workload): Float64Array {
  const { rounds, coefficients } = workload;
  const out = new Float64Array(rounds * rounds);
  if (coefficients !== undefined) {
    for (let i = 0; i < rounds; i++) out.set(toeplitzRow(coefficients, i, rounds), i * rounds);
    return out;
  }
  const unit = new Float64Array(rounds);
  for (let j = 0; j < rounds; j++) {
    unit[j] = 1;
    const column = workload.apply(unit);
    for (let i = j; i < rounds; i++) out[i * rounds + j] = column[i]!;
    unit[j] = 0;
  }
  return out;
}

/** A' A, row-major [rounds x rounds]. */
export function workloadGram(workload: Workload): Float64Array {
  return gramOfLower(workloadMatrix(workload), workload.rounds);
}

function checkMomentum(momentum: number): void {
  inRange(momentum, 0, 1, "momentum");
  if (momentum === 1) throw new RangeError('"momentum" expected a number below 1, got 1');
}

function scheduled(rates: Float64Array, momentum: number): Workload {
  return {
    name: momentum === 0 ? "learning-rates" : `learning-rates-momentum-${momentum}`,
    rounds: rates.length,
    ...(rates.every((rate) => rate > 0) ? { stepSizes: rates, momentum } : {}),
    apply(values) {
      lengthOf(values, rates.length, "values");
      const out = new Float64Array(rates.length);
      let velocity = 0;
      let position = 0;
      for (let t = 0; t < rates.length; t++) {
        velocity = momentum * velocity + values[t]!;
        position += rates[t]! * velocity;
        out[t] = position;
      }
      return out;
    },
  };
}
