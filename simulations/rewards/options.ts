/** The section `rewards` of a scenario, and what comes of it. Imports the seams of shared/rewards. */
import * as v from "valibot";
import { CofactorError } from "../../shared/errors.ts";
import { metricPattern } from "../../shared/evaluation/metrics.ts";
import { parseConfig, resolveSection } from "../../shared/registry.ts";
import { divisions } from "../../shared/rewards/divisions/index.ts";
import { schemes } from "../../shared/rewards/schemes/index.ts";
import type { Section } from "../../shared/terms.ts";

/** The section `rewards` of a scenario. */
export interface RewardOptions {
  /** What is shared out: by how much each round's model does better by this on validation; the first of the evaluation's by default. */
  readonly metric?: string | undefined;
  /** How a round's gain is shared among its groups. */
  readonly scheme: Section;
  /** How groups' values are divided among their members. */
  readonly division: Section;
  /** Every so many rounds' gains are shared out; the others cost nothing. */
  readonly every: number;
  /** How many people judge, drawn from those with a validation item: they stand for public validation data. */
  readonly judges: number;
  /** The share of the participants that contribute as if they had rated nothing; drawn. */
  readonly freeRiders: number;
}

const section = v.looseObject({ kind: v.optional(v.string()) });
const count = (least: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least));

const schema = v.strictObject({
  metric: v.optional(v.pipe(v.string(), v.regex(metricPattern, "expected rmse, mae, hr@K, ndcg@K or recall@K"))),
  scheme: v.optional(section, {}),
  division: v.optional(section, {}),
  every: v.optional(count(1), 1),
  judges: v.optional(count(1), 200),
  freeRiders: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.9)), 0),
});

/** @throws CofactorError CONFIG_INVALID */
export function parseRewards(written: unknown): RewardOptions {
  const raw = parseConfig(schema, written, "rewards");
  const scheme = resolveSection(schemes, { ...raw.scheme, kind: raw.scheme.kind ?? "permutations" }, "rewards.scheme");
  const division = resolveSection(divisions, { ...raw.division, kind: raw.division.kind ?? "fitted" }, "rewards.division");
  if (scheme.definition.create(scheme.options).claims.isTimeAware) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"rewards.scheme" expected one that does not look at when players joined: groups are drawn anew each round; nearest: shapley. ${scheme.definition.kind} is for silos that stay, see shared/rewards`,
      { details: { path: "rewards.scheme" } },
    );
  }
  return { ...raw, scheme: { ...scheme.options }, division: { ...division.options } };
}

/** What people were worth. */
export interface RewardFigures {
  readonly metric: string;
  readonly scheme: string;
  readonly division: string;
  /** People who judged. */
  readonly judges: number;
  /** Published rounds whose gain was shared out, and groups in them. */
  readonly rounds: number;
  readonly groups: number;
  /** Coalitions whose model was made and judged: the cost. */
  readonly coalitions: number;
  /** Devices in any of the groups. */
  readonly people: number;
  /** What all of them got: what the rounds gained, in units of the metric, more being better. */
  readonly total: number;
  readonly distribution: Quartiles;
  /** Rank correlation of value and number of training ratings over devices that contribute theirs; null where either does not vary. */
  readonly ratingsCorrelation: number | null;
  /** By fifths of activity, as `metrics.groups.userActivity`; devices that contribute their ratings. */
  readonly byActivity: readonly { readonly fifth: number; readonly people: number; readonly mean: number }[];
  /** Devices that contribute as if they had no ratings; absent where there are none. */
  readonly freeRiders?: RiderFigures;
  /** Devices by value: bins of equal width, ascending. */
  readonly bins: readonly RewardBin[];
}

/** Values in order. */
export interface Quartiles {
  readonly least: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  readonly most: number;
}

/** Free riders beside the others. */
export interface RiderFigures {
  readonly people: number;
  readonly mean: number;
  readonly othersMean: number;
  /** The chance that a free rider got less than another device, ties half: 1 tells all of them apart, .5 none. */
  readonly toldApart: number;
}

/** Devices whose value lies from `from` to `to`. */
export interface RewardBin {
  readonly from: number;
  readonly to: number;
  readonly honest: number;
  readonly freeRiders: number;
}
