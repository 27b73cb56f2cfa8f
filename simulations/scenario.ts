/** A scenario: everything that decides a simulation, with a default for each. Imports the seams' schemas. */
import * as v from "valibot";
import { CofactorError } from "../shared/errors.ts";
import { models } from "../shared/models/index.ts";
import { type TemporalTerms, temporalTerms } from "../shared/models/temporal-terms.ts";
import { type PrivacyInput, parsePrivacy } from "../shared/privacy/promise.ts";
import { protections } from "../shared/protections/index.ts";
import { nearest, parseConfig, resolveSection } from "../shared/registry.ts";
import { rules } from "../shared/rules/index.ts";
import { sharings } from "../shared/sharing/index.ts";
import { type RangeInput, rangeInput, type Section } from "../shared/terms.ts";
import { type AdversarySection, adversaryList, parseAdversaries } from "./adversary-sections.ts";
import { type ArrivalOptions, arrivalOptions } from "./arrival-options.ts";
import { baselines } from "./baselines/index.ts";
import { type DatasetSection, resolveDataset } from "./datasets/index.ts";
import { type EvaluationOptions, evaluationOptions } from "./evaluation-options.ts";
import { parseRewards, type RewardOptions } from "./rewards/options.ts";
import { type SplitOptions, splitOptions } from "./split.ts";
import { parseTimeline, type TimelineOptions } from "./timeline-options.ts";
import { parseUnlearning, type UnlearningOptions } from "./unlearning/options.ts";

/** A resolved scenario. */
export interface Scenario {
  readonly dataset: DatasetSection;
  readonly split: SplitOptions;
  readonly model: Section;
  /** By default what the model's definition asks for. */
  readonly rounds: number;
  /** How items come and go; without it all of the data's items are known from the start. */
  readonly catalogue?: TimelineOptions | undefined;
  /** Who takes part once the model is trained: the terms' section. */
  readonly temporal?: TemporalTerms | undefined;
  /** When ratings arrive; without it all are there from the start. */
  readonly timeline?: ArrivalOptions | undefined;
  /** How the rounds' gains are shared out among devices; absent where they are not. */
  readonly rewards?: RewardOptions | undefined;
  /** People who leave on the way, and how the run forgets them. */
  readonly unlearning?: UnlearningOptions | undefined;
  /** How many of the data's people have a device that takes part; by default all. Everyone is evaluated. */
  readonly participants?: number | undefined;
  /** Devices asked in a round: a number, or a share of those that take part; and into how many groups they are split, each with a sum of its own. */
  readonly cohort: {
    readonly size?: number | undefined;
    readonly fraction: number;
    readonly min: number;
    readonly groups?: number | undefined;
  };
  readonly protection: Section;
  /** Which part of a contribution leaves a device. */
  readonly sharing: Section;
  /** What is promised about every user's privacy; absent when nothing is. */
  readonly privacy?: ScenarioPrivacy | undefined;
  readonly aggregation: Section;
  readonly range?: RangeInput | undefined;
  readonly precision: "float32" | "float64";
  readonly network: NetworkOptions;
  /** Which devices are not honest; absent where all are. */
  readonly adversaries?: readonly AdversarySection[] | undefined;
  readonly evaluation: EvaluationOptions;
  readonly baselines: readonly string[];
  readonly seed: number;
}

/** A promise as scenarios write it: `sampling: "poisson"` draws each round's cohort by coins of chance `cohort.fraction`. */
export type ScenarioPrivacy = Omit<PrivacyInput, "sampling" | "noiseMultiplier"> & { readonly sampling?: "none" | "poisson" | undefined };

/** How devices and aggregator reach each other. */
export interface NetworkOptions {
  /** "memory": simulated, with a virtual clock; "socket": real processes over loopback. */
  readonly transport: "memory" | "socket";
  /** Chance that a device asked in a round is lost before its contribution is in. */
  readonly dropout: number;
  /** Mean of a device's answering time, exponentially distributed, virtual. */
  readonly latencyMs: number;
  /** Chance that a message is lost on the way and sent again. */
  readonly loss: number;
  /** How long a stage waits. */
  readonly deadlineMs: number;
}

