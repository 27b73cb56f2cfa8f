/** What a run is made of, by its terms: the parts that they name, loaded, and the model in the shape that they ask for. Imports everything below run in shared. */
import type { CatalogueSupport } from "./catalogue/support.ts";
import type { CatalogueModel } from "./catalogue/with-catalogue.ts";
import { CofactorError } from "./errors.ts";
import type { EvaluationSupport } from "./evaluation/support.ts";
import { loadModels } from "./models/lazy.ts";
import type { ContributionRange, ItemFeatures, Model, ModelDefinition, ModelShape } from "./models/model.ts";
import type { TemporalSupport } from "./models/temporal.ts";
import type { PrivacySupport } from "./privacy/support.ts";
import { loadProtections } from "./protections/lazy.ts";
import type { ProtectionDefinition } from "./protections/protection.ts";
import type { RewardSupport } from "./rewards/support.ts";
import type { RewardTerms } from "./rewards/terms.ts";
import { loadRules } from "./rules/lazy.ts";
import type { RuleDefinition } from "./rules/rule.ts";
import { loadSharings } from "./sharing/lazy.ts";
import type { Sharing, SharingDefinition } from "./sharing/sharing.ts";
import { resolveRange, type UnresolvedTerms } from "./terms.ts";

/** What a run is made from beside its terms. */
export interface RunExtras {
  /** The items' public features, which whoever initializes the model has; devices read them from the published model. */
  readonly itemFeatures?: ItemFeatures | undefined;
  /** Item factors to begin with, for `model.start` spectral: [items x count], the most telling column first. */
  readonly itemStart?: ItemFeatures | undefined;
  /** What keeps promises of privacy, where it is loaded already: see `openRun`. */
  readonly privacy?: PrivacySupport | undefined;
  /** What makes devices judge models, likewise. */
  readonly evaluation?: EvaluationSupport | undefined;
  /** What has items come and go, where it is loaded already. */
  readonly catalogue?: CatalogueSupport | undefined;
  /** What has the aggregator keep what devices were worth, likewise. */
  readonly rewards?: RewardSupport | undefined;
  /** What has devices contribute what changed, likewise. */
  readonly temporal?: TemporalSupport | undefined;
}

/** The definitions of the seams whose code is loaded when terms name it. */
export interface NamedParts {
  readonly models: readonly ModelDefinition[];
  readonly sharings: readonly SharingDefinition[];
  readonly protections: readonly ProtectionDefinition[];
  readonly rules: readonly RuleDefinition[];
}

/** What the terms' sections name. */
export async function loadParts(terms: Pick<UnresolvedTerms, "model" | "sharing" | "protection" | "aggregation">): Promise<NamedParts> {
  const { model, sharing, protection, aggregation } = terms;
  const [models, sharings, protections, rules] = await Promise.all([
    loadModels(model.kind),
    loadSharings(sharing.kind),
    loadProtections(protection.kind),
    loadRules(aggregation.kind),
  ]);
  return { models, sharings, protections, rules };
}

/** The model over items that come and go, where the terms say so. @throws CofactorError CONFIG_INVALID for what does not go with it */
export function cataloguedModel(model: Model, terms: UnresolvedTerms, unit: number, extras: RunExtras): CatalogueModel | undefined {
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
export function temporalModel(model: Model, terms: UnresolvedTerms, own: ContributionRange, extras: RunExtras): Model {
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
export function rangeOf({ temporal }: UnresolvedTerms, { maxAbs, fractionBits }: ContributionRange): ContributionRange {
  return { maxAbs: temporal === undefined ? maxAbs : 2 * maxAbs, fractionBits };
}

/** @throws CofactorError CONFIG_INVALID where sums do not arrive as they left */
export function assertWhole(section: "catalogue" | "temporal", sharing: Sharing, wholeSize: number): void {
  if (sharing.size === wholeSize && sharing.entryGain === 1 && sharing.scattered === undefined) return;
  const why = { catalogue: "counts that leave in part admit nobody", temporal: "differences that leave in part add up to no sum" };
  throw new CofactorError(
    "CONFIG_INVALID",
    `"terms.sharing" expected all beside "terms.${section}", got ${sharing.kind}: ${why[section]}; nearest: sharing all`,
  );
}

/** The section on rewards with its defaults, where there is one. @throws CofactorError CONFIG_INVALID for what does not go with it */
export function rewardsIn(
  { rewards, temporal }: UnresolvedTerms,
  metrics: readonly string[] | undefined,
  { rewards: support }: RunExtras,
): RewardTerms | undefined {
  if (rewards === undefined) return undefined;
  const refuse = (what: string): never => {
    throw new CofactorError("CONFIG_INVALID", `"terms.rewards" expected ${what}`);
  };
  if (temporal !== undefined)
    refuse("contributions that stand alone: a sum of changes is worth nothing without the sums before it; nearest: no temporal section");
  return (support ?? refuse("openRun or planRun to make the run: they load what shares gains out")).readRewards(rewards, metrics);
}

/** What the terms' model is built for. */
export function shapeOf(terms: UnresolvedTerms, { itemFeatures, itemStart }: RunExtras): ModelShape {
  return {
    ...(itemStart === undefined ? {} : { itemStart }),
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
