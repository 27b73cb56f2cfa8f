/** Exact confidence bounds of proportions, by the binomial distribution itself. Imports check. */
import { inRange, integer } from "../../shared/check.ts";

/**
 * The greatest chance under which no more than `successes` of `trials` would still be as likely as `failure`.
 *
 * Source: Clopper and Pearson 1934, https://doi.org/10.1093/biomet/26.4.404
 *
 * @param failure one-sided, in (0, 1): the bound is wrong no more often
 * @example proportionAtMost(0, 100, 0.05) // 0.0295: 1 - 0.05^(1/100)
 */
export function proportionAtMost(successes: number, trials: number, failure: number): number {
  integer(trials, 1, 1e9, "trials");
  integer(successes, 0, trials, "successes");
  inRange(failure, 0, 1, "failure");
  if (successes === trials) return 1;
  let [low, high] = [successes / trials, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (binomialCdf(successes, trials, middle) > failure) low = middle;
    else high = middle;
  }
  return high;
}

/** The least chance under which `successes` or more of `trials` would still be as likely as `failure`. */
export function proportionAtLeast(successes: number, trials: number, failure: number): number {
  return 1 - proportionAtMost(trials - successes, trials, failure);
}

/** The chance of at most `successes` of `trials`, each of the given chance in (0, 1). */
function binomialCdf(successes: number, trials: number, chance: number): number {
  if (chance >= 1) return 0;
  const odds = Math.log(chance) - Math.log1p(-chance);
  let term = trials * Math.log1p(-chance);
  let total = Math.exp(term);
  for (let i = 0; i < successes; i++) {
    term += Math.log((trials - i) / (i + 1)) + odds;
    total += Math.exp(term);
  }
  return Math.min(1, total);
}