const section = v.looseObject({ kind: v.optional(v.string()) });
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const schema = v.strictObject({
  dataset: v.optional(v.looseObject({ name: v.optional(v.string(), "xwines-starter") }), {}),
  split: v.optional(v.looseObject({ kind: v.optional(v.string(), "leave-one-out") }), {}),
  model: v.optional(section, {}),
  rounds: v.optional(count),
  catalogue: v.optional(v.looseObject({})),
  temporal: v.optional(temporalTerms),
  timeline: v.optional(arrivalOptions),
  rewards: v.optional(v.looseObject({})),
  unlearning: v.optional(v.looseObject({})),
  participants: v.optional(count),
  cohort: v.optional(
    v.strictObject({ size: v.optional(count), fraction: v.optional(share, 1), min: v.optional(count, 2), groups: v.optional(count) }),
    {},
  ),
  protection: v.optional(section, {}),
  sharing: v.optional(section, {}),
  privacy: v.optional(v.looseObject({ sampling: v.optional(v.picklist(["none", "poisson"])) })),
  aggregation: v.optional(section, {}),
  range: v.optional(rangeInput),
  precision: v.optional(v.picklist(["float32", "float64"]), "float64"),
  network: v.optional(
    v.strictObject({
      transport: v.optional(v.picklist(["memory", "socket"]), "memory"),
      dropout: v.optional(share, 0),
      latencyMs: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
      loss: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.99)), 0),
      deadlineMs: v.optional(v.pipe(v.number(), v.minValue(1)), 60_000),
    }),
    {},
  ),
  adversaries: v.optional(adversaryList),
  evaluation: v.optional(v.looseObject({}), {}),
  baselines: v.optional(v.array(v.string()), ["popularity", "centralised", "local-only"]),
  seed: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 1),
});

/**
 * Fills in a scenario's defaults and checks every section by its own seam.
 *
 * The default model follows from the split: `fcf` where an order is judged (leave-one-out), `als` where ratings are (random, given).
 *
 * @throws CofactorError CONFIG_INVALID with the path (also as `details.path`), what was expected, and the nearest known word
 */
export function parseScenario(input: unknown): Scenario {
  const raw = parseConfig(schema, input ?? {}, "");
  const { definition, options } = resolveDataset(raw.dataset);
  const split = parseConfig(splitOptions, { seed: raw.seed, ...raw.split }, "split");
  const modelKind = split.kind === "leave-one-out" ? "fcf" : "als";
  const model = resolveSection(models, withKind(raw.model, modelKind), "model");
  for (const name of raw.baselines) assertBaseline(name);
  const evaluation = parseConfig(evaluationOptions, raw.evaluation, "evaluation");
  if (evaluation.negatives === "paper-compat" && raw.network.transport === "socket") {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"evaluation.negatives" paper-compat expected network.transport memory: real devices know nothing of what is held out',
      { details: { path: "evaluation.negatives" } },
    );
  }
  if (evaluation.federated && raw.network.transport === "socket") {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"evaluation.federated" expected network.transport memory: real devices keep aside what their terms say, and know of no split; nearest: a section "evaluation" in the terms of a server',
      { details: { path: "evaluation.federated" } },
    );
  }
  const { privacy, catalogue, rewards, unlearning, adversaries = [], ...others } = raw;
  if (adversaries.length > 0 && raw.network.transport === "socket") {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"adversaries" expected network.transport memory: the devices of a live run are honest programs',
      { details: { path: "adversaries" } },
    );
  }
  assertArrivals(raw, evaluation);
  if (rewards !== undefined) assertRewards(raw);
  if (unlearning !== undefined) assertUnlearning(raw);
  const rounds = raw.rounds ?? model.definition.rounds;
  if (catalogue !== undefined && (raw.network.transport === "socket" || evaluation.negatives === "paper-compat")) {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"catalogue" expected network.transport memory and evaluation.negatives honest: what comes when is simulated, and held-out items are not known',
      { details: { path: "catalogue" } },
    );
  }
  return {
    ...others,
    dataset: { ...options, name: definition.name },
    split,
    model: { ...model.options },
    rounds,
    protection: { ...resolveSection(protections, withKind(raw.protection, "open"), "protection").options },
    sharing: { ...resolveSection(sharings, withKind(raw.sharing, "all"), "sharing").options },
    aggregation: { ...resolveSection(rules, withKind(raw.aggregation, "sum"), "aggregation").options },
    evaluation,
    ...(adversaries.length === 0 ? {} : { adversaries: parseAdversaries(adversaries) }),
    ...(catalogue === undefined ? {} : { catalogue: parseTimeline(catalogue) }),
    ...(rewards === undefined ? {} : { rewards: parseRewards(rewards) }),
    ...(unlearning === undefined ? {} : { unlearning: parseUnlearning(unlearning, rounds) }),
    ...(privacy === undefined ? {} : { privacy: parseScenarioPrivacy(privacy, rounds) }),
  };
}

