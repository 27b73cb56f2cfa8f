/**
 * Plans: the least noise that keeps a promise, and what a promise comes to for each observer. Imports the accountants, guard, events.
 *
 * Nobody types a noise scale. A device that checks a plan adds up the same events: it need not believe the epsilon that terms state.
 */
import { CofactorError } from "../errors.ts";
import { calibrateNoise } from "./calibrate.ts";
import { type PrivacyEvent, type PrivacyView, poissonGaussianEvent, type SimpleEvent, selfComposedEvent } from "./event.ts";
import { type GuardParts, type GuardSetting, guardParts } from "./guard.ts";
import { boundsOf } from "./matrix/participation.ts";
import type { MechanismFacts, Placement } from "./mechanism.ts";
import { type PrivacyTerms, parsePrivacy, type UnplannedTerms } from "./promise.ts";
import { spent } from "./spent.ts";

/** Epsilon at the promise's delta, for each observer; infinity where nothing is proved against one. */
export type SpentByView = Readonly<Record<PrivacyView, number>>;

/** Whom the noise of a placement protects from first: who adds noise to the sum has seen it without. */
export function protectedView(placement: Placement): PrivacyView {
  return placement === "central" ? "release" : "server";
}

/**
 * A promise with its noise.
 *
 * Guarantees: the whole run costs at most (epsilon, delta) against whom the mechanism protects from, with the least noise to 1e-4 of it; the
 * same input gives the same plan. A plan that is there already is checked and kept.
 *
 * @throws CofactorError CONFIG_INVALID for what cannot be sound, with the reason and the nearest sound choice
 */
export function planPrivacy(input: unknown, setting: GuardSetting, label = "terms.privacy"): PrivacyTerms {
  const terms = parsePrivacy(input, setting.rounds, label);
  if (terms.delta > 1 / setting.cohort.size) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"${label}.delta" expected at most 1 / cohort.size = ${1 / setting.cohort.size}: more allows one device of a cohort to be shown whole`,
    );
  }
  const parts = guardParts(terms, setting);
  assertCoinsFit(terms, setting, label);
  if (terms.noiseMultiplier !== undefined) {
    const planned = { ...terms, noiseMultiplier: terms.noiseMultiplier };
    assertKept(planned, setting);
    return planned;
  }
  const { epsilon, delta } = terms;
  const view = protectedView(parts.definition.placement);
  const noiseMultiplier = calibrateNoise({
    budget: { epsilon, delta },
    view: "release",
    tolerance: 1e-4,
    event: (tried) => eventFor(parts, terms, parts.facts(tried), setting.rounds, view),
  });
  return { ...terms, noiseMultiplier };
}

/** @throws CofactorError CONFIG_INVALID when the promise's noise is too little for its epsilon */
export function assertKept(terms: PrivacyTerms, setting: GuardSetting): void {
  const parts = guardParts(terms, setting);
  const event = eventFor(parts, terms, parts.facts(terms.noiseMultiplier), setting.rounds, protectedView(parts.definition.placement));
  const { delta } = terms;
  const most = terms.epsilon * (1 + 1e-6);
  // The quick accountant knows every event and never says less than is true: most plans need no other.
  const quick = spent(event, { delta, view: "release", accountant: { kind: "rdp" } }).epsilon;
  if (quick <= most) return;
  const tight = spent(event, { delta, view: "release" }).epsilon;
  if (tight <= most) return;
  throw new CofactorError(
    "CONFIG_INVALID",
    `the terms promise epsilon ${terms.epsilon} at delta ${delta}, and their noise gives ${tight.toPrecision(4)}`,
  );
}

/**
 * What the first `rounds` rounds of a run cost, abandoned ones counted.
 *
 * `server`: against whoever sees who takes part; infinity where it also sees sums without noise. `release`: against whoever sees the published
 * models alone; with sampling, who is not told either how many took part. Where rounds' noise hangs together the whole run's cost is stated from the first round on: an upper bound.
 */
export function spentAfter(terms: PrivacyTerms, setting: GuardSetting, rounds: number): SpentByView {
  if (rounds === 0) return { server: 0, release: 0 };
  const parts = guardParts(terms, setting);
  const facts = parts.facts(terms.noiseMultiplier);
  const epsilon = (view: PrivacyView): number =>
    spent(eventFor(parts, terms, facts, rounds, view), { delta: terms.delta, view: "release" }).epsilon;
  const seen = epsilon("server");
  // Sampling can only help: without it the release tells what an observer of noised sums sees.
  const release = terms.sampling === undefined ? seen : Math.min(seen, epsilon("release"));
  return { server: parts.definition.placement === "central" ? Number.POSITIVE_INFINITY : seen, release };
}

/** What one unit's data go through in the first `rounds` rounds, as an observer of noised sums sees it. */
function eventFor(
  { definition, options }: GuardParts,
  { participation, sampling }: UnplannedTerms,
  facts: MechanismFacts,
  rounds: number,
  view: PrivacyView,
): PrivacyEvent {
  if (definition.runEvent !== undefined) return definition.runEvent(options, facts);
  const event = definition.event(options, facts);
  if (view === "release" && sampling !== undefined) return selfComposedEvent(sampled(event as SimpleEvent, sampling.rate), rounds);
  return selfComposedEvent(event, boundsOf(participation, rounds).participations);
}

/**
 * Refuses coins under which a round may come to nothing for the number of devices that came up: that would tell of it.
 * @throws CofactorError CONFIG_INVALID with the chance that such a round comes up, by Chernoff's bound
 */
function assertCoinsFit({ sampling, delta }: UnplannedTerms, { cohort, rounds }: GuardSetting, label: string): void {
  if (sampling === undefined) return;
  const { rate, population } = sampling;
  const atLeast = (count: number): number => (count > population ? 0 : Math.exp(-population * divergence(count / population, rate)));
  const tooMany = cohort.size >= population ? 0 : atLeast(cohort.size + 1);
  const tooFew = cohort.min <= 0 ? 0 : cohort.min - 1 >= rate * population ? 1 : atLeast(cohort.min - 1);
  const chance = rounds * (tooMany + tooFew);
  if (chance <= delta / 100) return;
  throw new CofactorError(
    "CONFIG_INVALID",
    `"${label}.sampling" expected cohorts that stay within ${cohort.min} to ${cohort.size} but with a chance of ${delta / 100}, got ${chance.toExponential(1)}: rounds that come to nothing tell how many came up; nearest: a larger population or rate, and cohort.size far above rate x population`,
  );
}

/** Kullback and Leibler's divergence of two coins. */
function divergence(share: number, rate: number): number {
  const part = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log(p / q));
  return part(share, rate) + part(1 - share, 1 - rate);
}

function sampled(event: SimpleEvent, samplingRate: number): PrivacyEvent {
  if (event.kind !== "gaussian") throw new CofactorError("INTERNAL", `sampling of "${event.kind}" has no analysis in runs`);
  const { neighboring, noiseMultiplier } = event;
  return poissonGaussianEvent({ neighboring: neighboring as "zero-out", noiseMultiplier, samplingRate });
}
