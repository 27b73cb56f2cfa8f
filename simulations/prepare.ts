/** A scenario made ready: data, split, participants, keys, run. What simulation and live run begin with. Imports everything shared. */
import type { CatalogueTerms } from "../shared/catalogue/rules.ts";
import { CofactorError } from "../shared/errors.ts";
import { type RatingMatrix, ratingsOf } from "../shared/math/ratings.ts";
import { planRun } from "../shared/plan-run.ts";
import { protections } from "../shared/protections/index.ts";
import { nodeKeyholderTools, nodePrimes } from "../shared/protections/keyholder-tools.node.ts";
import { localOpener } from "../shared/protections/local-opener.ts";
import type { Opener } from "../shared/protections/protection.ts";
import { resolveSection } from "../shared/registry.ts";
import { type Run, roundFrame } from "../shared/run.ts";
import { roundsOf } from "./arrival-options.ts";
import { Cast, drawRoles } from "./cast.ts";
import { type Dataset, loadDataset } from "./datasets/index.ts";
import { drawFreeRiders, drawParticipants, mostByCoins } from "./population.ts";
import type { Scenario } from "./scenario.ts";
import { spectralStart } from "./spectral-start.ts";
import { type Split, splitDataset } from "./split.ts";
import { withoutRatings } from "./without-ratings.ts";

/** Everything a run of a scenario needs. */
export interface Prepared {
  readonly scenario: Scenario;
  readonly dataset: Dataset;
  readonly split: Split;
  /** [n] people whose devices take part, ascending. */
  readonly participants: Int32Array;
  /** Those of them that contribute as if they had no ratings, ascending; by default none. */
  readonly freeRiders: Int32Array;
  readonly run: Run;
  /** The run over a table of all the data's items, known from the start: what baselines go by. `run` itself where none comes or goes and everyone takes part. */
  readonly fixed: Run;
  /** The devices that are not honest; undefined where all are. */
  readonly cast: Cast | undefined;
  /** [n] the people who are judged, ascending: the honest; undefined for everyone. */
  readonly judged: Int32Array | undefined;
  /** The keyholders' secrets; none where the protection needs no keyholder. */
  readonly secrets: readonly string[];
  /** Opens sums in this process: what the simulation uses in a keyholder's place. */
  readonly opener: Opener | undefined;
}

/**
 * Makes a scenario ready.
 * @param nameKeyholders gives so many public identity keys, for the terms to name: one for each of `secrets`, in their order
 */
export async function prepareScenario(scenario: Scenario, nameKeyholders?: (count: number) => readonly string[]): Promise<Prepared> {
  const dataset = await loadDataset(scenario.dataset);
  const honest = await splitDataset(dataset, scenario.split);
  const split = scenario.evaluation.negatives === "honest" ? honest : { ...honest, training: withhold(honest) };
  const participants = drawParticipants(dataset.matrix.users, scenario.participants, scenario.seed);
  const freeRiders = drawFreeRiders(participants, scenario.rewards?.freeRiders ?? 0, scenario.seed);
  const { definition, options } = resolveSection(protections, scenario.protection, "protection");
  const provision = await definition.provision?.(options, nodePrimes);
  const secrets = provision?.secrets ?? [];
  const keyholders = secrets.length === 0 ? undefined : nameKeyholders?.(secrets.length);
  const protection = { ...(provision?.options ?? options), ...(keyholders === undefined ? {} : { keyholders }) };
  const size = Math.min(
    participants.length,
    scenario.cohort.size ?? Math.max(1, Math.round(scenario.cohort.fraction * participants.length)),
  );
  if (scenario.cohort.min > size) {
    throw new CofactorError("CONFIG_INVALID", `"cohort.min" expected at most ${size}, the size of a cohort, got ${scenario.cohort.min}`);
  }
  const terms = {
    id: `simulation-${scenario.seed}`,
    items: scenario.catalogue?.capacity ?? dataset.matrix.items,
    rounds: roundsOf(scenario.rounds, scenario.timeline),
    cohort: { size: cohortLimit(scenario, size, participants.length), min: scenario.cohort.min, ...groupsInput(scenario) },
    deadline: { stageMs: scenario.network.deadlineMs, graceMs: 1_000 },
    ratings: { range: dataset.ratingRange, globalMean: publicMean(scenario, dataset, split) },
    model: scenario.model,
    protection,
    sharing: scenario.sharing,
    ...privacyInput(scenario, participants.length),
    ...evaluationInput(scenario, split),
    aggregation: scenario.aggregation,
    precision: scenario.precision,
    ...rangeInput(scenario),
  };
  const itemStart = await spectralStart(scenario, withoutRatings(split.training, freeRiders), participants, dataset.ratingRange);
  const features = { itemFeatures: dataset.itemFeatures, ...(itemStart === undefined ? {} : { itemStart }) };
  const rules = catalogueInput(scenario);
  const { temporal } = scenario;
  const run = await planRun({ ...terms, ...rules, ...(temporal === undefined ? {} : { temporal }) }, rules === undefined ? features : {});
  const fixed = rules === undefined && temporal === undefined ? run : await planRun({ ...terms, items: dataset.matrix.items }, features);
  await run.protection.assertHolds?.(roundFrame(run, 1));
  const keyholderHalves = await Promise.all(secrets.map((secret) => definition.createKeyholder!(protection, secret, nodeKeyholderTools)));
  const opener = keyholderHalves.length === 0 ? undefined : localOpener(keyholderHalves);
  const cast = castOf(scenario, run, withoutRatings(split.training, freeRiders), participants);
  const roleOf = cast?.roles.roleOf;
  const judged = roleOf && Int32Array.from(roleOf.keys()).filter((user) => roleOf[user]! < 0);
  return { scenario, dataset, split, participants, freeRiders, run, fixed, cast, judged, secrets, opener };
}

