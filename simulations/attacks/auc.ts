/** How well scores tell two kinds apart, with an interval that minds whose scores hang together. Imports check, proportions. */
import { CofactorError } from "../../shared/errors.ts";
import { proportionAtLeast } from "../audits/proportions.ts";

/** An area under the receiver operating characteristic. */
export interface Auc {
  /** The chance that a drawn positive is scored above a drawn negative, ties counting half: .5 is guessing. */
  readonly auc: number;
  /** The ends of a 95 % confidence interval, within [0, 1]. */
  readonly low: number;
  readonly high: number;
}

/** 97.5 % of a standard normal lie below. */
const normalAt975 = 1.959963984540054;

/** 97.5 % of Student's distribution lie below. Source: Abramowitz and Stegun 1964, 26.7.5; within .001 from 8 degrees on. */
function studentAt975(degrees: number): number {
  const z = normalAt975;
  const [first, second, third] = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ] as const;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}

/**
 * The area under the curve of `scores` for `labels`, with a 95 % interval.
 *
 * Method: the nonparametric variance for clustered scores; where every score is a cluster of its own, that is DeLong's. Positives and negatives of one
 * cluster may hang together in any way; clusters are independent. Scores that err nowhere, or everywhere, have no variance to go by: their interval is that of as many
 * independent successes (Clopper and Pearson) as there are clusters.
 *
 * Source: Obuchowski 1997, https://doi.org/10.2307/2533958; DeLong, DeLong and Clarke-Pearson 1988, https://doi.org/10.2307/2531595
 *
 * @param scores [n] finite
 * @param labels [n] 1 positive, 0 negative
 * @param clustered [n] whose each score is: then the interval is Student's, by the number of clusters; by default each its own
 * @throws CofactorError DATA_INVALID without a positive and a negative in at least two clusters
 */
export function aucOf(scores: Float64Array, labels: Uint8Array, clustered?: Int32Array): Auc {
  const clusters = clustered ?? Int32Array.from(scores.keys());
  const positives = indexesWhere(labels, 1);
  const negatives = indexesWhere(labels, 0);
  const [m, n] = [positives.length, negatives.length];
  const parts = new Map<number, { above: number; below: number; m: number; n: number }>();
  for (const cluster of clusters) if (!parts.has(cluster)) parts.set(cluster, { above: 0, below: 0, m: 0, n: 0 });
  if (m === 0 || n === 0 || parts.size < 2) {
    throw new CofactorError(
      "DATA_INVALID",
      `an AUC expected positives and negatives of two clusters or more, got ${m}, ${n}, ${parts.size}`,
    );
  }
  // What share of the other kind each score is on the right side of.
  const wins = new Float64Array(scores.length);
  let total = 0;
  for (const positive of positives) {
    for (const negative of negatives) {
      const difference = scores[positive]! - scores[negative]!;
      const win = difference > 0 ? 1 : difference === 0 ? 0.5 : 0;
      wins[positive]! += win;
      wins[negative]! += win;
      total += win;
    }
  }
  const auc = total / (m * n);
  for (const positive of positives) {
    const part = parts.get(clusters[positive]!)!;
    part.above += wins[positive]! / n - auc;
    part.m += 1;
  }
  for (const negative of negatives) {
    const part = parts.get(clusters[negative]!)!;
    part.below += wins[negative]! / m - auc;
    part.n += 1;
  }
  const all = [...parts.values()];
  const withPositives = all.filter((part) => part.m > 0).length;
  const withNegatives = all.filter((part) => part.n > 0).length;
  const [ofAbove, ofBelow, ofBoth] = [withPositives, withNegatives, all.length].map((count) => (count > 1 ? count / (count - 1) : 1)) as [
    number,
    number,
    number,
  ];
  let variance = 0;
  for (const { above, below } of all) {
    variance += ofAbove * (above / m) ** 2 + ofBelow * (below / n) ** 2 + (2 * ofBoth * above * below) / (m * n);
  }
  if (auc === 0 || auc === 1) {
    const bound = proportionAtLeast(all.length, all.length, 0.025);
    return auc === 1 ? { auc, low: bound, high: 1 } : { auc, low: 0, high: 1 - bound };
  }
  const reach = (clustered === undefined ? normalAt975 : studentAt975(all.length - 1)) * Math.sqrt(Math.max(0, variance));
  return { auc, low: Math.max(0, auc - reach), high: Math.min(1, auc + reach) };
}

function indexesWhere(labels: Uint8Array, label: number): Int32Array {
  return Int32Array.from(labels.keys()).filter((at) => labels[at] === label);
}
