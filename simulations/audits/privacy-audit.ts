/**
 * The empirical audit of a promise: trains with canaries again and again, tells who was in from what was released, and computes the least epsilon
 * under which an attacker can be that good. It can show that a promise is broken, never that it is kept. Imports canaries, proportions, shared.
 */
import { addOuter, dot, packedSize, solveInPlace } from "../../shared/math/linear.ts";
import { privacySettingOf } from "../../shared/plan-run.ts";
import { gaussianEvent } from "../../shared/privacy/event.ts";
import { guardParts } from "../../shared/privacy/guard.ts";
import { smallestWhere } from "../../shared/privacy/numerics/bisect.ts";
import { normalCdf } from "../../shared/privacy/numerics/normal.ts";
import { openAccountant } from "../../shared/privacy/spent.ts";
import type { Opener } from "../../shared/protections/protection.ts";
import type { Run } from "../../shared/run.ts";
import { type CanarySighting, watchCanaries } from "./canaries.ts";
import { proportionAtMost } from "./proportions.ts";

/** How to audit. */
export interface AuditOptions {
  readonly opener?: Opener | undefined;
  /** Trainings; each has as many canaries as a cohort has members. */
  readonly trials: number;
  readonly seed: number;
  /** One-sided: a bound is above the truth no more often; 0.001 when absent. */
  readonly failure?: number;
  readonly onTrial?: (trial: number) => void;
  readonly signal?: AbortSignal;
}

/** What an audit found. */
export interface AuditResult {
  /** As promised, against whom the mechanism protects from. */
  readonly epsilon: number;
  readonly delta: number;
  /** Least epsilon at that delta that explains how well canaries were told apart; holds for any mechanism. */
  readonly lowerBound: number;
  /** The same for noise that is Gaussian, far tighter: what a test should compare; null where the mechanism's noise is not, or sampling mixes it. */
  readonly gaussianLowerBound: number | null;
  /** Canaries that were judged, in and out. */
  readonly judged: { readonly in: number; readonly out: number };
  readonly failure: number;
  /** True when a bound exceeds the promise: the mechanism does not do what it says. */
  readonly isBroken: boolean;
}

/**
 * Audits a run's promise.
 *
 * Method: half of the trainings teach how the noise of rounds hangs together and which threshold tells best; the other half is judged. The bounds
 * are Clopper and Pearson's. The attacker knows everything but one coin, so a sound mechanism's bound lies near its promise where Gaussian noise
 * makes it tight, and below it otherwise.
 *
 * @param run with a promise
 */
export async function auditPrivacy(run: Run, options: AuditOptions): Promise<AuditResult> {
  const { terms } = run.privacy!;
  const { trials, seed, failure = 1e-3 } = options;
  const halves: [CanarySighting[], CanarySighting[]] = [[], []];
  for (let trial = 0; trial < Math.max(2, trials) && options.signal?.aborted !== true; trial++) {
    halves[trial % 2]!.push(...(await watchCanaries({ run, opener: options.opener, seed: seed * 1_000_003 + trial })));
    options.onTrial?.(trial + 1);
  }
  const knowsWho = terms.sampling === undefined;
  const scoreOf = createScore(halves[0], run.terms.rounds, knowsWho, terms.neighboring === "replace" ? -1 : 0);
  const [learned, judged] = halves.map((half) => {
    const scores = half.map((sighting) => ({ isIn: sighting.isIn, score: scoreOf(sighting) }));
    return { in: scoresWhere(scores, true), out: scoresWhere(scores, false) };
  }) as [Scores, Scores];
  const { epsilon, delta } = terms;
  const lowerBound = anyBound(learned, judged, delta, failure);
  const { definition, options: section, facts } = guardParts(terms, privacySettingOf(run));
  const isGaussian = knowsWho && gaussianKinds.has(definition.event(section, facts(terms.noiseMultiplier)).kind);
  const gaussianLowerBound = isGaussian ? gaussianBound(learned, judged, terms.neighboring, delta, failure) : null;
  return {
    epsilon,
    delta,
    lowerBound,
    gaussianLowerBound,
    judged: { in: judged.in.length, out: judged.out.length },
    failure,
    isBroken: Math.max(lowerBound, gaussianLowerBound ?? 0) > epsilon,
  };
}

/** Events of noise that is Gaussian, or cannot be told from it at the scales of a sum. */
const gaussianKinds: ReadonlySet<string> = new Set(["gaussian", "discrete-gaussian", "distributed-gaussian", "skellam"]);

