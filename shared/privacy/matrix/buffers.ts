/**
 * Parameters of buffered linear Toeplitz strategies. Imports nothing.
 *
 * Letters of the paper, used in this file: theta, decays; omega, weights; a hat marks those of the inverse. The strategy's coefficients are
 * 1 and then sum_m omega_m theta_m^(i - 1).
 *
 * Source: Dvijotham et al. 2024, https://arxiv.org/abs/2404.16706, section 5 and lemma 5.2; McMahan, Xu and Zhang 2024,
 * https://arxiv.org/abs/2408.08868
 */

/** Decays and weights of a strategy and of its inverse: each [buffers], decays in (0, 1), descending. */
export interface Buffers {
  readonly decays: Float64Array;
  readonly weights: Float64Array;
  readonly inverseDecays: Float64Array;
  readonly inverseWeights: Float64Array;
}

/**
 * Buffers from free parameters: any real numbers give a strategy that falls and an inverse that is negative after its first coefficient.
 *
 * Decays of strategy and inverse interleave: 1 > theta_1 > hat_1 > theta_2 > ... > 0. With p = 1 - exp(-u), u is a running sum
 * of exp(x), so every gap keeps its full relative precision.
 *
 * @param free [2 x buffers], from the smallest decay upwards
 */
export function buffersFrom(free: Float64Array): Buffers {
  const u = new Float64Array(free.length);
  let sum = 0;
  for (let i = 0; i < free.length; i++) {
    sum += Math.exp(free[i]!);
    u[i] = sum;
  }
  const theta = u.filter((_, i) => i % 2 === 1).reverse();
  const hat = u.filter((_, i) => i % 2 === 0).reverse();
  return {
    decays: theta.map(decayOf),
    weights: weightsOf(theta, hat),
    inverseDecays: hat.map(decayOf),
    inverseWeights: weightsOf(hat, theta),
  };
}

/** The free parameters whose decays have these distances from 1: [2 x buffers], ascending decays, alternately inverse and strategy. */
export function freeFrom(distances: readonly number[]): Float64Array {
  let previous = 0;
  return Float64Array.from(distances, (distance) => {
    const u = -Math.log(distance);
    const gap = u - previous;
    previous = u;
    return Math.log(gap);
  });
}

/** The first `rounds` coefficients: 1, then sum_m weights_m decays_m^(i - 1). */
export function bufferCoefficients(decays: Float64Array, weights: Float64Array, rounds: number): Float64Array {
  const out = new Float64Array(rounds);
  out[0] = 1;
  for (let m = 0; m < decays.length; m++) {
    let term = weights[m]!;
    for (let i = 1; i < rounds; i++) {
      out[i] = out[i]! + term;
      term *= decays[m]!;
    }
  }
  return out;
}

/**
 * The first `rounds` coefficients of the inverse, by recursion from decays and weights of the strategy alone.
 */
export function invertBuffers(decays: Float64Array, weights: Float64Array, rounds: number): Float64Array {
  const out = new Float64Array(rounds);
  const sums = new Float64Array(decays.length);
  for (let i = 0; i < rounds; i++) {
    let value = i === 0 ? 1 : 0;
    for (let m = 0; m < sums.length; m++) value -= weights[m]! * sums[m]!;
    for (let m = 0; m < sums.length; m++) sums[m] = decays[m]! * sums[m]! + value;
    out[i] = value;
  }
  return out;
}

function decayOf(u: number): number {
  return -Math.expm1(-u);
}

/** omega_i = prod_j (theta_i - hat_j) / prod_(j != i) (theta_i - theta_j), with differences taken between the u. */
function weightsOf(theta: Float64Array, hat: Float64Array): Float64Array {
  const difference = (a: number, b: number): number => -Math.exp(-b) * Math.expm1(b - a);
  return theta.map((at, i) => {
    let weight = 1;
    for (const [j, other] of hat.entries()) {
      // difference(a, b) is p(a) - p(b).
      weight *= difference(at, other);
      if (j !== i) weight /= difference(at, theta[j]!);
    }
    return weight;
  });
}
