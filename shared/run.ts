/**
 * A run made ready: terms with every section resolved, and the model, protection and rule they name. The deployed
 * aggregator, the device and the simulation all begin here. Imports everything below it in shared.
 */
import type { CatalogueSetting } from "./catalogue/step.ts";
import type { CatalogueSupport } from "./catalogue/support.ts";
import type { CatalogueModel } from "./catalogue/with-catalogue.ts";
import { CofactorError } from "./errors.ts";
import type { EvaluationLayout, FederatedEvaluation, RoundQuality } from "./evaluation/evaluation.ts";
import type { EvaluationSupport } from "./evaluation/support.ts";
import { loadModels } from "./models/lazy.ts";
import {
  type ContributionRange,
  type ItemFeatures,
  type Model,
  type ModelDefinition,
  type ModelShape,
  type ModelState,
  type ParameterSpec,
  sizeOf,
} from "./models/model.ts";
import type { TemporalSupport } from "./models/temporal.ts";
import type { GuardSetting, PrivacyGuard } from "./privacy/guard.ts";
import type { PrivacyTerms } from "./privacy/promise.ts";
import type { PrivacySupport } from "./privacy/support.ts";
import { protections } from "./protections/index.ts";
import type { Protection, RoundFrame } from "./protections/protection.ts";
import type { NoiseRng } from "./random.ts";
import { resolveSection } from "./registry.ts";
import { openReleased, type ReleasedSum } from "./release.ts";
import { rules } from "./rules/index.ts";
import type { Rule } from "./rules/rule.ts";
import { loadSharings } from "./sharing/lazy.ts";
import type { Sharing, SharingDefinition } from "./sharing/sharing.ts";
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

/** What a run is made from beside its terms. */
export interface RunExtras {
  /** The items' public features, which whoever initializes the model has; devices read them from the published model. */
  readonly itemFeatures?: ItemFeatures | undefined;
  /** What keeps promises of privacy, where it is loaded already: see `openRun`. */
  readonly privacy?: PrivacySupport | undefined;
  /** What makes devices judge models, likewise. */
  readonly evaluation?: EvaluationSupport | undefined;
  /** What has items come and go, where it is loaded already. */
  readonly catalogue?: CatalogueSupport | undefined;
  /** What has devices contribute what changed, likewise. */
  readonly temporal?: TemporalSupport | undefined;
}

/** The definitions of the seams whose code is loaded when terms name it. */
export interface NamedParts {
  readonly models: readonly ModelDefinition[];
  readonly sharings: readonly SharingDefinition[];
}

