/** The section `evaluation` of a scenario: which metrics, against which candidates, and the sentence that says so. Imports split.ts, shared. */
import * as v from "valibot";
import { CofactorError } from "../shared/errors.ts";
import {
  type Metric as JudgedMetric,
  metricsFor as judgedMetricsFor,
  metricPattern as judgedPattern,
} from "../shared/evaluation/metrics.ts";
import type { Split } from "./split.ts";

/** How an evaluation is done. */
export interface EvaluationOptions {
  /** "rmse", "mae", "hr@K", "ndcg@K", "recall@K", "ild@K", "coverage@K"; empty for the usual ones of the model's objective. */
  readonly metrics: readonly string[];
  /**
   * "all": the catalogue without the person's training items and the other held-out part; "sampled-99": 99 drawn from those, and
   * beside each figure the one against all, under its name with `fullPrefix`.
   */
  readonly candidates: "all" | "sampled-99";
  /**
   * "honest": training drew its negatives from everything but training items. "paper-compat": it left the held-out items out as
   * well, which gives the answer away; the evaluation then also follows those codes: one draw of negatives, used for
   * validation and test alike.
   */
  readonly negatives: "honest" | "paper-compat";
  /** How many draws of negatives are averaged under "sampled-99"; "paper-compat" makes one. */
  readonly negativeDraws: number;
  /** Rounds between two evaluations during training; 0 for the end alone. */
  readonly every: number;
  /** Into how many tastes people's ratings are parted at most, as `client.recommend` does; of the model alone, not of baselines. */
  readonly interests: number;
  /** How far lists are made less alike, likewise, from 0 to 1: each is as long as the longest that a metric asks for. */
  readonly diversity: number;
  /**
   * True: the validation part is what devices keep aside; they judge the model in the rounds that `every` divides (every round when it is 0), by
   * terms, and what comes of the sum stands in `rounds[].federatedMetrics` beside the same figures computed in one place.
   */
  readonly federated: boolean;
}

/** Begins the name of a full-ranking figure that stands beside one against sampled candidates: "all/hr@10". */
export const fullPrefix = "all/";

const listPattern = /^(ild|coverage)@([1-9]\d{0,5})$/;
const expected = "rmse, mae, hr@K, ndcg@K, recall@K, ild@K or coverage@K";
const isMetric = (name: string): boolean => judgedPattern.test(name) || listPattern.test(name);

/** Schema of the section, with defaults. */
export const evaluationOptions: v.GenericSchema<unknown, EvaluationOptions> = v.pipe(
  v.strictObject({
    metrics: v.optional(v.array(v.pipe(v.string(), v.check(isMetric, `expected ${expected}, such as hr@10`))), []),
    candidates: v.optional(v.picklist(["all", "sampled-99"]), "all"),
    negatives: v.optional(v.picklist(["honest", "paper-compat"]), "honest"),
    negativeDraws: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 5),
    every: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
    interests: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 1),
    diversity: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0),
    federated: v.optional(v.boolean(), false),
  }),
  v.check(
    ({ candidates, diversity }) => diversity === 0 || candidates === "all",
    "diversity expected candidates: all: a list is made of the whole catalogue, not of drawn negatives",
  ),
);

/** A metric's name taken apart. */
export type Metric = JudgedMetric | ListMetric;

/** Of where held-out items stand. */
export type RankedMetric = Extract<JudgedMetric, { readonly k: number }>;

/**
 * Of the first k candidates, whatever is held out. "ild": their mean distance by co-ratings in training (co-ratings.ts); "coverage": the
 * share of the catalogue that is in the list of at least one person.
 */
export interface ListMetric {
  readonly name: string;
  readonly kind: "ild" | "coverage";
  readonly k: number;
}

/** Whether a metric looks at lists and not at what is held out. */
export function isListed(metric: Metric): metric is ListMetric {
  return metric.kind === "ild" || metric.kind === "coverage";
}

/** Whether a metric looks at the ranks of held-out items. */
export function isRanked(metric: Metric): metric is RankedMetric {
  return "k" in metric && !isListed(metric);
}

/**
 * The metrics to compute for a model: those asked for, or rmse and mae for ratings, hr@10, ndcg@10 and recall@10 for orders.
 *
 * @throws CofactorError CONFIG_INVALID for a name that is no metric, or rmse or mae of a model that predicts no ratings
 */
export function metricsFor(objective: "rating" | "ranking", names: readonly string[] = []): Metric[] {
  if (names.length === 0) return judgedMetricsFor(objective);
  return names.flatMap((name): Metric[] => {
    const [, kind, k] = listPattern.exec(name) ?? [];
    if (kind !== undefined) return [{ name, kind: kind as ListMetric["kind"], k: Number(k) }];
    if (!judgedPattern.test(name)) throw new CofactorError("CONFIG_INVALID", `"evaluation.metrics" expected ${expected}, got "${name}"`);
    return judgedMetricsFor(objective, [name]);
  });
}

/** The protocol of ranked figures in words, for print beside each: "leave-one-out, all candidates, honest". */
export function rankingProtocol(
  split: Pick<Split, "label">,
  options: Pick<EvaluationOptions, "candidates" | "negatives" | "negativeDraws">,
): string {
  const draws = options.negatives === "paper-compat" ? 1 : options.negativeDraws;
  const candidates = options.candidates === "all" ? "all candidates" : `99 sampled negatives (${draws} ${draws === 1 ? "draw" : "draws"})`;
  const negatives = options.negatives === "honest" ? "honest" : "paper-compat (LEAKING: training knew which items were held out)";
  return `${split.label}, ${candidates}, ${negatives}`;
}

/** The protocol of rating figures in words: "given fold 1, predictions clipped to [1, 5]". */
export function ratingProtocol(split: Pick<Split, "label">, range: readonly [number, number] | undefined): string {
  return `${split.label}, predictions ${range === undefined ? "not clipped" : `clipped to [${range[0]}, ${range[1]}]`}`;
}
