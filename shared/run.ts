/**
 * A run made ready: terms with every section resolved, and the model, protection and rule they name. The deployed
 * aggregator, the device and the simulation all begin here. Imports everything below it in shared.
 */
import type { CatalogueSetting } from "./catalogue/step.ts";
import type { CatalogueSupport } from "./catalogue/support.ts";
import type { CatalogueModel } from "./catalogue/with-catalogue.ts";
import { CofactorError } from "./errors.ts";
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
import type { GuardSetting, PrivacyGuard } from "./privacy/guard.ts";
import type { PrivacyTerms } from "./privacy/promise.ts";
import type { PrivacySupport } from "./privacy/support.ts";
import { protections } from "./protections/index.ts";
import type { Protection, RoundFrame } from "./protections/protection.ts";
import { resolveSection } from "./registry.ts";
import { openReleased, type ReleasedSum } from "./release.ts";
import { rules } from "./rules/index.ts";
import type { Rule } from "./rules/rule.ts";
import { sharings } from "./sharing/index.ts";
import type { Sharing } from "./sharing/sharing.ts";
import { canonicalJson, parseTerms, type RunTerms, termsDigest, type UnresolvedTerms } from "./terms.ts";
import { toPrecision } from "./wire/model-codec.ts";

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
  /** Which part of a contribution leaves a device, and how the sum of such parts is read. */
  readonly sharing: Sharing;
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
  /** What has items come and go, where it is loaded already. */
  readonly catalogue?: CatalogueSupport | undefined;
}

/**
 * Makes a run ready from terms: see `defineRun`, which has every model, and `openRun`, which loads what the terms name.
 *
 * @param models the definitions that `terms.model` may name
 * @throws CofactorError CONFIG_INVALID naming the field, what was expected, and the nearest sound choice
 */
export function buildRun(input: unknown, models: readonly ModelDefinition[], extras: RunExtras): Run {
  const terms = withItemFeatures(parseTerms(input), extras);
  const shape = shapeOf(terms, extras);
  const model = resolveSection(models, terms.model, "terms.model");
  const protection = resolveSection(protections, terms.protection, "terms.protection");
  const rule = resolveSection(rules, terms.aggregation, "terms.aggregation");
  const modelRange = model.definition.range(model.options, shape);
  const created = model.definition.create(model.options, shape);
  const catalogue = cataloguedModel(created, terms, (terms.range ?? modelRange).maxAbs, extras);
  const built = catalogue ?? created;
  const protects = protection.definition.create(protection.options);
  const promise = terms.privacy === undefined ? undefined : plannedPrivacy(terms.privacy, terms.rounds, extras);
  const sharing = sharingOf(terms, built);
  if (catalogue !== undefined) assertCounts(sharing, built);
  const privacy = promise === undefined ? undefined : extras.privacy!.createGuard(promise, guardSettingOf(terms, sharing, protects));
  const range = privacy?.wire.range ?? terms.range ?? scaled(modelRange, sharing.entryGain);
  if (terms.range !== undefined && canonicalJson(terms.range) !== canonicalJson(range)) {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"terms.range" expected nothing beside "terms.privacy": the range follows from clip and noise',
    );
  }
  const { privacy: _written, ...others } = terms;
  const resolved: RunTerms = {
    ...others,
    model: { ...model.options },
    protection: { ...protection.options },
    sharing: { ...resolveSection(sharings, terms.sharing, "terms.sharing").options },
    ...(promise === undefined ? {} : { privacy: promise }),
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
    privacy,
    range,
    contributionSize: sizeOf(built.parameters.contribution),
    sharedSize: sizeOf(built.parameters.shared),
  });
  run.protection.assertSound(roundFrame(run, 1));
  return run;
}

/**
 * As `defineRun`, but the model is loaded when the terms name it, and what keeps promises of privacy when they make one.
 *
 * @throws CofactorError CONFIG_INVALID as `defineRun`
 */
export async function openRun(input: unknown, extras: RunExtras = {}): Promise<Run> {
  const { model, privacy, catalogue } = parseTerms(input);
  const models = await loadModels(model.kind);
  return buildRun(input, models, {
    ...extras,
    ...(privacy === undefined ? {} : { privacy: (await import("./privacy/support.ts")).privacySupport }),
    ...(catalogue === undefined ? {} : { catalogue: (await import("./catalogue/support.ts")).catalogueSupport }),
  });
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
  if ((terms.itemFeatures ?? 0) > 0) refuse("items without features: those are of rows, and rows change hands; nearest: itemFeatures 0");
  if (!Number.isInteger(Math.log2(unit))) refuse(`"terms.range.maxAbs" to be a power of two, by which counts stay exact, got ${unit}`);
  const support = extras.catalogue ?? refuse("openRun or planRun to make the run: they load what items come and go by");
  return support.withCatalogue(model, terms.items, terms.catalogue, unit);
}

/** @throws CofactorError CONFIG_INVALID where counts do not arrive as they left */
function assertCounts(sharing: Sharing, model: Model): void {
  if (sharing.size === sizeOf(model.parameters.contribution) && sharing.entryGain === 1) return;
  throw new CofactorError(
    "CONFIG_INVALID",
    `"terms.sharing" expected all beside "terms.catalogue", got ${sharing.kind}: counts that leave in part admit nobody; nearest: sharing all`,
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
export function guardSettingOf(terms: UnresolvedTerms, sharing: Sharing, protection: Protection): GuardSetting {
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

/** The terms' policy for the model's contributions. */
export function sharingOf(terms: UnresolvedTerms, model: Model): Sharing {
  const { definition, options } = resolveSection(sharings, terms.sharing, "terms.sharing");
  return definition.create(options, { items: terms.items, contribution: model.parameters.contribution, label: terms.id });
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
  const frame = { run: run.terms.id, terms: run.digest, round, size, range: run.range, cohort: run.terms.cohort };
  return run.privacy?.placement === "central" ? { ...frame, isNoisedLater: true } : frame;
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
