/**
 * A run made ready: terms with every section resolved, and the model, protection and rule they name. The deployed
 * aggregator, the device and the simulation all begin here. Imports everything below it in shared.
 */
import { CofactorError } from "./errors.ts";
import { models } from "./models/index.ts";
import { type Aggregate, type ContributionRange, type ItemFeatures, type Model, type ModelState, sizeOf } from "./models/model.ts";
import { protections } from "./protections/index.ts";
import type { Protection, RoundFrame } from "./protections/protection.ts";
import { resolveSection } from "./registry.ts";
import { rules } from "./rules/index.ts";
import type { Rule } from "./rules/rule.ts";
import { canonicalJson, parseTerms, type RunTerms, termsDigest } from "./terms.ts";
import { toPrecision } from "./wire/model-codec.ts";

/** A run made ready. A plain frozen object: the same run drives server, client and simulation. */
export interface Run {
  /** The resolved terms: every default filled in. */
  readonly terms: RunTerms;
  /** Digest of the terms' canonical bytes, base64url. */
  readonly digest: string;
  readonly model: Model;
  readonly protection: Protection;
  readonly rule: Rule;
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
}

/**
 * Makes a run ready from terms as a person or a server wrote them. Terms that do not say how many features items have take it from
 * `extras`; a model that learns from features refuses to initialize when the terms count some but their values are not here.
 *
 * @throws CofactorError CONFIG_INVALID naming the field, what was expected, and the nearest sound choice
 * @example defineRun({ id: "films-1", items: 3952, model: { kind: "fcf", rank: 16 }, protection: { kind: "open" } })
 */
export function defineRun(input: unknown, extras: RunExtras = {}): Run {
  const terms = withItemFeatures(parseTerms(input), extras.itemFeatures);
  const shape = {
    items: terms.items,
    cohort: terms.cohort.size,
    ...(terms.ratings.range === undefined ? {} : { ratingRange: terms.ratings.range }),
    ...(terms.ratings.globalMean === undefined ? {} : { globalMean: terms.ratings.globalMean }),
    ...(terms.itemFeatures === undefined ? {} : { itemFeatures: { count: terms.itemFeatures, values: extras.itemFeatures?.values } }),
  };
  const model = resolveSection(models, terms.model, "terms.model");
  const protection = resolveSection(protections, terms.protection, "terms.protection");
  const rule = resolveSection(rules, terms.aggregation, "terms.aggregation");
  const range = terms.range ?? model.definition.range(model.options, shape);
  const built = model.definition.create(model.options, shape);
  const resolved: RunTerms = {
    ...terms,
    model: { ...model.options },
    protection: { ...protection.options },
    aggregation: { ...rule.options },
    range,
  };
  const run: Run = Object.freeze({
    terms: resolved,
    digest: termsDigest(canonicalJson(resolved)),
    model: built,
    protection: protection.definition.create(protection.options),
    rule: rule.definition.create(rule.options),
    range,
    contributionSize: sizeOf(built.parameters.contribution),
    sharedSize: sizeOf(built.parameters.shared),
  });
  run.protection.assertSound(roundFrame(run, 1));
  return run;
}

/** The terms with the number of features that items have. @throws CofactorError CONFIG_INVALID when features and terms do not fit */
function withItemFeatures(terms: RunTerms, features: ItemFeatures | undefined): RunTerms {
  if (features === undefined) return terms;
  const { count, values } = features;
  const isComplete = values.length === terms.items * count && values.every(Number.isFinite);
  if (isComplete && (terms.itemFeatures ?? count) === count) return { ...terms, itemFeatures: count };
  const expected = `${terms.itemFeatures ?? count} finite values for each of ${terms.items} items`;
  throw new CofactorError("CONFIG_INVALID", `"itemFeatures" expected ${expected}, got ${values.length} values of ${count} features`);
}

/** The bytes of a run's terms that the server signs. */
export function termsBytes(run: Run): Uint8Array {
  return new TextEncoder().encode(canonicalJson(run.terms));
}

/** What both halves of the protection know about a round. */
export function roundFrame(run: Run, round: number): RoundFrame {
  return { run: run.terms.id, terms: run.digest, round, size: run.contributionSize, range: run.range, cohort: run.terms.cohort };
}

/** The model's state after a revealed sum: rule, then the model's own step, rounded to what is published. */
export function advanceModel(run: Run, current: ModelState, aggregate: Aggregate): ModelState {
  const next = run.model.advance(current, run.rule.step([aggregate]));
  return { ...next, shared: toPrecision(next.shared, run.terms.precision) };
}
