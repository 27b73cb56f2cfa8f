/**
 * What a graph of neighbors promises, in bits and devices, for people to read. Imports closed-sets, hypergeometric, neighborhood.
 *
 * Uses logarithms, which platforms may round differently: nothing that devices must agree on depends on it.
 */
import { leastClosedSet } from "./closed-sets.ts";
import { logUpperTail } from "./hypergeometric.ts";
import { assumedCounts, type Neighborhood, type NeighborhoodTerms, securityFailure } from "./neighborhood.ts";

/** The failure bounds of a graph. */
export interface NeighborhoodReport extends Neighborhood {
  /** Devices assumed to collude. */
  readonly corrupted: number;
  /** Devices assumed to vanish. */
  readonly vanishing: number;
  /** -log2 of the probability that both secrets of any honest device can be opened; infinite when they cannot. */
  readonly securityBits: number;
  /** -log2 of the probability that the assumed dropout loses the round; infinite when it cannot. */
  readonly recoveryBits: number;
  /** Least number of honest devices in any sum that a lying aggregator can open, except with probability 2^-40. */
  readonly leastHonest: number;
  /** `leastHonest` as a share of the honest devices. */
  readonly alpha: number;
  /** Pair masks that a device adds, on average: out-neighbors and in-neighbors, those that are both counted once. */
  readonly masksPerDevice: number;
}

/** The report on a graph under the assumptions of its terms. Bits are those of union bounds over all devices, 0 where a bound says nothing. */
export function reportNeighborhood(terms: NeighborhoodTerms, graph: Neighborhood): NeighborhoodReport {
  const { devices: n, neighbors: k, threshold: t } = graph;
  const { corrupted, vanishing } = assumedCounts(terms);
  const bits = (marked: number, least: number): number => {
    const log = logUpperTail(n - 1, Math.min(marked, n - 1), k, least) + Math.log2(n);
    return Math.max(0, -log);
  };
  const leastHonest = leastClosedSet(n, k, t, corrupted, securityFailure);
  const share = k / (n - 1);
  return {
    ...graph,
    corrupted,
    vanishing,
    securityBits: bits(corrupted, 2 * t - k),
    recoveryBits: bits(vanishing, k - t + 1),
    leastHonest,
    alpha: leastHonest / (n - corrupted),
    masksPerDevice: (n - 1) * share * (2 - share),
  };
}
