/**
 * Groups of a cohort: how many there are, how large, what they cost in anonymity and buy in robustness. In a run with groups the protection works
 * on each of them by itself, each group's sum is revealed, never a member's, and the rule makes one aggregate of the sums. May import errors, and
 * types of protections, rules, terms.
 *
 * A round's groups are a pure function of its cohort's order, which the driver draws at random (the server from the CSPRNG): nobody can place a
 * device in a group, and a server that starts again finds the same groups.
 */
import { CofactorError } from "./errors.ts";
import type { Protection } from "./protections/protection.ts";
import type { Rule } from "./rules/rule.ts";
import type { UnresolvedTerms } from "./terms.ts";

/** What terms, protection and rule say of a round's groups. */
export interface GroupLimits {
  /** Groups of a full cohort; a smaller one has as many as leave each its least number of devices. */
  readonly most: number;
  /** Fewest groups whose sums make an aggregate: with fewer the round is abandoned. */
  readonly least: number;
  /** Least number of contributions in a revealed sum of a group. */
  readonly minDevices: number;
}

/** One group: the whole cohort. */
export function oneGroup(min: number): GroupLimits {
  return { most: 1, least: 1, minDevices: min };
}

/** How many groups a cohort of so many devices is split into; 0 when it is too small for one. */
export function groupCount({ most, minDevices }: GroupLimits, devices: number): number {
  return Math.min(most, Math.floor(devices / minDevices));
}

/** Splits a cohort by its order, into groups whose sizes differ by one at most. */
export function splitIntoGroups<T>(cohort: readonly T[], groups: number): readonly (readonly T[])[] {
  if (groups === 1) return [cohort];
  const split = Array.from({ length: groups }, (): T[] => []);
  for (const [at, member] of cohort.entries()) split[at % groups]!.push(member);
  return split;
}

/** The most devices that a group can have, in cohorts of up to `size`: smaller cohorts have fewer groups, and these may be larger. */
export function largestGroup(limits: GroupLimits, size: number): number {
  const { most, least, minDevices } = limits;
  let largest = Math.ceil(size / Math.max(1, groupCount(limits, size)));
  for (let groups = Math.max(1, least); groups < most; groups++) {
    // The largest cohort of so many groups is one device short of one group more.
    const devices = (groups + 1) * minDevices - 1;
    if (devices > size) break;
    largest = Math.max(largest, Math.ceil(devices / groups));
  }
  return largest;
}

/** What groups cost and buy: printed by plans and reports, and read by whoever consents. */
export interface GroupPrice {
  readonly rule: string;
  /** Sums that a round reveals, at most. */
  readonly groups: number;
  /** The least number of people whom a revealed sum can be about: the anonymity set. 1 where the aggregator reads contributions. */
  readonly anonymity: number;
  /** Devices of a group in a full cohort, rounded down. */
  readonly devices: number;
  /** Groups that may be bad without carrying the aggregate off. */
  readonly toleratedGroups: number;
  /** Devices that may be bad wherever they are: as many as groups, since each may be in another. As a share of a full cohort. */
  readonly toleratedShare: number;
}

/** The price of a run's groups. */
export function priceOf(limits: GroupLimits, size: number, rule: Rule, revealsContributions: boolean): GroupPrice {
  const groups = groupCount(limits, size);
  const toleratedGroups = Math.min(groups, rule.tolerates(groups));
  return {
    rule: rule.kind,
    groups,
    anonymity: revealsContributions ? 1 : limits.minDevices,
    devices: Math.floor(size / Math.max(1, groups)),
    toleratedGroups,
    toleratedShare: toleratedGroups / size,
  };
}

/** A price in words, for plans, reports and consent. */
export function groupsInWords({ rule, groups, anonymity, toleratedGroups, toleratedShare }: GroupPrice): string {
  if (groups === 1) return `${rule} of one sum a round`;
  const sums = anonymity === 1 ? "which the aggregator could make itself" : `each over at least ${anonymity} people`;
  const share = `${Number((100 * toleratedShare).toPrecision(2))} % of the cohort`;
  const tolerated =
    toleratedGroups === 0
      ? "no bad group is tolerated"
      : `up to ${toleratedGroups} bad groups cannot carry it off: so many devices, wherever they are (${share})`;
  return `${groups} sums a round, one a group, ${sums}; ${rule} makes one of them, and ${tolerated}`;
}

/**
 * The groups of a run's rounds.
 * @throws CofactorError CONFIG_INVALID for groups that cannot be sound, with the reason and the nearest sound choice
 */
export function groupsOf(terms: UnresolvedTerms, protection: Protection, rule: Rule): GroupLimits {
  const { size, min, groups: most = 1 } = terms.cohort;
  const { revealsContributions } = protection;
  const refuse = (what: string, nearest: string): never => {
    throw new CofactorError("CONFIG_INVALID", `"terms.cohort.groups" expected ${what}; nearest: ${nearest}`);
  };
  // Who reads contributions learns nothing new from the sum of few.
  const minDevices = most > 1 && revealsContributions ? 1 : min;
  const fitting = Math.floor(size / minDevices);
  if (most > fitting) {
    const kept = `every group to have cohort.min (${minDevices}) of the ${size} devices of a cohort, since its sum is revealed, got ${most} groups`;
    refuse(kept, fitting >= rule.least ? `cohort.groups ${fitting}` : `cohort.size ${most * minDevices}`);
  }
  if (most < rule.least) {
    const why = `at least ${rule.least} for the rule ${rule.kind}, which says nothing of fewer sums, got ${most}`;
    refuse(why, fitting >= rule.least ? `cohort.groups ${rule.least}` : "aggregation sum");
  }
  if (most > 1 && terms.privacy !== undefined) {
    const why = `no promise of privacy beside ${most} groups: noise is sized for one sum a round, and every group's sum is revealed`;
    refuse(why, "no groups, or no section privacy");
  }
  if (!rule.keepsSums && terms.catalogue !== undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"terms.aggregation" expected sum beside "terms.catalogue", got ${rule.kind}: counts that admit items are votes, which it would cut; nearest: aggregation sum`,
    );
  }
  if (!rule.keepsSums && terms.temporal !== undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"terms.aggregation" expected sum beside "terms.temporal", got ${rule.kind}: devices send what changed, which adds up to what they sent before only where nothing is cut; nearest: aggregation sum`,
    );
  }
  return { most, least: rule.least, minDevices };
}
