/**
 * A run made ready: terms with every section resolved, and the model, protection and rule they name. The deployed
 * aggregator, the device and the simulation all begin here. Imports everything below it in shared.
 */
import type { CatalogueSetting } from "./catalogue/step.ts";
import { CofactorError } from "./errors.ts";
import type { EvaluationLayout, FederatedEvaluation, RoundQuality } from "./evaluation/evaluation.ts";
import { type GroupLimits, type GroupPrice, groupsOf, largestGroup, priceOf } from "./groups.ts";
import { type ContributionRange, type Model, type ModelState, type ParameterSpec, sizeOf } from "./models/model.ts";
import type { GuardSetting, PrivacyGuard } from "./privacy/guard.ts";
import type { PrivacyTerms } from "./privacy/promise.ts";
import type { Protection, RoundFrame } from "./protections/protection.ts";
import type { NoiseRng } from "./random.ts";
import { resolveSection } from "./registry.ts";
import { openReleased, type ReleasedSum } from "./release.ts";
import type { RoundLimits } from "./round.ts";
import { advanceByRule, layoutOf, sumOf } from "./rule-step.ts";
import type { Rule } from "./rules/rule.ts";
import {
  assertWhole,
  cataloguedModel,
  loadParts,
  type NamedParts,
  type RunExtras,
  rangeOf,
  rewardsIn,
  shapeOf,
  temporalModel,
  withItemFeatures,
} from "./run-parts.ts";
import type { Sharing } from "./sharing/sharing.ts";
import { canonicalJson, parseTerms, type RunTerms, resolveRange, termsDigest, type UnresolvedTerms } from "./terms.ts";
import { toPrecision } from "./wire/model-codec.ts";
import { quantize } from "./wire/quantize.ts";

/** A run made ready. A plain frozen object: the same run drives server, client and simulation. */
export interface Run {
  /** The resolved terms: every default filled in. */
  readonly terms: RunTerms;
  /** Digest of the terms' canonical bytes, base64url. */
  readonly digest: string;
  readonly model: Model;
  /** What the items come and go by; undefined where they stay. */
  readonly catalogue: CatalogueSetting | undefined;
  readonly protection: Protection;
  readonly rule: Rule;
  /** How a round's cohort is split into groups, each with a sum of its own. */
  readonly groups: GroupLimits;
  /** Which part of a contribution leaves a device, and how the sum of such parts is read; with room for the metrics that ride along. */
  readonly sharing: Sharing;
  /** How devices judge the model; undefined when the terms ask for nothing of the kind. */
  readonly evaluation: FederatedEvaluation | undefined;
  /** Clip and noise of both halves; undefined when the terms promise no privacy. */
  readonly privacy: PrivacyGuard | undefined;
  readonly range: ContributionRange;
  /** Length of a contribution's vector. */
  readonly contributionSize: number;
  /** Length of a published model's vector. */
  readonly sharedSize: number;
}

/**
 * Makes a run ready from terms: see `defineRun`, which has every part, and `openRun`, which loads what the terms name.
 *
 * @param parts the definitions that the terms' sections may name
 * @throws CofactorError CONFIG_INVALID naming the field, what was expected, and the nearest sound choice
 */