/** Who is not honest. @throws CofactorError CONFIG_INVALID for adversaries that do not go with the run */
function castOf({ adversaries, seed }: Scenario, run: Run, training: RatingMatrix, participants: Int32Array): Cast | undefined {
  if (adversaries === undefined) return undefined;
  const cast = new Cast(drawRoles(adversaries, training.users, participants, seed), { run, training, seed });
  const watcher = cast.adversaries.find(({ watches }) => watches !== undefined);
  if (run.sharing.scattered === undefined || watcher === undefined) return cast;
  throw new CofactorError(
    "CONFIG_INVALID",
    `"adversaries" expected no ${watcher.kind} beside sharing ${run.sharing.kind}: vectors of other places have no moments; nearest: sharing all`,
    { details: { path: "adversaries" } },
  );
}

/** The training part that knows what is held out, as published codes had it: "paper-compat" leaks by this. */
function withhold({ training, validation, test }: Split): RatingMatrix {
  const rowStart = new Int32Array(training.users + 1);
  const itemIndex = new Int32Array(validation.values.length + test.values.length);
  let end = 0;
  for (let user = 0; user < training.users; user++) {
    const from = end;
    for (const part of [validation, test]) {
      const { items } = ratingsOf(part, user);
      itemIndex.set(items, end);
      end += items.length;
    }
    itemIndex.subarray(from, end).sort();
    rowStart[user + 1] = end;
  }
  return { ...training, withheld: { rowStart, itemIndex } };
}

/** Beside a promise the range follows from clip and noise: a model's usual one is left out, bits that were chosen are refused by the terms. */
function rangeInput({ range, privacy }: Scenario): object {
  const isChosen = range?.bits !== undefined || range?.rounding !== undefined;
  return range === undefined || (privacy !== undefined && !isChosen) ? {} : { range };
}

/** The promise as terms have it, with the coins that a scenario's cohort stands for. */
function privacyInput({ privacy, cohort }: Scenario, population: number): object {
  if (privacy === undefined) return {};
  const { sampling, ...promise } = privacy;
  if (sampling !== "poisson") return { privacy: promise };
  const rate = cohort.size === undefined ? cohort.fraction : Math.min(1, cohort.size / population);
  return { privacy: { ...promise, sampling: { kind: "poisson", rate, population } } };
}

/** What devices keep aside in a simulation: all that the split holds out for validation, whichever that is. */
function evaluationInput({ evaluation }: Scenario, { validation }: Split): object {
  if (!evaluation.federated) return {};
  let count = 0;
  for (let user = 0; user < validation.users; user++) count = Math.max(count, validation.rowStart[user + 1]! - validation.rowStart[user]!);
  if (count === 0) {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"evaluation.federated" expected a split with a validation part, which devices keep aside; nearest: split.validationFraction, or split.kind leave-one-out',
    );
  }
  const { metrics } = evaluation;
  return { evaluation: { every: Math.max(1, evaluation.every), metrics, holdOut: { kind: "latest", count, least: count + 1 } } };
}

function groupsInput({ cohort: { groups } }: Scenario): object {
  return groups === undefined ? {} : { groups };
}

/** The section of the terms, of which a scenario's has more to say. */
function catalogueInput({ catalogue }: Scenario): { readonly catalogue: CatalogueTerms } | undefined {
  if (catalogue === undefined) return undefined;
  const { capacity: _rows, arrival: _arrival, departure: _departure, span: _span, ...rules } = catalogue;
  return { catalogue: rules };
}

/** The most devices of a round: with coins so many that more practically never come up. */
function cohortLimit({ privacy }: Scenario, size: number, population: number): number {
  return privacy?.sampling === "poisson" ? Math.min(population, mostByCoins(size)) : size;
}

/** What models center ratings by. Where privacy is promised the data's own mean would tell of them: the middle of the range stands in. */
function publicMean({ privacy }: Scenario, dataset: Dataset, split: Split): number {
  return privacy === undefined ? meanOf(split.training.values) : (dataset.ratingRange[0] + dataset.ratingRange[1]) / 2;
}

/** The mean of the training ratings: a public constant of a simulated run. */
function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}