/** What the terms' sections name. */
export async function loadParts({ model, sharing }: Pick<UnresolvedTerms, "model" | "sharing">): Promise<NamedParts> {
  const [models, sharings] = await Promise.all([loadModels(model.kind), loadSharings(sharing.kind)]);
  return { models, sharings };
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
  const protection = resolveSection(protections, terms.protection, "terms.protection");
  const rule = resolveSection(rules, terms.aggregation, "terms.aggregation");
  const modelRange = rangeOf(terms, model.definition.range(model.options, shape));
  const created = temporalModel(model.definition.create(model.options, shape), terms, modelRange, extras);
  const catalogue = cataloguedModel(created, terms, resolveRange(terms.range, modelRange).maxAbs, extras);
  const built = catalogue ?? created;
  const protects = protection.definition.create(protection.options);
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
  const { privacy: _promised, evaluation: _asked, ...others } = terms;
  const resolved: RunTerms = {
    ...others,
    model: { ...model.options },
    protection: { ...protection.options },
    sharing: { ...resolveSection(parts.sharings, terms.sharing, "terms.sharing").options },
    ...(promise === undefined ? {} : { privacy: promise }),
    ...(layout === undefined ? {} : { evaluation: layout.terms }),
    aggregation: { ...rule.options },
    range,
  };
  const run: Run = Object.freeze({
    terms: resolved,
    digest: termsDigest(canonicalJson(resolved)),
    model: built,
    catalogue: catalogue === undefined ? undefined : { model: catalogue, label: terms.id, precision: terms.precision },
    protection: protects,
    rule: rule.definition.create(rule.options),
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
    ...(terms.temporal === undefined ? {} : { temporal: (await import("./models/temporal.ts")).temporalSupport }),
  };
  return buildRun(input, parts, { ...extras, ...support });
}

/** The model over items that come and go, where the terms say so. @throws CofactorError CONFIG_INVALID for what does not go with it */
function cataloguedModel(model: Model, terms: UnresolvedTerms, unit: number, extras: RunExtras): CatalogueModel | undefined {
  if (terms.catalogue === undefined) return undefined;
  const refuse = (what: string): never => {
    throw new CofactorError("CONFIG_INVALID", `"terms.catalogue" expected ${what}`);
  };
  if (terms.privacy !== undefined) {
    refuse(
      "no promise of privacy: a clip that fits gradients leaves nothing of the counts that admit items; nearest: no catalogue section",
    );
  }
  if (terms.evaluation !== undefined) {
    refuse("no evaluation by devices: what they keep aside is known by its row, and rows change hands; nearest: no evaluation section");
  }
  if ((terms.itemFeatures ?? 0) > 0) refuse("items without features: those are of rows, and rows change hands; nearest: itemFeatures 0");
  if (!Number.isInteger(Math.log2(unit))) refuse(`"terms.range.maxAbs" to be a power of two, by which counts stay exact, got ${unit}`);
  const support = extras.catalogue ?? refuse("openRun or planRun to make the run: they load what items come and go by");
  return support.withCatalogue(model, terms.items, terms.catalogue, unit);
}

/** The model whose devices contribute what changed, where the terms say so. @throws CofactorError CONFIG_INVALID for what does not go with it */
function temporalModel(model: Model, terms: UnresolvedTerms, own: ContributionRange, extras: RunExtras): Model {
  if (terms.temporal === undefined) return model;
  const refuse = (what: string): never => {
    throw new CofactorError("CONFIG_INVALID", `"terms.temporal" expected ${what}`);
  };
  if (terms.privacy !== undefined) {
    refuse(
      "no promise of privacy: who takes part, and how often, would follow from their ratings, which no accounting of rounds covers; nearest: no temporal section",
    );
  }
  if (terms.catalogue !== undefined) {
    refuse("items that stay: what a device remembers of its last contribution is known by its row; nearest: no catalogue section");
  }
  const support = extras.temporal ?? refuse("openRun or planRun to make the run: they load what contributes differences");
  return support.withTemporal(model, terms.temporal, resolveRange(terms.range, own));
}

/** A model's own range; twice that for differences of two contributions. */
function rangeOf({ temporal }: UnresolvedTerms, { maxAbs, fractionBits }: ContributionRange): ContributionRange {
  return { maxAbs: temporal === undefined ? maxAbs : 2 * maxAbs, fractionBits };
}

/** @throws CofactorError CONFIG_INVALID where sums do not arrive as they left */
function assertWhole(section: "catalogue" | "temporal", sharing: Sharing, wholeSize: number): void {
  if (sharing.size === wholeSize && sharing.entryGain === 1 && sharing.scattered === undefined) return;
  const why = { catalogue: "counts that leave in part admit nobody", temporal: "differences that leave in part add up to no sum" };
  throw new CofactorError(
    "CONFIG_INVALID",
    `"terms.sharing" expected all beside "terms.${section}", got ${sharing.kind}: ${why[section]}; nearest: sharing all`,
  );
}

/** What the terms' model is built for. */
export function shapeOf(terms: UnresolvedTerms, { itemFeatures }: RunExtras): ModelShape {
  return {
    items: terms.items,
    cohort: terms.cohort.size,
    ...(terms.ratings.range === undefined ? {} : { ratingRange: terms.ratings.range }),
    ...(terms.ratings.globalMean === undefined ? {} : { globalMean: terms.ratings.globalMean }),
    ...(terms.itemFeatures === undefined ? {} : { itemFeatures: { count: terms.itemFeatures, values: itemFeatures?.values } }),
  };
}

/** The terms with the number of features that items have. @throws CofactorError CONFIG_INVALID when features and terms do not fit */
export function withItemFeatures(terms: UnresolvedTerms, { itemFeatures }: RunExtras): UnresolvedTerms {
  if (itemFeatures === undefined) return terms;
  const { count, values } = itemFeatures;
  const isComplete = values.length === terms.items * count && values.every(Number.isFinite);
  if (isComplete && (terms.itemFeatures ?? count) === count) return { ...terms, itemFeatures: count };
  const expected = `${terms.itemFeatures ?? count} finite values for each of ${terms.items} items`;
  throw new CofactorError("CONFIG_INVALID", `"itemFeatures" expected ${expected}, got ${values.length} values of ${count} features`);
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

/** What both halves of the protection know about a round. */
export function roundFrame(run: Run, round: number): RoundFrame {
  const size = run.privacy?.wire.size ?? run.sharing.size;
  const { scattered } = run.sharing;
  return {
    run: run.terms.id,
    terms: run.digest,
    round,
    size,
    range: run.range,
    cohort: run.terms.cohort,
    ...(scattered === undefined ? {} : { scattered }),
    ...(run.privacy?.placement === "central" ? { isNoisedLater: true } : {}),
  };
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
 * The model's state after a round's released sum: read by the sharing policy, rule, the model's own step, rounded to what is published.
 * @param round its number: abandoned ones count
 */
export function advanceModel(run: Run, current: ModelState, released: ReleasedSum, round: number): ModelState {
  const { values, count, noiseStddev } = openReleased(released, run.digest);
  const sum = { values: run.sharing.decode(values, round), count };
  const noise = noiseStddev === undefined ? {} : { noiseStddev: noiseStddev * run.sharing.noiseGain };
  const next = run.model.advance(current, { ...run.rule.step([sum]), ...noise });
  return { ...next, shared: toPrecision(next.shared, run.terms.precision) };
}

/**
 * What a round's devices found about the model that they were given; undefined when they were not asked to judge it, or too few of them did.
 * @param modelRound the round that published that model
 */
export function qualityOf(run: Run, released: ReleasedSum, round: number, modelRound: number): RoundQuality | undefined {
  if (run.evaluation?.isDue(round) !== true) return undefined;
  return run.evaluation.read(openReleased(released, run.digest), run.terms.cohort.min, modelRound);
}