export function buildRun(input: unknown, parts: NamedParts, extras: RunExtras): Run {
  const terms = withItemFeatures(parseTerms(input), extras);
  const shape = shapeOf(terms, extras);
  const model = resolveSection(parts.models, terms.model, "terms.model");
  const protection = resolveSection(parts.protections, terms.protection, "terms.protection");
  const rule = resolveSection(parts.rules, terms.aggregation, "terms.aggregation");
  const modelRange = rangeOf(terms, model.definition.range(model.options, shape));
  const created = temporalModel(model.definition.create(model.options, shape), terms, modelRange, extras);
  const catalogue = cataloguedModel(created, terms, resolveRange(terms.range, modelRange).maxAbs, extras);
  const built = catalogue ?? created;
  const protects = protection.definition.create(protection.options);
  const applied = rule.definition.create(rule.options, layoutOf(built));
  const groups = groupsOf(terms, protects, applied);
  const promise = terms.privacy === undefined ? undefined : plannedPrivacy(terms.privacy, terms.rounds, extras);
  const layout = evaluationOf(terms, built, extras);
  const sharing = sharingOf(terms, built, parts, extras);
  const wholeSize = sizeOf(built.parameters.contribution) + (layout?.size ?? 0);
  if (catalogue !== undefined) assertWhole("catalogue", sharing, wholeSize);
  if (terms.temporal !== undefined) assertWhole("temporal", sharing, wholeSize);
  if (sharing.scattered !== undefined) assertScattered(sharing.kind, protects, promise);
  const privacy = promise === undefined ? undefined : extras.privacy!.createGuard(promise, guardSettingOf(terms, sharing, protects));
  const own = scaled(modelRange, sharing.entryGain);
  const range = privacy?.wire.range ?? resolveRange(terms.range, own);
  if (terms.range !== undefined && privacy !== undefined && canonicalJson(terms.range) !== canonicalJson(range)) {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"terms.range" expected nothing beside "terms.privacy": the range follows from clip and noise',
    );
  }
  const evaluation =
    layout === undefined ? undefined : extras.evaluation!.createEvaluation(layout, { maxAbs: range.maxAbs, norm: privacy?.bound });
  const rewards = rewardsIn(terms, layout?.terms.metrics, extras);
  const { privacy: _promised, evaluation: _asked, rewards: _wanted, ...others } = terms;
  const resolved: RunTerms = {
    ...others,
    model: { ...model.options },
    protection: { ...protection.options },
    sharing: { ...resolveSection(parts.sharings, terms.sharing, "terms.sharing").options },
    ...(promise === undefined ? {} : { privacy: promise }),
    ...(layout === undefined ? {} : { evaluation: layout.terms }),
    ...(rewards === undefined ? {} : { rewards }),
    aggregation: { ...rule.options },
    range,
  };
  const run: Run = Object.freeze({
    terms: resolved,
    digest: termsDigest(canonicalJson(resolved)),
    model: built,
    catalogue: catalogue === undefined ? undefined : { model: catalogue, label: terms.id, precision: terms.precision },
    protection: protects,
    rule: applied,
    groups,
    sharing,
    evaluation,
    privacy,
    range,
    contributionSize: sizeOf(built.parameters.contribution),
    sharedSize: sizeOf(built.parameters.shared),
  });
  run.protection.assertSound(roundFrame(run, 1));
  return run;
}

/**
 * As `defineRun`, but models and sharing policies are loaded when the terms name them, and what keeps promises of privacy, or makes devices judge
 * models, when they say so.
 *
 * @throws CofactorError CONFIG_INVALID as `defineRun`
 */
export async function openRun(input: unknown, extras: RunExtras = {}): Promise<Run> {
  const terms = parseTerms(input);
  const { privacy, evaluation, catalogue } = terms;
  const parts = await loadParts(terms);
  const support = {
    ...(privacy === undefined ? {} : { privacy: (await import("./privacy/support.ts")).privacySupport }),
    ...(evaluation === undefined ? {} : { evaluation: (await import("./evaluation/support.ts")).evaluationSupport }),
    ...(catalogue === undefined ? {} : { catalogue: (await import("./catalogue/support.ts")).catalogueSupport }),
    ...(terms.rewards === undefined ? {} : { rewards: (await import("./rewards/support.ts")).rewardSupport }),
    ...(terms.temporal === undefined ? {} : { temporal: (await import("./models/temporal.ts")).temporalSupport }),
  };
  return buildRun(input, parts, { ...extras, ...support });
}

/** The bytes of a run's terms that the server signs. */
export function termsBytes(run: Run): Uint8Array {
  return new TextEncoder().encode(canonicalJson(run.terms));
}

/** The public facts of a run that its privacy is made of. */
export function guardSettingOf(
  terms: Pick<UnresolvedTerms, "id" | "rounds" | "cohort">,
  sharing: Sharing,
  protection: Protection,
): GuardSetting {
  return {
    size: sharing.size,
    ...rowsOf(sharing.spec),
    rounds: terms.rounds,
    cohort: terms.cohort,
    revealsContributions: protection.revealsContributions,
    wrapsCleanly: protection.wrapsCleanly,
    corruption: protection.corruption ?? 0,
    label: terms.id,
  };
}

