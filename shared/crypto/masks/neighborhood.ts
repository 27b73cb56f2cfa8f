/**
 * How many neighbors a device has in a masked round, and how many of them must help to open it. Imports closed-sets, hypergeometric, check, errors.
 *
 * Every device draws k out-neighbors at random from the n - 1 others and shares its secrets among them with threshold t. Three things must not
 * happen:
 *  - the aggregator, with its colluding devices among the k (c of them), gets both secrets of a device: it cannot as long as 2 t > k + c, since
 *    each honest neighbor gives one share only;
 *  - a sum of half of the honest devices or fewer is opened: two sums would then be possible, or the graph fall into parts (closed-sets.ts);
 *  - fewer than t neighbors of a device stay to the end: then the round is lost, and nothing is revealed.
 * The choice uses + - * / on doubles only: devices and aggregator derive the same graph from the same terms.
 * Source: Bell et al. 2020, sections 3 and 4, https://eprint.iacr.org/2020/704; the condition 2 t > k + c stands for out-neighbor graphs.
 */
import { inRange, integer } from "../../check.ts";
import { CofactorError } from "../../errors.ts";
import { leastClosedSet } from "./closed-sets.ts";
import { upperTail } from "./hypergeometric.ts";

/** Devices that a round may have at most: shares have 16-bit points. */
export const maxDevices = 65_535;

/** Beyond so many neighbors only the full graph is considered: the search stays short, and no device would keep up anyway. */
const maxSearched = 4_096;

/** Greatest probability that both secrets of any device can be opened, and that any too small sum can be: 2^-40 each. */
export const securityFailure: number = 1 / 1_099_511_627_776;

/** Greatest probability that any device of a round has too few neighbors left, at the assumed dropout: 2^-20. */
export const recoveryFailure: number = 1 / 1_048_576;

/** What the terms assume, and what they fix. */
export interface NeighborhoodTerms {
  /** n, the devices of the cohort. */
  readonly devices: number;
  /** Share of the devices that may collude with the aggregator, in [0, 1). */
  readonly corruption: number;
  /** Share of the devices that may vanish during a round, in [0, 1). */
  readonly dropout: number;
  /** k, to fix it; computed when absent. */
  readonly neighbors?: number | undefined;
  /** t as a share of k in (0, 1], to fix it; computed when absent. */
  readonly threshold?: number | undefined;
}

/** The graph of a round. */
export interface Neighborhood {
  /** n. */
  readonly devices: number;
  /** k, the out-neighbors of each device. */
  readonly neighbors: number;
  /** t, the shares that give a secret back. */
  readonly threshold: number;
}

/** The numbers of devices that the shares of the terms stand for: rounded down. */
export function assumedCounts(terms: NeighborhoodTerms): { readonly corrupted: number; readonly vanishing: number } {
  return {
    corrupted: Math.floor(terms.corruption * terms.devices + 1e-9),
    vanishing: Math.floor(terms.dropout * terms.devices + 1e-9),
  };
}

/**
 * The graph for the terms: the smallest k, and for it the smallest t, that keep all failures below their bounds; the full graph (k = n - 1),
 * where the conditions are exact, when none below 4,096 does.
 *
 * Guarantees: deterministic on every platform. P(2 t > k + c fails for some device) <= 2^-40; P(some sum of at most half of the honest devices
 * can be opened) <= 2^-40; P(fewer than t neighbors stay for some device) <= 2^-20, which is not asked where both k and the threshold are
 * fixed. All by union bounds, neighbors drawn without replacement.
 * @throws RangeError for numbers outside their ranges; CofactorError CONFIG_INVALID, with the nearest sound choice, when none is sound
 * @example chooseNeighborhood({ devices: 1000, corruption: 0.05, dropout: 0.1 }) // { devices: 1000, neighbors: 74, threshold: 49 }
 */
export function chooseNeighborhood(terms: NeighborhoodTerms): Neighborhood {
  const n = integer(terms.devices, 2, maxDevices, "devices");
  inRange(terms.corruption, 0, 1, "corruption");
  inRange(terms.dropout, 0, 1, "dropout");
  if (terms.threshold !== undefined) inRange(terms.threshold, 0, 1, "threshold");
  const found = terms.neighbors === undefined ? search(terms) : fixed(terms, integer(terms.neighbors, 1, n - 1, "neighbors"));
  if (found === undefined) throw refusal(terms);
  return found;
}

/** The graph with a fixed k; undefined when it is not sound. */
function fixed(terms: NeighborhoodTerms, k: number): Neighborhood | undefined {
  if (terms.threshold === undefined) return at(terms, k, leastThreshold(terms, k, 1), greatestThreshold(terms, k, k));
  const threshold = thresholdOf(terms.threshold, k);
  const isSound = isSecure(terms, k, threshold) && hasMajority(terms, k, threshold);
  return isSound ? { devices: terms.devices, neighbors: k, threshold } : undefined;
}