/** Scores of canaries that were in, and that were not, ascending. */
interface Scores {
  readonly in: Float64Array;
  readonly out: Float64Array;
}

function scoresWhere(scores: readonly { readonly isIn: boolean; readonly score: number }[], isIn: boolean): Float64Array {
  return Float64Array.from(scores.filter((one) => one.isIn === isIn).map(({ score }) => score)).sort();
}

/**
 * The best linear statistic of a canary's projections: weighted by the inverse covariance of the noise, as those that were out show it.
 *
 * @param knowsWho whether the attacker knows in which rounds the canary took part
 * @param level what the projections of one that was out are in the mean
 */
function createScore(
  learned: readonly CanarySighting[],
  rounds: number,
  knowsWho: boolean,
  level: number,
): (sighting: CanarySighting) => number {
  const covariance = new Float64Array(packedSize(rounds));
  const away = learned.filter(({ isIn }) => !isIn);
  for (const { projections, took } of away) {
    addOuter(
      covariance,
      0,
      1 / away.length,
      projections.map((value, round) => value - level * took[round]!),
      0,
      rounds,
    );
  }
  const always = new Float64Array(rounds).fill(1);
  const known = new Map<string, Float64Array>();
  return ({ took, projections }) => {
    const pattern = knowsWho ? took : always;
    const key = pattern.join("");
    let weights = known.get(key);
    if (weights === undefined) {
      weights = pattern.slice();
      // Rounds without a release have no noise to weigh: they count nothing.
      const spoiled = covariance.slice();
      for (let i = 0, cell = 0; i < rounds; i++, cell += i + 1) spoiled[cell] = spoiled[cell]! > 0 ? spoiled[cell]! * (1 + 1e-9) : 1;
      if (!solveInPlace(spoiled, 0, weights, 0, rounds)) weights = pattern.slice();
      const scale = Math.sqrt(Math.max(1e-300, dot(weights, 0, pattern, 0, rounds)));
      weights = weights.map((weight) => weight / scale);
      known.set(key, weights);
    }
    return dot(weights, 0, projections, 0, rounds);
  };
}

/** A bound for any mechanism: ln((true positives - delta) / false positives) at the threshold that was best among the learned. */
function anyBound(learned: Scores, judged: Scores, delta: number, failure: number): number {
  const bound = (scores: Scores, threshold: number): number => {
    const found = 1 - proportionAtMost(countBelow(scores.in, threshold), scores.in.length, failure / 2);
    const wrong = proportionAtMost(scores.out.length - countBelow(scores.out, threshold), scores.out.length, failure / 2);
    return found > delta ? Math.max(0, Math.log((found - delta) / wrong)) : 0;
  };
  const candidates = Array.from({ length: 60 }, (_, i) => quantile(learned.out, 0.5 + (0.5 * i) / 59));
  const best = candidates.reduce((left, right) => (bound(learned, right) > bound(learned, left) ? right : left));
  return bound(judged, best);
}

/** A bound for Gaussian noise: how far apart the two normal distributions must lie at least, as an epsilon. */
function gaussianBound(
  learned: Scores,
  judged: Scores,
  neighboring: "add-remove" | "replace" | "zero-out",
  delta: number,
  failure: number,
): number {
  const threshold = (mean(learned.in) + mean(learned.out)) / 2;
  const missed = proportionAtMost(countBelow(judged.in, threshold), judged.in.length, failure / 2);
  const wrong = proportionAtMost(judged.out.length - countBelow(judged.out, threshold), judged.out.length, failure / 2);
  const apart = -normalQuantile(missed) - normalQuantile(wrong);
  if (!(apart > 0)) return 0;
  return openAccountant({ kind: "exact" }, neighboring)
    .compose(gaussianEvent({ neighboring, noiseMultiplier: 1 / apart }))
    .epsilon(delta);
}

function countBelow(ascending: Float64Array, threshold: number): number {
  let count = 0;
  while (count < ascending.length && ascending[count]! <= threshold) count += 1;
  return count;
}

function quantile(ascending: Float64Array, share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Where a standard normal is with a chance of `share` in (0, 1) at most; the ends -> infinities. */
function normalQuantile(share: number): number {
  if (share <= 0) return Number.NEGATIVE_INFINITY;
  return share >= 1 ? Number.POSITIVE_INFINITY : smallestWhere((x) => normalCdf(x) >= share, -40, 40, 1e-12);
}