/** Rows and widths of vectors that are made of as many rows throughout. */
function rowsOf(spec: ParameterSpec): { rows?: number; widths?: readonly number[] } {
  const rows = spec[0]?.shape[0] ?? 0;
  if (rows === 0 || !spec.every(({ shape }) => shape[0] === rows)) return {};
  return { rows, widths: spec.map(({ shape }) => shape.slice(1).reduce((product, extent) => product * extent, 1)) };
}

/** A range for entries that are so many times larger: a power of two stays one. */
function scaled({ maxAbs, fractionBits }: ContributionRange, gain: number): ContributionRange {
  return { maxAbs: maxAbs * 2 ** Math.ceil(Math.log2(gain)), fractionBits };
}

/** The terms' policy for the model's contributions, with room for the metrics that ride along. */
export function sharingOf(terms: UnresolvedTerms, model: Model, parts: NamedParts, extras: RunExtras): Sharing {
  const { definition, options } = resolveSection(parts.sharings, terms.sharing, "terms.sharing");
  const sharing = definition.create(options, { items: terms.items, contribution: model.parameters.contribution, label: terms.id });
  const layout = evaluationOf(terms, model, extras);
  if (layout === undefined) return sharing;
  assertRoom(sharing, terms.range);
  return extras.evaluation!.withRoom(sharing, layout);
}

/** Metrics ride behind values that all devices send, and are not of the size that few bits are for. @throws CofactorError CONFIG_INVALID */
function assertRoom({ kind, scattered }: Sharing, range: UnresolvedTerms["range"]): void {
  const hasFewBits = range?.bits !== undefined || range?.rounding !== undefined;
  if (scattered === undefined && !hasFewBits) return;
  const obstacle = scattered === undefined ? '"range.bits"' : `sharing "${kind}"`;
  const nearest = "sharing sampled-rows, or a range with maxAbs and fractionBits";
  throw new CofactorError("CONFIG_INVALID", `"terms.evaluation" expected no ${obstacle} beside it; nearest: ${nearest}`);
}

function evaluationOf(terms: UnresolvedTerms, { objective }: Model, extras: RunExtras): EvaluationLayout | undefined {
  const { evaluation, privacy, ratings } = terms;
  if (evaluation === undefined) return undefined;
  if (extras.evaluation === undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"terms.evaluation" expected openRun or planRun to make the run: they load what judges models',
    );
  }
  return extras.evaluation.readEvaluation(evaluation, { objective, ratingRange: ratings.range, hasPromise: privacy !== undefined });
}

/** Parts at places of each device's own choice are added one by one, and the places are read. @throws CofactorError CONFIG_INVALID */
export function assertScattered(kind: string, protection: Protection, promise: unknown): void {
  if (!protection.revealsContributions) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `sharing "${kind}" expected protection open, got ${protection.kind}: devices send different rows, and only who reads them can add them up; nearest: sharing sampled-rows`,
    );
  }
  if (promise !== undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `sharing "${kind}" expected no promise of privacy: which rows a device sends tells of its ratings, and no noise on values covers that; nearest: sharing sampled-rows`,
    );
  }
}

function plannedPrivacy(written: unknown, rounds: number, { privacy }: RunExtras): PrivacyTerms {
  if (privacy === undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"terms.privacy" expected openRun or planRun to make the run: they load what keeps the promise',
    );
  }
  const terms = privacy.parsePrivacy(written, rounds, "terms.privacy");
  const { noiseMultiplier } = terms;
  if (noiseMultiplier !== undefined) return { ...terms, noiseMultiplier };
  throw new CofactorError(
    "CONFIG_INVALID",
    '"terms.privacy.noiseMultiplier" expected a calibrated number: plan the terms first (planRun does; serve and simulate call it)',
  );
}

/**
 * What both halves of the protection know about a round.
 * @param group the group of the cohort that it is of: a device's half is the same in all
 */
