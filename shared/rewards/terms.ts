/**
 * Rewards in a run's terms: the aggregator keeps, beside its ledger, what each device's part in the rounds was worth, from the figures that cohorts
 * find and from who was in which cohort. A value says how useful a person's data was, so devices refuse such runs unless their user accepts it.
 * Imports errors, registry, valibot, the divisions' seam.
 */
import * as v from "valibot";
import { CofactorError } from "../errors.ts";
import { parseConfig, resolveSection } from "../registry.ts";
import type { ValuedGroup } from "./division.ts";
import { divisions } from "./divisions/index.ts";

/** The section `rewards` of terms. */
export interface RewardTerms {
  /** What is shared out: by how much the model gains in this, one of the metrics that devices judge it by (`terms.evaluation`). */
  readonly metric: string;
  /**
   * How a round's gain is divided among its devices. "even" rewards taking part, and tells of nobody's data more than the cohorts' figures do;
   * "fitted" tells people apart as rounds pass.
   */
  readonly division: { readonly kind: string; readonly [option: string]: unknown };
}

const schema = v.strictObject({
  metric: v.optional(v.string()),
  division: v.optional(v.looseObject({ kind: v.optional(v.string(), "even") }), {}),
});

/**
 * Reads the section.
 * @param metrics those that devices judge the model by; undefined when they do not
 * @throws CofactorError CONFIG_INVALID with the path, what was expected, and the nearest sound choice
 */
export function readRewards(written: unknown, metrics: readonly string[] | undefined): RewardTerms {
  const label = "terms.rewards";
  const raw = parseConfig(schema, written, label);
  const metric = raw.metric ?? metrics?.[0];
  if (metrics === undefined || metric === undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"${label}" expected devices that judge the model ("terms.evaluation"): without figures there is nothing to share out; nearest: evaluation: {}`,
    );
  }
  if (!metrics.includes(metric)) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"${label}.metric" expected one of terms.evaluation.metrics (${metrics.join(", ")}), got "${metric}"`,
    );
  }
  return { metric, division: { ...resolveSection(divisions, raw.division, `${label}.division`).options } };
}

/** A published round, as the aggregator keeps it. */
export interface RewardedRound {
  readonly round: number;
  /** Whose contributions are in the sum. */
  readonly contributors: readonly string[];
  /** What its devices found about an earlier model, where they judged one: in `RoundQuality`'s words. */
  readonly quality?: { readonly modelRound: number; readonly metrics: Readonly<Record<string, number>> } | undefined;
}

/** What a device's part in the rounds was worth. */
export interface DeviceReward {
  /** Its public key. */
  readonly client: string;
  /** In units of the metric, more being better. */
  readonly value: number;
  /** Rounds that it contributed to and whose gain is known by now. */
  readonly rounds: number;
}

/**
 * What each device was worth by now, by key.
 *
 * What the model gained from one judged model to the next is divided evenly over the published rounds between them, and each round's part among its
 * contributors as the terms say. The gain of rounds behind the last judged model is not known yet. Values add up to the last figure less the first.
 * @param rounds ascending
 */
export function rewardsOf({ metric, division }: RewardTerms, rounds: readonly RewardedRound[]): DeviceReward[] {
  const judged = rounds.flatMap(({ quality }) => {
    const figure = quality?.metrics[metric];
    return figure === undefined || !Number.isFinite(figure) ? [] : [{ round: quality!.modelRound, figure: betterIsMore(metric, figure) }];
  });
  const keys = [...new Set(rounds.flatMap(({ contributors }) => contributors))].sort();
  const placeOf = new Map(keys.map((key, place) => [key, place]));
  const groups: ValuedGroup[] = [];
  for (const [at, { round: from, figure: before }] of judged.entries()) {
    const next = judged[at + 1];
    if (next === undefined) break;
    const between = rounds.filter(({ round, contributors }) => round > from && round <= next.round && contributors.length > 0);
    for (const { round, contributors } of between) {
      const members = Int32Array.from(contributors, (key) => placeOf.get(key)!);
      groups.push({ round, members, value: (next.figure - before) / between.length });
    }
  }
  const { definition, options } = resolveSection(divisions, division, "terms.rewards.division");
  const values = definition.create(options).divide(groups, keys.length);
  const counts = new Int32Array(keys.length);
  for (const { members } of groups) for (const place of members) counts[place]! += 1;
  return keys.map((client, place) => ({ client, value: values[place]!, rounds: counts[place]! }));
}

/** A figure of which more is better. */
export function betterIsMore(metric: string, figure: number): number {
  return metric === "rmse" || metric === "mae" ? -figure : figure;
}
