/**
 * The moment bound for Gaussian noise on a cohort of fixed size. Imports numerics.
 *
 * Source: Wang, Balle and Kasiviswanathan 2019, theorem 27, https://arxiv.org/abs/1808.00087. The forward differences of
 * exp(x (x + 1) / 2z^2) are taken on logarithms with signs, since they overflow and cancel.
 */
import { logAbsDifference, logAdd } from "../numerics/log-sum.ts";

/** Up to this order differences are used; beyond it the cruder of the theorem's two terms. */
const maxDifferenceOrder = 256;

/** (order - 1) times the divergence at an integer order >= 2, for samplingRate in (0, 1) and finite z > 0. */
export function fixedSizeGaussianLogMoment(samplingRate: number, z: number, order: number): number {
  const rate = 1 / (2 * z * z);
  const cumulant = (x: number): number => x * (x + 1) * rate;
  const differences = order <= maxDifferenceOrder ? logForwardDifferences(z, order) : undefined;
  let total = 0;
  let binomial = Math.log(order);
  for (let i = 2; i <= order; i++) {
    binomial += Math.log((order - i + 1) / i);
    let term = Math.LN2 + (i === 2 ? 2 * rate : cumulant(i - 1));
    if (i === 2) {
      term = Math.min(term, Math.log(4) + Math.log(Math.expm1(2 * rate)));
    } else if (differences !== undefined) {
      const low = differences[2 * Math.floor(i / 2) - 1]!;
      const high = differences[2 * Math.ceil(i / 2) - 1]!;
      term = Math.min(term, Math.log(4) + (low + high) / 2);
    }
    total = logAdd(total, term + i * Math.log(samplingRate) + binomial);
  }
  return total;
}

/** The last differences made: a calibration asks for every order at one noise. */
let last: { readonly z: number; readonly size: number; readonly values: Float64Array } | undefined;

/** ln|i-th forward difference at 0| of f(x) = exp(cumulant(x - 1)), f(0) = 1, behind one another: entry i - 1 holds the i-th's. */
function logForwardDifferences(z: number, order: number): Float64Array {
  if (last !== undefined && last.z === z && last.size >= order) return last.values;
  const size = last?.z === z ? maxDifferenceOrder : order;
  const rate = 1 / (2 * z * z);
  const logs = Float64Array.from({ length: size + 3 }, (_, i) => (i === 0 ? 0 : (i - 1) * i * rate));
  const isPositive = new Uint8Array(size + 3).fill(1);
  const values = new Float64Array(size + 2);
  for (let level = 0; level < size + 2; level++) {
    for (let j = 0; j < size + 2 - level; j++) {
      const [left, right] = [logs[j]!, logs[j + 1]!];
      if (isPositive[j] === isPositive[j + 1]) {
        logs[j] = logAbsDifference(right, left);
        isPositive[j] = right >= left === (isPositive[j + 1] === 1) ? 1 : 0;
      } else {
        logs[j] = logAdd(left, right);
        isPositive[j] = isPositive[j + 1]!;
      }
    }
    values[level] = logs[0]!;
  }
  last = { z, size, values };
  return values;
}