/** @throws CofactorError CONFIG_INVALID for what ratings that arrive, or devices that wait for them, do not go with */
function assertArrivals(
  { timeline, temporal, catalogue, network }: Pick<Scenario, "timeline" | "temporal" | "network"> & { readonly catalogue?: unknown },
  { negatives, federated }: EvaluationOptions,
): void {
  const path = timeline === undefined ? "temporal" : "timeline";
  if (timeline === undefined && temporal === undefined) return;
  const what =
    network.transport === "socket"
      ? "network.transport memory: a live run waits for rounds, and its devices may have nothing to contribute"
      : catalogue !== undefined
        ? "no catalogue: rows change hands, and what a device remembers goes by rows"
        : negatives !== "honest" || (timeline !== undefined && federated)
          ? "evaluation.negatives honest and no evaluation.federated: held-out ratings are not known"
          : undefined;
  if (what !== undefined) throw new CofactorError("CONFIG_INVALID", `"${path}" expected ${what}`, { details: { path } });
}

/** @throws CofactorError CONFIG_INVALID for what gains of rounds cannot be shared out beside */
function assertRewards({
  timeline,
  temporal,
  catalogue,
  network,
}: Pick<Scenario, "timeline" | "temporal" | "network"> & { catalogue?: unknown }): void {
  const what =
    network.transport === "socket"
      ? "network.transport memory: a live run's aggregator has no validation ratings; nearest: a section rewards in a server's terms"
      : timeline !== undefined || temporal !== undefined || catalogue !== undefined
        ? "no timeline, temporal or catalogue: a sum of changes is worth nothing without the sums before it"
        : undefined;
  if (what !== undefined) throw new CofactorError("CONFIG_INVALID", `"rewards" expected ${what}`, { details: { path: "rewards" } });
}

/** @throws CofactorError CONFIG_INVALID for what nobody leaves beside */
function assertUnlearning(
  raw: Pick<Scenario, "timeline" | "network"> & { readonly catalogue?: unknown; readonly rewards?: unknown },
): void {
  const what =
    raw.network.transport === "socket"
      ? "network.transport memory: the audit runs the simulation twice; nearest: client.leave({ forget: true })"
      : raw.timeline !== undefined || raw.catalogue !== undefined || raw.rewards !== undefined
        ? "no timeline, catalogue or rewards beside it"
        : undefined;
  if (what !== undefined) throw new CofactorError("CONFIG_INVALID", `"unlearning" expected ${what}`, { details: { path: "unlearning" } });
}

/** Checks the section as the terms' own schema does; what it resolves to is the plan's to say. */
function parseScenarioPrivacy(written: Readonly<Record<string, unknown>>, rounds: number): ScenarioPrivacy {
  const { sampling: _coins, ...promise } = written;
  if (promise["noiseMultiplier"] !== undefined) {
    throw new CofactorError("CONFIG_INVALID", '"privacy.noiseMultiplier" expected nothing: noise is calibrated from epsilon and delta');
  }
  parsePrivacy(promise, rounds, "privacy");
  return written as unknown as ScenarioPrivacy;
}

/** A section of which only options were written, with the default kind. */
function withKind(section: { readonly kind?: string | undefined }, fallback: string): Section {
  return { ...section, kind: section.kind ?? fallback };
}

function assertBaseline(name: string): void {
  const known = baselines.map((baseline) => baseline.name);
  if (known.includes(name)) return;
  const hint = nearest(name, known);
  throw new CofactorError(
    "CONFIG_INVALID",
    `"baselines" expected ${known.join(", ")}, got "${name}"${hint === undefined ? "" : `; did you mean "${hint}"?`}`,
    { details: { path: "baselines" } },
  );
}