/** The smallest sound k from 1 on; undefined where not even the full graph is. */
function search(terms: NeighborhoodTerms): Neighborhood | undefined {
  const most = terms.devices - 1;
  const full = at(terms, most, leastThreshold(terms, most, Math.floor(most / 2)), greatestThreshold(terms, most, most));
  // With the full graph the counts are exact. Where they do not suffice, no random part of it does with any useful probability.
  if (full === undefined) return undefined;
  let least = 1;
  let greatest = 0;
  for (let k = 1; k < Math.min(most, maxSearched); k++) {
    // Both bounds of the threshold grow by 0 or 1 with every neighbor.
    least = leastThreshold(terms, k, least);
    greatest = greatestThreshold(terms, k, greatest + 1);
    const found = at(terms, k, least, greatest);
    if (found !== undefined) return found;
  }
  return full;
}

/** The graph with k neighbors and the smallest threshold between the bounds, or that of the terms, with a majority; undefined without one. */
function at(terms: NeighborhoodTerms, k: number, least: number, greatest: number): Neighborhood | undefined {
  let [low, high] = [least, greatest];
  if (terms.threshold !== undefined) {
    const threshold = thresholdOf(terms.threshold, k);
    [low, high] = [Math.max(low, threshold), Math.min(high, threshold)];
  }
  if (low > high || !hasMajority(terms, k, high)) return undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (hasMajority(terms, k, middle)) high = middle;
    else low = middle + 1;
  }
  return { devices: terms.devices, neighbors: k, threshold: low };
}

/** The smallest t from `start` up that is secure with k neighbors; k + 1 when none is. */
function leastThreshold(terms: NeighborhoodTerms, k: number, start: number): number {
  let threshold = start;
  while (threshold <= k && !isSecure(terms, k, threshold)) threshold++;
  return threshold;
}

/** The greatest t from `start` down that the assumed dropout leaves; 0 when none does. */
function greatestThreshold(terms: NeighborhoodTerms, k: number, start: number): number {
  let threshold = start;
  while (threshold > 0 && !isRecoverable(terms, k, threshold)) threshold--;
  return threshold;
}

function isSecure(terms: NeighborhoodTerms, k: number, threshold: number): boolean {
  const { corrupted } = assumedCounts(terms);
  return terms.devices * upperTail(terms.devices - 1, Math.min(corrupted, terms.devices - 1), k, 2 * threshold - k) <= securityFailure;
}

function hasMajority(terms: NeighborhoodTerms, k: number, threshold: number): boolean {
  const { corrupted } = assumedCounts(terms);
  const majority = Math.floor((terms.devices - corrupted) / 2) + 1;
  return leastClosedSet(terms.devices, k, threshold, corrupted, securityFailure, majority) >= majority;
}

function isRecoverable(terms: NeighborhoodTerms, k: number, threshold: number): boolean {
  const { vanishing } = assumedCounts(terms);
  return terms.devices * upperTail(terms.devices - 1, Math.min(vanishing, terms.devices - 1), k, k - threshold + 1) <= recoveryFailure;
}

/** t for a share of k: rounded up, forgiving the last bits of a decimal fraction. */
function thresholdOf(share: number, k: number): number {
  return Math.max(1, Math.ceil(share * k - 1e-9));
}

function refusal(terms: NeighborhoodTerms): CofactorError {
  const { devices, corruption, dropout, neighbors, threshold } = terms;
  const asked = `${devices} devices, corruption ${corruption}, dropout ${dropout}`;
  const free = search({ devices, corruption, dropout });
  if (free === undefined) {
    const most = Math.max(0, Math.floor(((1 - corruption) / 2) * 100) / 100);
    const message = `masks expected corruption + 2 x dropout below 1, got ${asked}; nearest: dropout below ${most} in a larger cohort`;
    return new CofactorError("CONFIG_INVALID", message, { details: { nearest: { corruption, dropout: most } } });
  }
  const nearest = (neighbors !== undefined && fixed({ devices, corruption, dropout, neighbors }, neighbors)) || free;
  const given = `neighbors ${neighbors ?? "computed"}, threshold ${threshold ?? "computed"}`;
  const choice = `neighbors ${nearest.neighbors}, threshold ${nearest.threshold} of them`;
  return new CofactorError("CONFIG_INVALID", `masks with ${given} are not sound for ${asked}; nearest: ${choice}`, {
    details: { nearest },
  });
}