export function roundFrame(run: Run, round: number, group = 0): RoundFrame {
  const size = run.privacy?.wire.size ?? run.sharing.size;
  const { scattered } = run.sharing;
  return {
    run: run.terms.id,
    terms: run.digest,
    round,
    size,
    range: run.range,
    ...(group === 0 ? {} : { group }),
    cohort: { size: largestGroup(run.groups, run.terms.cohort.size), min: run.groups.minDevices },
    ...(scattered === undefined ? {} : { scattered }),
    ...(run.privacy?.placement === "central" ? { isNoisedLater: true } : {}),
  };
}

/** How many of a round's devices must answer, and in which groups. */
export function roundLimits({ terms, groups }: Run): RoundLimits {
  return { min: terms.cohort.min, groups };
}

/** What the run's groups cost and buy; undefined for the plain sum of whole cohorts. */
export function runPrice({ terms, groups, rule, protection }: Run): GroupPrice | undefined {
  if (groups.most === 1 && rule.keepsSums) return undefined;
  return priceOf(groups, terms.cohort.size, rule, protection.revealsContributions);
}

/**
 * True when no further round may begin: all rounds of the terms are published; or, where privacy is promised, all are used up: an abandoned
 * round counts, since a lying aggregator could have kept its sum.
 *
 * @param attempts rounds begun so far
 */
export function hasEnded(run: Run, state: ModelState, attempts: number): boolean {
  return state.round >= run.terms.rounds || (run.privacy !== undefined && attempts >= run.terms.rounds);
}

/** What a device draws from on a contribution's way out. */
export interface OutgoingRandomness {
  readonly rng: NoiseRng;
  /** 32 secret bytes that the device keeps for the run; asked for only where the sharing policy is scattered. */
  readonly lasting: Uint8Array | undefined;
}

/**
 * What of a contribution leaves a device, before clip, noise and seal: the sharing policy's part of it, rounded where the terms say how.
 * @param values [contributionSize] it may be written to, and the result may be `values` itself
 */
export function outgoingOf(run: Run, values: Float64Array, round: number, { rng, lasting }: OutgoingRandomness): Float64Array {
  const { sharing, range } = run;
  const leaving = sharing.encode(values, round, lasting);
  const rounding = run.terms.range?.rounding;
  if (rounding !== undefined) quantize(leaving, range, rounding, rng, sharing.scattered?.places ?? 0);
  return leaving;
}

/**
 * The model's state after a round's released sums: read by the sharing policy, rule, the model's own step, rounded to what is published.
 * @param round its number: abandoned ones count
 * @throws CofactorError AGGREGATION_FAILED for sums so large that no model comes of them: the round is abandoned, and the model stays what it was
 */
export function advanceModel(run: Run, current: ModelState, released: ReleasedSum, round: number): ModelState {
  const sums = openReleased(released, run.digest);
  const noiseStddev = sums[0]?.noiseStddev;
  const decoded = sums.map(({ values, count }) => ({ values: run.sharing.decode(values, round), count }));
  const next = advanceByRule(run, current, decoded, noiseStddev === undefined ? undefined : noiseStddev * run.sharing.noiseGain);
  const shared = toPrecision(next.shared, run.terms.precision);
  // Under "open" one device may send numbers whose sum, or its square, is none. What is not finite would never be again.
  if (!isAllFinite(shared) || !isAllFinite(next.state)) {
    throw new CofactorError("AGGREGATION_FAILED", `the sums of round ${round} expected to give a model of finite values`);
  }
  return { ...next, shared };
}

/** Zero times an entry is NaN exactly when the entry is not finite. */
function isAllFinite(values: Float64Array): boolean {
  let zero = 0;
  for (let i = 0; i < values.length; i++) zero += values[i]! * 0;
  return zero === 0;
}

/**
 * What a round's devices found about the model that they were given; undefined when they were not asked to judge it, or too few of them did.
 * @param modelRound the round that published that model
 */
export function qualityOf(run: Run, released: ReleasedSum, round: number, modelRound: number): RoundQuality | undefined {
  if (run.evaluation?.isDue(round) !== true) return undefined;
  return run.evaluation.read(sumOf(openReleased(released, run.digest)), run.terms.cohort.min, modelRound);
}
